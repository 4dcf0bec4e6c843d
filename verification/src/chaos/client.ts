/** Sends one keyed request over a socket of its own, and says what came back, whole or not. */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { now } from "./ledger.ts";

export interface Sent {
  readonly origin: string;
  readonly path: string;
  readonly key: string;
  readonly guest: string;
  readonly amount: number;
  /** How long the handler takes before its effect. */
  readonly dwellMs?: number;
  /** The client leaves when it fires. */
  readonly leaves?: AbortSignal;
}

export type Reply =
  /** The handler's own answer, first or again. */
  | {
      readonly kind: "answer";
      readonly status: number;
      /** Status, replayable headers and body in one text, to be compared byte by byte. */
      readonly bytes: string;
      readonly body: string;
      readonly replayed: boolean;
    }
  /** An answer of oncekey's own. */
  | {
      readonly kind: "problem";
      readonly status: number;
      readonly code: string;
      readonly retryAfter: boolean;
    }
  /** No answer, or a part of one. */
  | { readonly kind: "cut" };

export interface Sighting {
  readonly reply: Reply;
  readonly sentAt: number;
  readonly at: number;
}

/** What belongs to one transfer and not to the answer. */
const TRANSFER = new Set([
  ...["date", "connection", "keep-alive", "content-length", "transfer-encoding"],
  "idempotent-replayed",
]);

/** Longer than anything that a process can be held up by here. */
const TIMEOUT_MS = 15_000;

export async function send(sent: Sent): Promise<Sighting> {
  const sentAt = now();
  const reply = await exchange(sent);
  return { reply, sentAt, at: now() };
}

function exchange({ origin, path, key, guest, amount, dwellMs, leaves }: Sent): Promise<Reply> {
  return new Promise((resolve) => {
    const cut = () => resolve({ kind: "cut" });
    const headers = {
      "Content-Type": "application/json",
      "Idempotency-Key": `"${key}"`,
      "X-Guest": guest,
      "X-Dwell": dwellMs ?? 0,
    };
    const leaving = leaves === undefined ? {} : { signal: leaves };
    const options = { method: "POST", agent: false, headers, timeout: TIMEOUT_MS, ...leaving };
    const request = httpRequest(`${origin}${path}`, options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", cut);
      response.on("close", () => {
        if (!response.complete) return cut();
        resolve(replyOf(response, Buffer.concat(chunks).toString("latin1")));
      });
    });
    request.on("error", cut);
    request.on("timeout", () => request.destroy());
    request.end(JSON.stringify({ amount }));
  });
}

function replyOf(response: IncomingMessage, body: string): Reply {
  const { statusCode: status = 0, headers, rawHeaders } = response;
  if (headers["content-type"] === "application/problem+json") {
    const { code } = JSON.parse(body) as { readonly code: string };
    return { kind: "problem", status, code, retryAfter: headers["retry-after"] !== undefined };
  }
  const lines = rawHeaders
    .flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : []))
    .filter((line) => !TRANSFER.has(line.slice(0, line.indexOf(":")).toLowerCase()));
  const bytes = [String(status), ...lines.sort(), "", body].join("\n");
  const replayed = headers["idempotent-replayed"] === "true";
  return { kind: "answer", status, bytes, body, replayed };
}
