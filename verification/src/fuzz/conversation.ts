/** One conversation over a socket: all bytes said, cut anywhere, and all that is heard. */
import { ok } from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as pause, setImmediate as turn } from "node:timers/promises";

/** Who ends it: the server, or the client in one of two ways. */
export type Ending = "close" | "half" | "destroy";

interface Manner {
  /** Places at which the bytes are cut, in thousandths. */
  readonly cuts: readonly number[];
  readonly ending: Ending;
  /** The server has every reason to close by itself, and gets the time for it. */
  readonly closes: boolean;
}

/** How long an open connection may say nothing before it is ended by the client. */
const SILENCE_MS = 60;
/** By then the server has closed what the client has ended. */
const CLOSE_MS_MAX = 4_000;

/** Says all of it, and hears until the connection is closed. */
export async function converse(
  port: number,
  bytes: string,
  { cuts, ending, closes }: Manner,
): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  let stream = "";
  socket.on("data", (chunk) => {
    stream += chunk.toString("latin1");
  });
  // A reset is one way of the server to refuse.
  socket.on("error", () => {});
  socket.on("end", () => socket.end());
  await once(socket, "connect");
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  let from = 0;
  const places = cuts.map((cut) => Math.floor((cut * bytes.length) / 1_000));
  for (const to of [...places.sort((left, right) => left - right), bytes.length]) {
    if (to > from) socket.write(bytes.slice(from, to), "latin1");
    from = Math.max(from, to);
    await turn();
  }
  if (ending === "close") await within(closed, closes ? CLOSE_MS_MAX : SILENCE_MS);
  if (ending === "destroy") socket.destroy();
  else socket.end();
  await settled(socket, closed);
  return stream;
}

async function settled(socket: Socket, closed: Promise<void>): Promise<void> {
  const isClosed = await within(closed, CLOSE_MS_MAX);
  socket.destroy();
  ok(isClosed, "the server keeps a connection that was ended");
}

/** Whether it came within the time. */
async function within(what: Promise<void>, ms: number): Promise<boolean> {
  const ending = new AbortController();
  const late = pause(ms, false, { signal: ending.signal }).catch(() => false);
  const isThere = await Promise.race([what.then(() => true), late]);
  ending.abort();
  return isThere;
}
