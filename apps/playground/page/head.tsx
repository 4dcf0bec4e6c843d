/** The name, and the pace at which things are shown. */
import type { Show } from "./show.ts";
import { Paces } from "./switches.tsx";

export function Head({ show }: { readonly show: Show }) {
  return (
    <header class="top">
      <div>
        <h1>oncekey</h1>
        <p>Send it again; it happens once.</p>
      </div>
      <Paces pace={show.pace} choose={show.choosePace} step={show.player.step} />
    </header>
  );
}
