/** `npm run verify -- --only chaos`: which cells are played, and how it is told. */
import { parseArgs } from "node:util";
import { numberOf, oneOf } from "../options.ts";
import { NOTHING_DONE, type Program } from "../program.ts";
import { FAULTS, MODES, POINTS, type Selection, STORES } from "./cell.ts";
import { type CellResult, playChaos } from "./chaos.ts";
import { limitsOf, sectionsOf } from "./report.ts";
import type { Storm } from "./storm.ts";

/** Another one plays other delays, other victims, and another sample. */
const SEED = 1;
const STORMS = 20;
const STORMS_OF_A_SAMPLE = 1;

const USAGE = `Options of the chaos harness:
  --store S    ${STORES.join(", ")}
  --mode M     ${MODES.join(", ")}
  --at P       ${POINTS.join(", ")}
  --fault F    ${FAULTS.join(", ")}
  --seed N     ${SEED} unless told
  --rounds N   for each cell
  --storms N   of 1,000 duplicates each, for each store and mode; ${STORMS} where no cell is named
  --sample     each point under each fault once, spread over the stores and modes; a few restarts

Of SQLite nothing is restarted: it has no server.`;

export const chaos: Program = {
  name: "chaos",
  async run(args) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        store: { type: "string" },
        mode: { type: "string" },
        at: { type: "string" },
        fault: { type: "string" },
        seed: { type: "string", default: String(SEED) },
        rounds: { type: "string" },
        storms: { type: "string" },
        sample: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      console.log(USAGE);
      return NOTHING_DONE;
    }
    const selection = selectionOf(values);
    const isWhole = Object.keys(selection).length === 0;
    const seed = numberOf("seed", values.seed);
    const { sample } = values;
    const storms = isWhole ? (sample ? STORMS_OF_A_SAMPLE : STORMS) : 0;
    const rounds = values.rounds ?? (sample ? "1" : undefined);

    const result = await playChaos({
      selection,
      seed,
      sample,
      storms: values.storms === undefined ? storms : numberOf("storms", values.storms),
      onCell: (cell) => console.log(lineOf(cell)),
      ...(rounds !== undefined && { rounds: numberOf("rounds", rounds) }),
    });
    for (const storm of result.storms) console.log(stormLineOf(storm));
    const played = result.cells.reduce((sum, cell) => sum + cell.rounds, 0);
    const stormy = result.storms.reduce((sum, each) => sum + each.storms, 0);
    return {
      holds: result.violations === 0,
      summary:
        `${result.cells.length} cells, ${played} rounds, ${stormy} storms, ` +
        `${result.violations} violations, seed ${seed}`,
      sections: sectionsOf(result, seed),
      limits: limitsOf(result.cells),
    };
  },
};

interface Named {
  readonly store?: string | undefined;
  readonly mode?: string | undefined;
  readonly at?: string | undefined;
  readonly fault?: string | undefined;
}

function selectionOf({ store, mode, at, fault }: Named): Selection {
  return {
    ...(store !== undefined && { store: oneOf("store", STORES, store) }),
    ...(mode !== undefined && { mode: oneOf("mode", MODES, mode) }),
    ...(at !== undefined && { point: oneOf("at", POINTS, at) }),
    ...(fault !== undefined && { fault: oneOf("fault", FAULTS, fault) }),
  };
}

/** One row of the table that a run prints. */
function lineOf(result: CellResult): string {
  const { store, mode, point, fault, rounds, disturbed, limit, violations, seed } = result;
  const effects = Object.entries(result.effects).map(([count, times]) => `${times}×${count}`);
  const columns = [store.padEnd(8), mode.padEnd(13), point.padEnd(15), fault.padEnd(7)];
  const figures = [`${rounds} rounds`, `effects ${effects.join(" ")}`.padEnd(15), `seed ${seed}`];
  const notes = [
    ...(limit === "seen" ? ["limit reproduced"] : []),
    ...(disturbed > 0 ? [`${disturbed} disturbed`] : []),
  ];
  const again = `\n  again: ${result.command}`;
  const verdict = violations.length === 0 ? "held" : `✗\n  ${violations.join("\n  ")}${again}`;
  return [...columns, ...figures, ...notes, verdict].join("  ");
}

function stormLineOf(storm: Storm): string {
  const { store, mode, storms, duplicates, violations, p50Ms, p99Ms, memoryBytes } = storm;
  const mib = (bytes: number) => Math.round(bytes / 2 ** 20);
  const memory = `${mib(memoryBytes.before)} → ${mib(memoryBytes.after)} MiB`;
  const figures = `p50 ${p50Ms} ms, p99 ${p99Ms} ms, ${memory}`;
  const verdict = violations.length === 0 ? "held" : `✗\n  ${violations.join("\n  ")}`;
  const name = `${store.padEnd(8)}  ${mode.padEnd(13)}`;
  return `${name}  ${storms} storms of ${duplicates} duplicates  ${figures}  ${verdict}`;
}
