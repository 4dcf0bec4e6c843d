/**
 * A connection that changes its protocol, such as a WebSocket: bytes both ways, and no guard.
 *
 * Refused unless the operator asked for it, because nobody can compare or keep what passes there.
 * Only a GET may: a POST that upgrades would be a way around the guard.
 */
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { Duplex } from "node:stream";
import { type Line, linesOf, passedOn, VIA } from "./fields.ts";
import type { Way } from "./forward.ts";
import { literalOf } from "./upstream.ts";

/** To agree on another protocol is no work. */
const HANDSHAKE_MS = 60_000;

export type RefusedStatus = 400 | 501 | 502 | 503;

/** A bare answer, and the end of the connection. */
export function refuseSocket(socket: Duplex, status: RefusedStatus): void {
  const reason = {
    400: "Bad Request",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Stopping",
  };
  socket.on("error", () => socket.destroy());
  // The client's end behind it would never be read, and the socket kept for ever.
  socket.resume();
  socket.end(
    `HTTP/1.1 ${status} ${reason[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
}

export function passUpgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  { upstream, distrusted, added }: Pick<Way, "upstream" | "distrusted" | "added">,
): void {
  const { url, host, tls, lookup, timeoutMs = HANDSHAKE_MS } = upstream;
  const open = url.protocol === "https:" ? requestHttps : requestHttp;
  const asked = open({
    host: literalOf(url),
    port: url.port === "" ? undefined : Number(url.port),
    method: "GET",
    path: request.url,
    headers: headersOf(request, host === "upstream" ? url.host : undefined, distrusted, added),
    agent: false,
    lookup,
    timeout: timeoutMs,
    ...tls,
  });
  socket.on("error", () => asked.destroy());
  asked.on("timeout", () => asked.destroy(new Error("The upstream was silent for too long.")));
  asked.on("error", () => refuseSocket(socket, 502));
  asked.on("response", (answer) => {
    socket.write(headOf(answer, "close"));
    answer.pipe(socket);
    socket.resume();
  });
  asked.on("upgrade", (answer, far, first) => {
    far.setTimeout(0);
    socket.write(headOf(answer, "upgrade"));
    if (first.length > 0) socket.write(first);
    if (head.length > 0) far.write(head);
    for (const [one, other] of [
      [far, socket],
      [socket, far],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
    far.pipe(socket).pipe(far);
  });
  asked.end();
}

function headersOf(
  request: IncomingMessage,
  host: string | undefined,
  distrusted: readonly string[],
  added: readonly Line[],
): string[] {
  const isReplaced = (name: string) =>
    distrusted.includes(name) || (host !== undefined && name === "host");
  const lines = passedOn(linesOf(request.rawHeaders), isReplaced);
  if (host !== undefined) lines.unshift(["Host", host]);
  lines.push(...added, ["Connection", "Upgrade"], ["Upgrade", request.headers.upgrade ?? ""], VIA);
  return lines.flat();
}

function headOf(answer: IncomingMessage, connection: "close" | "upgrade"): string {
  const lines: Line[] = passedOn(linesOf(answer.rawHeaders), () => false);
  lines.push(["Connection", connection], VIA);
  if (connection === "upgrade") lines.push(["Upgrade", answer.headers.upgrade ?? ""]);
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n${head}\r\n`;
}
