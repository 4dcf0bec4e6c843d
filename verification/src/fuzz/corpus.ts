/**
 * Inputs that failed once, and nasty ones: each run of a target plays them first, for good.
 *
 * Inputs and not seeds, because what a seed stands for changes whenever the drawing does.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Entry } from "./target.ts";

const fileOf = (target: string): string =>
  fileURLToPath(new URL(`../../../corpus/fuzz/${target}.json`, import.meta.url));

export const readCorpus = <Input>(target: string): readonly Entry<Input>[] =>
  JSON.parse(readFileSync(fileOf(target), "utf8"));

/** A line each, since they are never edited. An input that is there already is left as it is. */
export function addToCorpus(target: string, entry: Entry<unknown>): void {
  const known = readCorpus(target);
  const text = JSON.stringify(entry.input);
  if (known.some(({ input }) => JSON.stringify(input) === text)) return;
  const lines = [...known, entry].map((each) => JSON.stringify(each));
  writeFileSync(fileOf(target), `[\n${lines.join(",\n")}\n]\n`);
}
