/** What the restaurant tells, as it happens. After a lost connection the browser asks for the rest. */
import type { Stamped } from "../src/happening.ts";
import type { Player } from "./player.ts";

export function listen(player: Player, connected: (is: boolean) => void): () => void {
  let source: EventSource | undefined;
  let last = 0;
  const open = () => {
    let isNews = false;
    source = new EventSource(`/feed?after=${last}`);
    source.onopen = () => connected(true);
    source.onerror = () => {
      isNews = false;
      connected(false);
    };
    source.addEventListener("now", () => {
      isNews = true;
    });
    source.onmessage = ({ data }) => {
      const event = JSON.parse(data) as Stamped;
      last = event.seq;
      player.push(event, isNews);
    };
  };
  // An open connection would keep the page out of the page cache, where Back finds it.
  const close = () => source?.close();
  const shown = ({ persisted }: PageTransitionEvent) => persisted && open();
  open();
  addEventListener("pagehide", close);
  addEventListener("pageshow", shown);
  return () => {
    close();
    removeEventListener("pagehide", close);
    removeEventListener("pageshow", shown);
  };
}
