/** `npm run verify -- --only failover`: which cells are played, and how it is told. */
import { parseArgs } from "node:util";
import { MODES } from "../chaos/cell.ts";
import { numberOf, oneOf } from "../options.ts";
import { NOTHING_DONE, type Outcome, type Program } from "../program.ts";
import { DURABILITIES, SCENARIOS, type Selection, STORES } from "./cell.ts";
import { failover as drill } from "./failover.ts";
import { limitsOf, lineOf, sectionsOf } from "./told.ts";

/** Another one plays other keys and delays, and another sample. */
const SEED = 1;

const USAGE = `Options of the failover drill:
  --store S        ${STORES.join(", ")}
  --durability D   ${DURABILITIES.join(", ")}
  --scenario S     ${SCENARIOS.join(", ")}
  --mode M         ${MODES.join(", ")}
  --seed N         ${SEED} unless told
  --turns N        failovers for each store, durability and scenario
  --sample         one failover of each durability`;

export const failover: Program = {
  name: "failover",
  async run(args): Promise<Outcome> {
    const { values } = parseArgs({
      args: [...args],
      options: {
        store: { type: "string" },
        durability: { type: "string" },
        scenario: { type: "string" },
        mode: { type: "string" },
        seed: { type: "string", default: String(SEED) },
        turns: { type: "string" },
        sample: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      console.log(USAGE);
      return NOTHING_DONE;
    }
    const seed = numberOf("seed", values.seed);
    const turns = values.turns ?? (values.sample ? "1" : undefined);
    const result = await drill({
      selection: selectionOf(values),
      seed,
      sample: values.sample,
      onCell: (cell) => console.log(lineOf(cell)),
      ...(turns !== undefined && { turns: numberOf("turns", turns) }),
    });
    const { cells, failovers, violations } = result;
    const rounds = cells.reduce((sum, cell) => sum + cell.rounds, 0);
    const summary =
      `${failovers} failovers, ${cells.length} cells, ${rounds} keys, ${violations} violations, ` +
      `seed ${seed}`;
    return {
      holds: violations === 0,
      summary,
      sections: sectionsOf(result, seed),
      limits: limitsOf(cells),
    };
  },
};

interface Named {
  readonly store?: string | undefined;
  readonly durability?: string | undefined;
  readonly scenario?: string | undefined;
  readonly mode?: string | undefined;
}

function selectionOf({ store, durability, scenario, mode }: Named): Selection {
  return {
    ...(store !== undefined && { store: oneOf("store", STORES, store) }),
    ...(durability !== undefined && {
      durability: oneOf("durability", DURABILITIES, durability),
    }),
    ...(scenario !== undefined && { scenario: oneOf("scenario", SCENARIOS, scenario) }),
    ...(mode !== undefined && { mode: oneOf("mode", MODES, mode) }),
  };
}
