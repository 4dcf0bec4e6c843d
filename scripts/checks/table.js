/** A page of requirements, held to the tests: what it says to be so has a test named after it. */
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { Failure, ROOT } from "../command.js";
import { proofs } from "./proofs.js";

/**
 * @typedef {object} Requirement
 * @property {string} number such as "C-16"
 * @property {readonly string[]} links what the row points to as its proof, from the root
 * @property {boolean} isOpen it says that there is no proof yet
 */

/**
 * @param {string} page
 * @param {string} letter
 * @returns {Requirement[]}
 */
function requirements(page, letter) {
  const text = readFileSync(join(ROOT, page), "utf8");
  const row = new RegExp(`^\\| \\*\\*(${letter}-\\d+)\\*\\* \\|.*\\| ([^|]+) \\|$`, "gm");
  return [...text.matchAll(row)].map(([, number = "", proof = ""]) => ({
    number,
    links: [...proof.matchAll(/\]\(([^)]+)\)/g)].map(([, link = ""]) =>
      posix.join(posix.dirname(page), link),
    ),
    isOpen: proof.startsWith("**open**"),
  }));
}

/**
 * @param {string} page from the root
 * @param {string} letter that its numbers begin with
 */
export async function checkTable(page, letter) {
  const rows = requirements(page, letter);
  const found = proofs(letter);
  const complaints = rows.flatMap((row) => complaintsAbout(row, found.get(row.number)));
  const numbers = rows.map(({ number }) => number);
  // A row that was taken out would be missed by nobody.
  if (rows.length === 0 || `${numbers}` !== `${rows.map((_, index) => `${letter}-${index + 1}`)}`) {
    complaints.push(`the rows are not numbered from ${letter}-1 on`);
  }
  for (const number of found.keys()) {
    if (!numbers.includes(number)) complaints.push(`${number} names a test, and has no row`);
  }
  if (complaints.length > 0) throw new Failure([`${page}:`, ...complaints].join("\n  "));
}

/**
 * @param {Requirement} requirement
 * @param {ReadonlySet<string>} [proof]
 */
function complaintsAbout({ number, links, isOpen }, proof = new Set()) {
  if (isOpen) {
    return proof.size === 0
      ? []
      : [`${number} is open, but ${[...proof].join(", ")} proves it: put a link there instead`];
  }
  if (links.length === 0) return [`${number} has no link to a test`];
  return links
    .filter((link) => !proof.has(link))
    .map((link) => `${number} points to ${link}, where no test has its name`);
}
