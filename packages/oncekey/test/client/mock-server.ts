/**
 * A server that does as its script says, over real sockets, and counts executions, not answers.
 * Each request takes the next step; when there is none left it executes and answers 201.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type ProblemCode, problem } from "../../src/protocol/problem.ts";

export interface Step {
  /** Whether the effect happens. It does, unless told otherwise. */
  readonly executes?: boolean;
  /** Cuts the connection instead of answering; or in the middle of the answer's body. */
  readonly drops?: "before" | "in-body";
  /** Answers when this has come. */
  readonly until?: Promise<unknown>;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** A problem of oncekey, with its own status and headers. */
  readonly problem?: ProblemCode;
  readonly original?: { readonly status: number; readonly location?: string };
  /** As whatever stands behind the record does. */
  readonly echoes?: boolean;
  readonly marked?: boolean;
}

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly key: string | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface MockServer {
  readonly origin: string;
  readonly seen: Seen[];
  executions(): number;
  /** Answers that were sent whole, while somebody was still there to take them. */
  answered(): number;
  play(...steps: readonly Step[]): void;
  close(): Promise<void>;
}

/** What is served for a path without being counted: the pages of a browser, and their scripts. */
export type Pages = (path: string) => Served | undefined;

export interface Served {
  readonly type: string;
  readonly body: string;
  /** Whether the page may ask other origins, on top of what the policy says. */
  readonly asksOthers?: boolean;
}

/** As strict as a page can ask to be: no script but our own files, and no text that becomes one. */
const POLICY = "default-src 'self'; require-trusted-types-for 'script'";

export async function mockServer(pages: Pages = () => undefined): Promise<MockServer> {
  const seen: Seen[] = [];
  let steps: Step[] = [];
  let executions = 0;
  let answered = 0;

  const server = createServer(async (request, response) => {
    const page = request.method === "GET" ? pages(request.url ?? "") : undefined;
    if (page) {
      response.setHeader("content-type", page.type);
      const more = page.asksOthers ? "; connect-src *" : "";
      response.setHeader("content-security-policy", POLICY + more);
      response.end(page.body);
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const key = request.headers["idempotency-key"];
    seen.push({
      method: request.method ?? "",
      path: request.url ?? "",
      key: key?.toString(),
      headers: request.headers,
      body: Buffer.concat(chunks).toString("latin1"),
    });
    response.once("finish", () => {
      answered += 1;
    });
    const step = steps.shift() ?? {};
    if (step.executes ?? (step.problem === undefined || step.original !== undefined)) {
      executions += 1;
    }
    await step.until;
    if (step.drops === "before") request.socket.destroy();
    else answer(step, key?.toString(), response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    executions: () => executions,
    answered: () => answered,
    play(...next) {
      steps = [...next];
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function answer(step: Step, key: string | undefined, response: ServerResponse): void {
  const own = step.problem && problem(step.problem, step.original && { original: step.original });
  response.setHeader("content-type", "application/json");
  for (const [name, value] of own?.headers ?? []) response.setHeader(name, value);
  if (step.echoes && key !== undefined) response.setHeader("idempotency-key", key);
  if (step.marked) response.setHeader("idempotent-replayed", "true");
  for (const [name, value] of Object.entries(step.headers ?? {})) response.setHeader(name, value);
  response.statusCode = step.status ?? own?.status ?? 201;
  const body = own?.body ?? Buffer.from(step.body ?? '{"id":1}');
  if (step.drops === undefined) {
    response.end(body);
    return;
  }
  response.removeHeader("content-length");
  response.write(body.subarray(0, 10), () => response.socket?.destroy());
}
