/** Puts the page into its place: live, or playing the recording that it carries. */
import { render } from "preact";
import type { Stamped } from "../src/happening.ts";
import { App } from "./app.tsx";
import { Recording } from "./recording.tsx";

const place = document.querySelector("#page");
const carried = document.querySelector("#trace")?.textContent;
if (place) {
  if (carried) render(<Recording trace={JSON.parse(carried) as Stamped[]} />, place);
  else render(<App />, place);
}
