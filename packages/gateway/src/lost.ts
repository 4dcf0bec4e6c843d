/**
 * Tells when a connection is lost, to all who wait for something on it.
 *
 * One listener a connection: a client may have dozens of requests under way on one, and Node warns
 * of a leak at eleven.
 */
import type { Socket } from "node:net";

const waiting = new WeakMap<Socket, Set<() => void>>();

/** Calls once, unless the returned function is called before. */
export function onLost(socket: Socket, call: () => void): () => void {
  const calls = waiting.get(socket) ?? listened(socket);
  calls.add(call);
  return () => void calls.delete(call);
}

function listened(socket: Socket): Set<() => void> {
  const calls = new Set<() => void>();
  waiting.set(socket, calls);
  socket.once("close", () => {
    for (const call of calls) call();
  });
  return calls;
}
