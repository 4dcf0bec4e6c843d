/** Node's response, as much of it as we use, and how an answer of the guard's own is sent on it. */
import type { WholeAnswer } from "../http/exchange.ts";
import type { HeaderLine } from "../http/headers.ts";
import { type NodeHeaders, setLines } from "./node-lines.ts";

/** The part of Node's `ServerResponse` that we use, in our own words. */
export interface NodeResponse extends NodeHeaders {
  statusCode: number;
  statusMessage: string;
  readonly headersSent: boolean;
  readonly writableEnded: boolean;
  readonly destroyed: boolean;
  removeHeader(name: string): void;
  writeHead(status: number, ...rest: never[]): unknown;
  write(chunk: never, ...rest: never[]): boolean;
  end(...args: never[]): unknown;
  flushHeaders(): void;
  destroy(error?: Error): unknown;
  emit(event: string, ...args: unknown[]): boolean;
  once(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

type Call = (...args: unknown[]) => unknown;

/** Sends an answer of the guard's, beside what stands `outside` and does not concern it. */
export function sendWhole(
  response: NodeResponse,
  answer: WholeAnswer,
  outside: readonly HeaderLine[],
): void {
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  setLines(response, outside);
  setLines(response, answer.headers);
  response.statusCode = answer.status;
  response.statusMessage = "";
  (response.end as Call).call(response, answer.body);
}
