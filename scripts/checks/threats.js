/** THREAT-MODEL.md, held to the tests: every threat has one that is named after it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Failure, ROOT } from "../command.js";

const PAGE = "THREAT-MODEL.md";

/**
 * @typedef {object} Threat
 * @property {string} number such as "S-4"
 * @property {readonly string[]} links what the row points to as its proof, from the root
 * @property {boolean} isOpen it says that there is no proof yet
 */

/** @returns {Threat[]} */
function threats() {
  const page = readFileSync(join(ROOT, PAGE), "utf8");
  return [...page.matchAll(/^\| \*\*(S-\d+)\*\* \|.*\| ([^|]+) \|$/gm)].map(
    ([, number = "", proof = ""]) => ({
      number,
      links: [...proof.matchAll(/\]\(([^)]+)\)/g)].map(([, link = ""]) => link),
      isOpen: proof.startsWith("**open**"),
    }),
  );
}

/** A number in a name, `"P-65, S-1, S-17: the same key …"`, or in a sentence of a check. */
const NAMED = /["'`]((?:[A-Z]-\d+, )*[A-Z]-\d+): /g;

/** @returns {Map<string, Set<string>>} the files that prove a number, by the number */
function proofs() {
  /** @type {Map<string, Set<string>>} */
  const found = new Map();
  for (const file of sources()) {
    for (const [, numbers = ""] of readFileSync(join(ROOT, file), "utf8").matchAll(NAMED)) {
      for (const number of numbers.split(", ").filter((each) => each.startsWith("S-"))) {
        found.set(number, (found.get(number) ?? new Set()).add(file));
      }
    }
  }
  return found;
}

/** Where sentences that prove something are written: tests, the published cases, and the checks. */
function sources() {
  const below = ["packages", "apps"].flatMap((folder) =>
    readdirSync(join(ROOT, folder)).map((name) => join(folder, name)),
  );
  const folders = below.flatMap((folder) => [
    join(folder, "test"),
    join(folder, "src/conformance"),
  ]);
  const inFolders = folders
    .filter((folder) => existsSync(join(ROOT, folder)))
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((file) =>
        join(folder, file),
      ),
    );
  return [...inFolders.filter((file) => /\.tsx?$/.test(file)), "scripts/check.js"];
}

export async function checkThreats() {
  const rows = threats();
  const found = proofs();
  const complaints = rows.flatMap((row) => complaintsAbout(row, found.get(row.number)));
  const numbers = rows.map(({ number }) => number);
  const expected = rows.map((_, index) => `S-${index + 1}`);
  const strangers = [...found.keys()].filter((number) => !numbers.includes(number));
  if (`${numbers}` !== `${expected}`) complaints.push("the rows are not numbered from S-1 on");
  complaints.push(
    ...strangers.map((number) => `${number} is in the name of a test and has no row`),
  );
  if (complaints.length > 0) throw new Failure([`${PAGE}:`, ...complaints].join("\n  "));
}

/**
 * @param {Threat} threat
 * @param {ReadonlySet<string>} [proof]
 */
function complaintsAbout({ number, links, isOpen }, proof = new Set()) {
  if (isOpen) return proof.size === 0 ? [] : [`${number} is open, but ${[...proof]} proves it`];
  if (links.length === 0) return [`${number} has no link to a test`];
  return links
    .filter((link) => !proof.has(link))
    .map((link) => `${number} points to ${link}, where nothing is named after it`);
}
