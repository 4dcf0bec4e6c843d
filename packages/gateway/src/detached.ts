/**
 * Connections that Node lets go of at an upgrade or a CONNECT: nothing behind it is read as HTTP.
 *
 * It lets go of what was asked before it, too. Whatever is said at once would be read as the answer
 * to that: a payment that was made would be told 501. So it is said when those are answered, and
 * what Node did for them until then is done here.
 */
import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { type RefusedStatus, refuseSocket } from "./upgrade.ts";

/** The answers that are still to come on the connection. */
export type Coming = () => readonly ServerResponse[];

/** Refuses behind all that is still to come. */
export function refuseInTurn(socket: Duplex, status: RefusedStatus, coming: Coming): void {
  const [next] = coming();
  if (next === undefined) {
    if (socket.writable) refuseSocket(socket, status);
  } else {
    next.once("close", () => refuseInTurn(socket, status, coming));
  }
}

/** Keeps the connection for what is still to come, whose last answer or whose client ends it. */
export function keepForAnswers(socket: Duplex, coming: Coming): void {
  socket.on("error", () => socket.destroy());
  // A large answer waits for it, and only Node would have told.
  socket.on("drain", () => {
    for (const response of coming()) if (response.writableNeedDrain) response.emit("drain");
  });
  // Without a reader nobody would hear that the client has left.
  socket.resume();
}
