/** What a page pays for the client: bytes of a bundle, minified and compressed, for each function. */
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { Failure } from "../command.js";
import { LIBRARY } from "./library.js";

/** Decision 7. One kB is 1,000 bytes; what can be named together is loaded together. */
const BUDGETS = { createIdempotentFetch: 4_600, createSubmit: 9_500 };
/** All of it, on its own; with `createSubmit` it shares some of that. */
const DURABLE_BUDGET = 1_400;

export async function checkClient() {
  const complaints = await Promise.all(
    [
      ...Object.entries(BUDGETS).map(([name, budget]) => ({ name, from: "index.js", budget })),
      { name: "*", from: "durable/index.js", budget: DURABLE_BUDGET },
    ].map(async ({ name, from, budget }) => {
      const size = await compressedSize(name, from);
      const over = `${name} of ${from} has ${size} bytes: ${size - budget} over its budget`;
      return size > budget ? [over] : [];
    }),
  );
  if (complaints.flat().length > 0) {
    throw new Failure([...complaints.flat(), "A larger budget needs a decision."].join("\n  "));
  }
}

/**
 * @param {string} name
 * @param {string} from
 */
async function compressedSize(name, from) {
  const { outputFiles } = await build({
    stdin: {
      contents: `export ${name === "*" ? name : `{ ${name} }`} from "./dist/src/client/${from}";`,
      resolveDir: LIBRARY,
    },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    write: false,
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Failure(`There is no bundle of ${name}.`);
  return gzipSync(file.contents, { level: 9 }).length;
}
