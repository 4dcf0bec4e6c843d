/**
 * Asks the application whether a request may have an answer, before a kept one is looked up (S-3).
 *
 * A gateway cannot see rights. Without this, a kept answer goes to whoever still presents the same
 * scope, although what they may do was taken away since. The question is a GET with the request's
 * own head; a 2xx lets it pass, a 401 or 403 is the answer, and anything else is no answer at all.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Agent, request as ask } from "undici";
import { Complaint } from "./complaint.ts";
import { type Line, linesOf, passedOn, valuesOf } from "./fields.ts";

export interface Authorizer {
  /** True: go on. False: it was refused, and has been answered. */
  allows(request: IncomingMessage, response: ServerResponse): Promise<boolean>;
  close(): Promise<void>;
}

/** It stands before every request with a key, so it has to be quick. */
const ANSWER_MS = 5_000;
/** A refusal is a sentence. */
const REFUSAL_BYTES_MAX = 64 * 1024;

/** `keyNames`, in lower case, are not told: a key is nobody else's business. */
export function createAuthorizer(address: string, keyNames: readonly string[]): Authorizer {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new Complaint(
      "Expected `authorize` (--authorize) to be the address of a check, such as http://127.0.0.1:3000/may.",
    );
  }
  const agent = new Agent({
    connect: { timeout: ANSWER_MS },
    headersTimeout: ANSWER_MS,
    bodyTimeout: ANSWER_MS,
  });

  const isUntold = (name: string) =>
    keyNames.includes(name) || name === "host" || name === "expect" || name.startsWith("content-");

  async function questioned(request: IncomingMessage): Promise<Verdict> {
    const lines: Line[] = passedOn(linesOf(request.rawHeaders), isUntold);
    lines.push(["X-Original-Method", request.method ?? ""], ["X-Original-URI", request.url ?? ""]);
    const answer = await ask(url as URL, {
      dispatcher: agent,
      headers: lines.flat(),
      responseHeaders: "raw",
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const { statusCode: status } = answer;
    if (status !== 401 && status !== 403) {
      await answer.body.dump();
      return { status, lines: [], body: new Uint8Array(0) };
    }
    const said = linesOf(answer.headers as unknown as readonly Buffer[]);
    const body = new Uint8Array(await answer.body.arrayBuffer());
    const told = ["www-authenticate", "content-type"].flatMap((name) =>
      valuesOf(said, name).map((value): Line => [name, value]),
    );
    return { status, lines: told, body: body.subarray(0, REFUSAL_BYTES_MAX) };
  }

  return {
    async allows(request, response) {
      const verdict = await questioned(request).catch(() => undefined);
      if (verdict !== undefined && verdict.status >= 200 && verdict.status < 300) return true;
      if (verdict?.status === 401 || verdict?.status === 403) {
        response.writeHead(verdict.status, [...verdict.lines, NO_STORE].flat() as never);
        response.end(verdict.body);
        return false;
      }
      response.writeHead(503, [...NO_STORE, "Retry-After", "5"] as never);
      response.end("The check of rights gave no answer. This request was not run.\n");
      return false;
    },
    close: () => agent.destroy(),
  };
}

interface Verdict {
  readonly status: number;
  readonly lines: readonly Line[];
  readonly body: Uint8Array;
}

const NO_STORE: Line = ["Cache-Control", "no-store"];
