/** `npm run verify -- --only syscalls`: which calls are hit and which stores run full. */
import { parseArgs } from "node:util";
import { numberOf, oneOf } from "../options.ts";
import { NOTHING_DONE, type Outcome, type Program } from "../program.ts";
import { CALLS, FAULTS, MODES, type Selection } from "./cell.ts";
import { DRILLS, type DrillCell, drillsOf, MOMENTS } from "./drill.ts";
import { playDrills } from "./drills.ts";
import { checkStrace } from "./strace.ts";
import { sweep } from "./sweep.ts";
import { drillLineOf, lineOf, missingIn, outcomeOf } from "./told.ts";

/** Another one draws another sample. The whole run leaves nothing to chance. */
const SEED = 1;

const USAGE = `Options of the system calls:
  --mode M     ${MODES.join(", ")}
  --call C     ${CALLS.join(", ")}
  --nth N      the Nth such call of the request
  --fault F    ${FAULTS.join(", ")}
  --drill D    ${DRILLS.join(", ")}: no calls, but a store that runs full
  --at M       ${MOMENTS.join(", ")}: when it does
  --seed N     of the sample; ${SEED} unless told
  --sample     each call and fault in each mode, and some drills`;

export const syscalls: Program = { name: "syscalls", run };

async function run(args: readonly string[]): Promise<Outcome> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      mode: { type: "string" },
      call: { type: "string" },
      nth: { type: "string" },
      fault: { type: "string" },
      drill: { type: "string" },
      at: { type: "string" },
      seed: { type: "string", default: String(SEED) },
      sample: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return NOTHING_DONE;
  }
  const { sample } = values;
  const seed = numberOf("seed", values.seed);
  const selection = selectionOf(values);
  const drill = drillOf(values);
  const isDrill = values.drill !== undefined || values.at !== undefined;
  const isCall = ["call", "nth", "fault"].some((name) => values[name as "call"] !== undefined);
  if (isDrill && isCall) throw new TypeError("A drill hits no call: ask for one or the other.");
  const isWhole = !isDrill && !isCall && values.mode === undefined;

  const hits = isDrill ? NOTHING : await hitCalls(selection, seed, sample);
  const wanted = isCall ? [] : drillsOf(drill);
  if (isDrill && wanted.length === 0) {
    throw new TypeError("There is no such drill: Redis has no transactions.");
  }
  const chosen = sample
    ? wanted.filter((_, index) => (index + seed) % MOMENTS_APART === 0)
    : wanted;
  const drills = await playDrills(chosen, (result) => console.log(drillLineOf(result)));
  const missing = isWhole ? missingIn(hits.cells) : [];
  return outcomeOf({ ...hits, drills, missing, seed });
}

const NOTHING = { watched: [], cells: [] } as const;

/** Not a multiple of the number of moments, so that a sample meets each of them. */
const MOMENTS_APART = MOMENTS.length + 1;

function hitCalls(selection: Selection, seed: number, sample: boolean) {
  checkStrace();
  return sweep({ selection, seed, sample, onCell: (cell) => console.log(lineOf(cell)) });
}

type Named = Readonly<Partial<Record<"mode" | "call" | "nth" | "fault" | "drill" | "at", string>>>;

function selectionOf({ mode, call, nth, fault }: Named): Selection {
  return {
    ...(mode !== undefined && { mode: oneOf("mode", MODES, mode) }),
    ...(call !== undefined && { call: oneOf("call", CALLS, call) }),
    ...(nth !== undefined && { nth: numberOf("nth", nth) }),
    ...(fault !== undefined && { fault: oneOf("fault", FAULTS, fault) }),
  };
}

function drillOf({ mode, drill, at }: Named): Partial<DrillCell> {
  return {
    ...(mode !== undefined && { mode: oneOf("mode", MODES, mode) }),
    ...(drill !== undefined && { drill: oneOf("drill", DRILLS, drill) }),
    ...(at !== undefined && { at: oneOf("at", MOMENTS, at) }),
  };
}
