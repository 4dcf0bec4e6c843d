/** What an adapter and a store add to the start of a process, and to a bundle. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { machine } from "./cores.ts";
import { medianOf, shown, table } from "./figures.ts";
import type { Options } from "./options.ts";

const ADAPTERS = ["node", "express", "fastify", "hono", "web"];
const STORES = ["memory", "sqlite", "redis", "postgres"];
/** Where `oncekey` is found from: `bench/dist/src`. */
const FOLDER = fileURLToPath(new URL(".", import.meta.url));

export async function run({ quick, rounds }: Options): Promise<number> {
  const times = rounds ?? (quick ? 3 : 25);
  const pairs = ADAPTERS.flatMap((adapter) =>
    (adapter === "node" ? STORES : ["redis"]).map((store) => [adapter, store] as const),
  );
  const empty: number[] = [];
  const loaded = pairs.map((): number[] => []);
  // In turns, with an empty process beside each: the machine's mood is shared by both.
  for (let time = 0; time <= times; time++) {
    for (const [index, pair] of pairs.entries()) {
      const without = startMs("");
      const added = startMs(source(pair)) - without;
      if (time === 0) continue;
      empty.push(without);
      loaded[index]?.push(added);
    }
  }
  const rows = await Promise.all(
    pairs.map(async (pair, index) => [
      pair.map((name) => `oncekey/${name}`).join(" and "),
      shown(medianOf(loaded[index] ?? []), 1),
      shown((await bytesOf(pair)) / 1000, 1),
    ]),
  );
  console.log(`${machine()}; medians of ${times} fresh processes beside as many empty ones,`);
  console.log(`which take ${shown(medianOf(empty), 1)} ms. Minified by esbuild, not compressed.\n`);
  console.log(table(["", "added to the start, ms", "kB"], rows));
  return 0;
}

const source = (names: readonly string[]): string =>
  names.map((name, index) => `export * as e${index} from "oncekey/${name}";`).join("\n");

function startMs(text: string): number {
  const args = ["--input-type=module", "--eval", text];
  const begun = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: FOLDER, encoding: "utf8" });
  if (status !== 0) throw new Error(`A process ended with ${status}: ${stderr}`);
  return performance.now() - begun;
}

async function bytesOf(pair: readonly string[]): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: source(pair), resolveDir: FOLDER },
    ...{ bundle: true, minify: true, write: false, format: "esm", platform: "neutral" },
  });
  return outputFiles.reduce((sum, { contents }) => sum + contents.byteLength, 0);
}
