/** The examples of docs/deployment.md, as they stand there. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const FILE = join(import.meta.dirname, "../../../../docs/deployment.md");

export const PAGE: string = readFileSync(FILE, "utf8");

/** The only example of its language under a heading. Throws where there is not exactly one. */
export function exampleOf(heading: string, language: string): string {
  const section = PAGE.split(/^## /m).find((each) => each.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`docs/deployment.md has no "${heading}".`);
  const found = [...section.matchAll(/^```(\w+)\n(.*?)^```$/gms)].filter(
    ([, tongue]) => tongue === language,
  );
  const [example] = found;
  if (found.length !== 1 || example?.[2] === undefined) {
    throw new Error(`"${heading}" has ${found.length} examples of ${language}, and one is meant.`);
  }
  return example[2];
}

/** The one place where `from` stands, changed. Throws where it stands nowhere, or more than once. */
export function changed(text: string, from: string, to: string): string {
  const parts = text.split(from);
  if (parts.length !== 2) throw new Error(`"${from}" stands ${parts.length - 1} times.`);
  return parts.join(to);
}
