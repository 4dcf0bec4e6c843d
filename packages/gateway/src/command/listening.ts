/** An address that nobody can listen on, as a mistake of whoever typed it. */
import type { ListenAddress } from "../address.ts";
import { Complaint, reasonOf } from "../complaint.ts";

/** `option` is the one that the address stands in. */
export function notListening(error: unknown, option: string, at: ListenAddress): Complaint {
  const isTaken = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
  const why = isTaken ? "another program listens there" : reasonOf(error);
  return new Complaint(
    `Could not listen on ${option} ${at.host}:${at.port}: ${why}. Choose another address or port.`,
  );
}
