/** Tells every open page what happened, as server-sent events, from the last clearing on. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Happening, Stamped } from "./happening.ts";

export interface Feed {
  tell(happening: Happening): void;
  /** Everything since the last clearing, and who runs. */
  told(): readonly Stamped[];
  /** Keeps the answer open. A page that comes late, or again, is told what it has missed. */
  serve(incoming: IncomingMessage, outgoing: ServerResponse): void;
}

/** A storm of a thousand requests is some six thousand happenings; what is older is let go. */
const KEPT_MAX = 20_000;
/** A page this far behind is slower than any network, and is told again when it comes back. */
const BEHIND_BYTES_MAX = 8 * 1024 * 1024;

export function createFeed(): Feed {
  const openedAt = performance.now();
  const pages = new Set<ServerResponse>();
  let kept: Stamped[] = [];
  let seq = 0;
  return {
    tell(happening) {
      const at = Math.round(performance.now() - openedAt);
      const stamped: Stamped = { ...happening, seq: ++seq, at };
      // Who runs is true whatever has been forgotten.
      if (happening.what === "cleared") kept = kept.filter(isAboutProcess);
      kept.push(stamped);
      if (kept.length > KEPT_MAX) kept.splice(0, kept.length - KEPT_MAX);
      for (const page of pages) {
        if (page.writableLength > BEHIND_BYTES_MAX) page.destroy();
        else page.write(lineOf(stamped));
      }
    },
    told: () => [...kept],
    serve(incoming, outgoing) {
      outgoing.writeHead(200, {
        "content-type": "text/event-stream",
        "cache-control": "no-store",
      });
      const { searchParams } = new URL(incoming.url ?? "/", "http://playground");
      // What the browser says by itself is newer than what the address says.
      const last = Number(incoming.headers["last-event-id"] ?? searchParams.get("after") ?? 0);
      outgoing.write(": welcome\n\n");
      outgoing.write(
        kept
          .filter(({ seq }) => seq > last)
          .map(lineOf)
          .join(""),
      );
      // What comes from here on is news: a page moves for it, and not for what it has missed.
      outgoing.write("event: now\ndata: {}\n\n");
      pages.add(outgoing);
      outgoing.on("close", () => pages.delete(outgoing));
    },
  };
}

const isAboutProcess = ({ what }: Stamped): boolean =>
  what === "started" || what === "killed" || what === "frozen" || what === "woken";

const lineOf = (stamped: Stamped): string =>
  `id: ${stamped.seq}\ndata: ${JSON.stringify(stamped)}\n\n`;
