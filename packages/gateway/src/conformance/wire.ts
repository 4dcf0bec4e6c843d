/**
 * One request over `node:http`, with its field lines as they are given: doubled, oddly spelled or
 * malformed. Each goes over a connection of its own unless an agent is given, because requests
 * that wait for each other do not race.
 */
import { type IncomingMessage, Agent as PlainAgent, request as plainRequest } from "node:http";
import { Agent as TlsAgent, request as tlsRequest } from "node:https";
import type { Answer, Field } from "./answer.ts";
import { NoAnswer } from "./broken.ts";

export interface Outgoing {
  readonly url: URL;
  readonly method: string;
  readonly fields: readonly Field[];
  readonly body: Uint8Array | undefined;
}

export interface WireOptions {
  readonly timeoutMs: number;
  readonly agent?: PlainAgent | undefined;
}

/** More than any handler should answer with here, and little enough to be held twenty times. */
const ANSWER_BYTES_MAX = 32 * 1024 * 1024;

/** An agent that keeps one connection, for requests that have to share it. */
export function oneConnection(url: URL): PlainAgent {
  const options = { keepAlive: true, maxSockets: 1 };
  return url.protocol === "https:" ? new TlsAgent(options) : new PlainAgent(options);
}

export function exchange(outgoing: Outgoing, { timeoutMs, agent }: WireOptions): Promise<Answer> {
  const { url, method, fields, body } = outgoing;
  return new Promise((resolve, reject) => {
    const give = url.protocol === "https:" ? tlsRequest : plainRequest;
    const options = { method, headers: flat(url, fields, body), agent: agent ?? false };
    let answered = false;
    const sent = give(url, options, (response) => {
      answered = true;
      read(response).then(resolve, (error: Error) => fail(error.message));
    });
    const timer = setTimeout(() => fail(`silent for ${timeoutMs} ms`), timeoutMs);
    sent.once("close", () => clearTimeout(timer));
    // A server may answer and hang up before it has read all: then the answer is what counts.
    sent.on("error", (error: NodeJS.ErrnoException) => {
      if (!answered) fail(error.code ?? error.message);
    });
    function fail(reason: string): void {
      reject(new NoAnswer(`no answer (${reason})`));
      sent.destroy();
    }
    sent.end(body);
  });
}

/** As a flat list, which Node sends line by line and in this order. */
function flat(url: URL, fields: readonly Field[], body: Uint8Array | undefined): string[] {
  const length: Field[] = body === undefined ? [] : [["Content-Length", String(body.length)]];
  return [["Host", url.host] as Field, ...fields, ...length].flat();
}

async function read(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > ANSWER_BYTES_MAX) throw new Error(`more than ${ANSWER_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return {
    status: response.statusCode ?? 0,
    fields: pairs(response.rawHeaders),
    body: Buffer.concat(chunks),
  };
}

const pairs = (raw: readonly string[]): Field[] =>
  raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ""] as const] : []));
