/** What the page says of a run: figures of that run, and nothing else. */
import type { Section } from "../program.ts";
import type { CellResult } from "./network.ts";

export function sectionsOf(cells: readonly CellResult[], seed: number): readonly Section[] {
  return [{ title: "Network", text: `${cells.length} ${seed}` }];
}
