/**
 * Plans that failed once, made small: they are replayed first, by every run, for good.
 *
 * Plans and not seeds, because what a seed stands for changes whenever the drawing does. Most of
 * them failed for a mutant: they show that the simulator sees it, and the sound engine must hold.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plan } from "./plan.ts";

export interface Entry {
  /** The mutant that failed, or what was wrong with the engine. */
  readonly failed: string;
  /** The properties that it violated. */
  readonly violated: readonly string[];
  readonly plan: Plan;
}

const FILE = fileURLToPath(new URL("../../../corpus/simulator.json", import.meta.url));

export const readCorpus = (): Entry[] => JSON.parse(readFileSync(FILE, "utf8"));

/** In place of an entry of the same name, if there is one. A line each: they are never edited. */
export function addToCorpus(entry: Entry): void {
  const others = readCorpus().filter(({ failed }) => failed !== entry.failed);
  const lines = [...others, entry].map((each) => JSON.stringify(each));
  writeFileSync(FILE, `[\n${lines.join(",\n")}\n]\n`);
}
