/** What an import costs a user: each entry, and each store with an adapter, bundled and minified. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { Failure } from "../command.js";
import { entries, LIBRARY } from "./library.js";

const BUDGETS = join(import.meta.dirname, "budgets.json");

/** Room to repair something without asking, and too little to add something without noticing. */
const HEADROOM = 1.15;

/** The stores and adapters are told apart by the folder that they are compiled into. */
const STORE = /\/stores\/[^/]+$/;
const ADAPTER = /\/adapters\/[^/]+$/;

/** An entry that grew past its budget, one that has none, and a budget whose entry has gone. */
export async function checkBudgets() {
  /** @type {Record<string, number>} */
  const budgets = JSON.parse(readFileSync(BUDGETS, "utf8"));
  const sizes = await measureEntries();
  const names = new Set([...Object.keys(budgets), ...Object.keys(sizes)]);
  report(
    [...names].flatMap((name) => {
      const [budget, size] = [budgets[name], sizes[name]];
      if (size === undefined) return [`${name} has a budget and is no entry`];
      if (budget === undefined) return [`${name} has no budget, and ${size} kB`];
      return size > budget ? [`${name} has ${size} kB, and a budget of ${budget}`] : [];
    }),
    "`npm run check -- --record` makes today's sizes the budgets.",
  );
}

export async function recordBudgets() {
  const sizes = Object.entries(await measureEntries());
  const budgets = sizes.map(([name, size]) => [name, Math.ceil(size * HEADROOM * 10) / 10]);
  writeFileSync(BUDGETS, `${JSON.stringify(Object.fromEntries(budgets), null, 2)}\n`);
}

/** A user of Redis ships no SQL, and a user of the main entry ships neither. */
export async function checkStores() {
  const stores = entries().filter(({ file }) => STORE.test(file));
  const found = await Promise.all(
    entries().map(async (entry) => {
      const { inputs } = await bundle([entry.file]);
      const others = stores.filter(
        ({ name, file }) => name !== entry.name && inputs.includes(file),
      );
      return others.map(({ name }) => `${entry.name} contains ${name}`);
    }),
  );
  report(found.flat());
}

/**
 * Each entry, and for each store what a server loads for idempotency in all: the store with the
 * heaviest adapter, bundled together, because what they share is loaded once.
 *
 * @returns {Promise<Record<string, number>>} kB by name
 */
async function measureEntries() {
  const all = entries();
  const adapters = all.filter(({ file }) => ADAPTER.test(file));
  const alone = all.map(async ({ name, file }) => [name, (await bundle([file])).size]);
  const pairs = all
    .filter(({ file }) => STORE.test(file))
    .map(async ({ name, file }) => {
      const sizes = adapters.map(async (adapter) => (await bundle([adapter.file, file])).size);
      return [`${name}, with an adapter`, Math.max(...(await Promise.all(sizes)))];
    });
  return Object.fromEntries(await Promise.all([...alone, ...pairs]));
}

/**
 * @param {readonly string[]} files
 * @returns {Promise<{ size: number, inputs: string[] }>} kB, and what went into them, named as in `Entry`
 */
async function bundle(files) {
  const contents = files.map((file, index) => `export * as e${index} from "${file}";`).join("\n");
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: LIBRARY },
    absWorkingDir: LIBRARY,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "neutral",
    metafile: true,
    write: false,
  });
  const bytes = outputFiles.reduce((sum, { contents }) => sum + contents.byteLength, 0);
  return {
    size: Math.round(bytes / 100) / 10,
    inputs: Object.keys(metafile.inputs).map((path) => `./${path}`),
  };
}

/**
 * @param {readonly string[]} complaints
 * @param {string} [advice]
 */
function report(complaints, advice = "") {
  if (complaints.length > 0) throw new Failure([...complaints, advice].join("\n  ").trimEnd());
}
