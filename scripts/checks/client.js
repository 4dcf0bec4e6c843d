/** What a page pays for the client and its bindings: bytes of a bundle, minified and compressed. */
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { Failure } from "../command.js";
import { BINDINGS, LIBRARY } from "./library.js";

/** Decision 7. One kB is 1,000 bytes; what can be named together is loaded together. */
const BUDGETS = { createIdempotentFetch: 4_600, createSubmit: 9_900 };
/** All of `oncekey/client/durable`, on its own; with `createSubmit` it shares most of that. */
const DURABLE_BUDGET = 5_700;
/** Decision 12: the panel, with all that it needs of the client. No page of a shop has it. */
const DEVTOOLS_BUDGET = 15_000;
/** Of each function of a binding, without the client below it and the framework beside it. */
const BINDING_BUDGET = 600;
/** Decisions 10 and 14: of what stands around a form or another library, above the client. */
const INTEGRATION_BUDGETS = {
  element: 1_750,
  regions: 1_300,
  axios: 600,
  ky: 600,
  "openapi-fetch": 600,
  tanstack: 600,
  turbo: 600,
  htmx: 900,
  workbox: 600,
};

export async function checkClient() {
  const client = Object.entries(BUDGETS).map(([name, budget]) => ({
    ...{ name, budget, from: `${LIBRARY}/dist/src/client/index.js`, external: [] },
  }));
  const bindings = BINDINGS.map(async ({ name: framework, at }) => {
    const from = `${at}/dist/src/index.js`;
    const external = ["oncekey/client", framework, `${framework}/*`];
    const names = await exportsOf(from, external);
    return names.map((name) => ({ name, budget: BINDING_BUDGET, from, external }));
  });
  const durable = {
    ...{ name: "*", budget: DURABLE_BUDGET, external: [] },
    from: `${LIBRARY}/dist/src/client/durable/index.js`,
  };
  const devtools = {
    ...{ name: "*", budget: DEVTOOLS_BUDGET, external: [] },
    from: `${LIBRARY}/dist/src/client/devtools/index.js`,
  };
  const integrations = Object.entries(INTEGRATION_BUDGETS).map(([name, budget]) => ({
    ...{ name: "*", budget, from: `${LIBRARY}/dist/src/client/${name}.js` },
    external: ["./index.js"],
  }));
  const measured = [
    ...client,
    durable,
    devtools,
    ...integrations,
    ...(await Promise.all(bindings)).flat(),
  ];
  const complaints = await Promise.all(
    measured.map(async (each) => {
      const over = (await compressedSize(each)) - each.budget;
      return over > 0
        ? [`${each.name} of ${each.from} has ${each.budget + over} bytes: ${over} over its budget`]
        : [];
    }),
  );
  if (complaints.flat().length > 0) {
    throw new Failure([...complaints.flat(), "A larger budget needs a decision."].join("\n  "));
  }
}

/**
 * @param {string} from
 * @param {string[]} external
 */
async function exportsOf(from, external) {
  const { metafile } = await build({ ...SETTINGS, entryPoints: [from], external, metafile: true });
  return Object.values(metafile.outputs).flatMap((output) => output.exports);
}

/** @param {{ name: string, from: string, external: string[] }} asked */
async function compressedSize({ name, from, external }) {
  const { outputFiles } = await build({
    ...SETTINGS,
    stdin: {
      contents: `export ${name === "*" ? name : `{ ${name} }`} from "${from}";`,
      resolveDir: LIBRARY,
    },
    external,
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Failure(`There is no bundle of ${name}.`);
  return gzipSync(file.contents, { level: 9 }).length;
}

const SETTINGS = /** @type {const} */ ({
  bundle: true,
  minify: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  write: false,
});
