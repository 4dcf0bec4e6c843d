/** Which file proves what: a number in the name of a test, such as `"P-150, C-16: three clicks …"`. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../command.js";

const NAMED = /["'`]((?:[A-Z]-\d+, )*[A-Z]-\d+)[:,] /g;
/** Cases that others play too are in sources: the suite of the bindings, and what is published. */
const SUITES = ["packages/binding-suite/src", "packages/oncekey/src/conformance"];

/**
 * @param {string} letter such as "C"
 * @returns {Map<string, Set<string>>} the files that prove a number, from the root, by the number
 */
export function proofs(letter) {
  /** @type {Map<string, Set<string>>} */
  const found = new Map();
  for (const file of sources()) {
    for (const [, numbers = ""] of readFileSync(join(ROOT, file), "utf8").matchAll(NAMED)) {
      for (const number of numbers.split(", ").filter((each) => each.startsWith(`${letter}-`))) {
        found.set(number, (found.get(number) ?? new Set()).add(file));
      }
    }
  }
  return found;
}

/** Where sentences that prove something are written: tests, and the checks. */
function sources() {
  const packages = ["packages", "apps"].flatMap((folder) =>
    readdirSync(join(ROOT, folder)).map((name) => join(folder, name)),
  );
  const folders = [...packages, "verification", "bench", "examples"].map((folder) =>
    join(folder, "test"),
  );
  const files = [...folders, ...SUITES]
    .filter((folder) => existsSync(join(ROOT, folder)))
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((file) =>
        join(folder, file),
      ),
    );
  return [...files.filter((file) => /\.tsx?$/.test(file)), "scripts/check.js"];
}
