/** Listens in on the client of this page: tells the feed, and lets the faults at what is sent. */
import { tap } from "../tap.ts";
import { transmit } from "../transmit.ts";
import { broken, type Faults } from "./faults.ts";
import type { Feed } from "./feed.ts";

/** The returned function leaves, and what is under way ends without it. */
export function watch(feed: Feed, faults: Faults, delayMs: number): () => void {
  const own: typeof tap = {
    told: feed.told,
    waits: feed.rested,
    async send(ticket, line, signal) {
      const { fetch, header } = line;
      const fault = faults.take();
      const isRemembered = ticket.profile?.resend ?? false;
      const parcel = { frozen: ticket.frozen, header, fetch, isRemembered };
      const landed = feed.left(ticket, parcel, fault);
      const through = fault === null ? fetch : broken(fetch, fault, line.ports, delayMs);
      const sight = await transmit(ticket, { ...line, fetch: through }, signal);
      landed(sight);
      return sight;
    },
  };
  Object.assign(tap, own);
  return () => {
    for (const name of ["told", "waits", "send"] as const) {
      if (tap[name] === own[name]) delete tap[name];
    }
  };
}
