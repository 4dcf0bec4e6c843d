/** What the restaurant tells, as it happens. After a lost connection the browser asks for the rest. */
import type { Stamped } from "../src/happening.ts";
import type { Player } from "./player.ts";

export function listen(player: Player, connected: (is: boolean) => void): () => void {
  const source = new EventSource("/feed");
  let isNews = false;
  source.onopen = () => connected(true);
  source.onerror = () => {
    isNews = false;
    connected(false);
  };
  source.addEventListener("now", () => {
    isNews = true;
  });
  source.onmessage = ({ data }) => player.push(JSON.parse(data) as Stamped, isNews);
  return () => source.close();
}
