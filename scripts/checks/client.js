/** What a page pays for the client: bytes of a bundle, minified and compressed, for each function. */
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { Failure } from "../command.js";
import { LIBRARY } from "./library.js";

/** Decision 7. One kB is 1,000 bytes; what can be named together is loaded together. */
const BUDGETS = { createIdempotentFetch: 4_600, createSubmit: 8_700 };

export async function checkClient() {
  const complaints = await Promise.all(
    Object.entries(BUDGETS).map(async ([name, budget]) => {
      const size = await compressedSize(name);
      return size > budget ? [`${name} has ${size} bytes: ${size - budget} over its budget`] : [];
    }),
  );
  if (complaints.flat().length > 0) {
    throw new Failure([...complaints.flat(), "A larger budget needs a decision."].join("\n  "));
  }
}

/** @param {string} name */
async function compressedSize(name) {
  const { outputFiles } = await build({
    stdin: {
      contents: `export { ${name} } from "./dist/src/client/index.js";`,
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
