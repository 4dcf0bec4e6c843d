/** `npm run verify -- --only soak`: half an hour of mixed load, and whether anything grows. */
import { parseArgs } from "node:util";
import { STORES } from "../chaos/cell.ts";
import { table } from "../markdown.ts";
import { numberOf, oneOf } from "../options.ts";
import { NOTHING_DONE, type Program } from "../program.ts";
import { type Soaked, soak } from "./soak.ts";

const MINUTES = 30;
const SAMPLE_SECONDS = 12;
const SAMPLE_WAVES = 6;
const SEED = 1;

const USAGE = `Options of the soak:
  --minutes N   for all stores together; ${MINUTES} unless told
  --store S     ${STORES.join(", ")}; all of them unless told
  --seed N      ${SEED} unless told
  --sample      ${SAMPLE_SECONDS} seconds for all stores together`;

export const soaking: Program = {
  name: "soak",
  async run(args) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        minutes: { type: "string", default: `${MINUTES}` },
        store: { type: "string" },
        seed: { type: "string", default: `${SEED}` },
        sample: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      console.log(USAGE);
      return NOTHING_DONE;
    }
    const stores = values.store === undefined ? STORES : [oneOf("store", STORES, values.store)];
    const all = values.sample ? SAMPLE_SECONDS : 60 * numberOf("minutes", values.minutes);
    const seed = numberOf("seed", values.seed);
    const soaked: Soaked[] = [];
    for (const store of stores) {
      const waves = values.sample ? { waves: SAMPLE_WAVES } : {};
      const one = await soak({ store, seconds: all / stores.length, seed, ...waves });
      console.log(lineOf(one));
      soaked.push(one);
    }
    const requests = soaked.reduce((sum, each) => sum + each.requests, 0);
    const violations = soaked.reduce((sum, each) => sum + each.violations.length, 0);
    return {
      holds: violations === 0,
      summary: `${requests} requests in ${all} s, ${violations} violations, seed ${seed}`,
      sections: [{ title: "Long load", text: soakedIn(soaked) }],
      limits: [],
    };
  },
};

function lineOf({
  store,
  requests,
  replays,
  refusals,
  effects,
  gauges,
  violations,
}: Soaked): string {
  const figures = `${requests} requests, ${effects} effects, ${replays} replays, ${refusals} refusals`;
  const levels = gauges.map(({ name, early, late }) => `${name} ${early} → ${late}`).join(", ");
  const verdict = violations.length === 0 ? "held" : `✗\n  ${violations.join("\n  ")}`;
  return `${store.padEnd(8)}  ${figures}\n  ${levels}  ${verdict}`;
}

function soakedIn(soaked: readonly Soaked[]): string {
  const rows = soaked.map(({ store, seconds, requests, effects, gauges, violations }) => {
    const levels = gauges.map(({ name, early, late }) =>
      name.endsWith("Bytes") ? `${mib(early)}, ${mib(late)}` : `${early}, ${late}`,
    );
    return [store, `${seconds}`, `${requests}`, `${effects}`, ...levels, `${violations.length}`];
  });
  return [
    "Five processes, read at rest between waves of load; each figure is the median of the first half and of the " +
      "second, of all five together.",
    table(
      ["store", "s", "requests", "effects", "heap", "resident", "handles", "files", "violations"],
      rows,
    ),
  ].join("\n\n");
}

const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
