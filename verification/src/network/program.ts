/** `npm run verify -- --only network`: which cells are played, and how it is told. */
import { parseArgs } from "node:util";
import { numberOf, oneOf } from "../options.ts";
import { NOTHING_DONE, type Outcome, type Program } from "../program.ts";
import {
  FAULTS,
  MODES,
  PLACES,
  REACHES,
  type Selection,
  SIDES,
  STEPS,
  STORES,
  type Step,
} from "./cell.ts";
import { type CellResult, sweep } from "./network.ts";
import { sectionsOf } from "./sections.ts";
import { playSilences, SILENCES, type SilenceResult } from "./silence.ts";
import { unseenOf } from "./unseen.ts";

/** Another one plays other keys, other amounts, and another sample. */
const SEED = 1;

const USAGE = `Options of the network sweep:
  --store S    ${STORES.join(", ")}
  --mode M     ${MODES.join(", ")}
  --step P     ${STEPS.join(", ")}
  --side D     ${SIDES.join(", ")}: to the store, or back
  --at B       ${PLACES.join(", ")}: of the message's bytes, how many pass
  --fault F    ${FAULTS.join(", ")}
  --reach R    ${REACHES.join(", ")}: what is hit
  --seed N     ${SEED} unless told
  --rounds N   for each cell
  --lanes N    rounds at one time on each store
  --sample     a share of the cells of each step
  --silence N  ${SILENCES.map(({ name }) => name).join(", ")}: what drivers do as they come;
               all of them where no cell is named`;

export const network: Program = { name: "network", run };

async function run(args: readonly string[]): Promise<Outcome> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      store: { type: "string" },
      mode: { type: "string" },
      step: { type: "string" },
      side: { type: "string" },
      at: { type: "string" },
      fault: { type: "string" },
      reach: { type: "string" },
      seed: { type: "string", default: String(SEED) },
      rounds: { type: "string" },
      lanes: { type: "string" },
      silence: { type: "string" },
      sample: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return NOTHING_DONE;
  }
  const selection = selectionOf(values);
  const seed = numberOf("seed", values.seed);
  const options = {
    ...{ selection, seed, sample: values.sample },
    ...(values.rounds !== undefined && { rounds: numberOf("rounds", values.rounds) }),
    ...(values.lanes !== undefined && { lanes: numberOf("lanes", values.lanes) }),
  };
  const { silence } = values;
  const isWhole = Object.keys(selection).length === 0 && silence === undefined;
  const wanted = SILENCES.filter(({ name }) => isWhole || name === silence);
  if (silence !== undefined && wanted.length === 0) {
    oneOf(
      "silence",
      SILENCES.map(({ name }) => name),
      silence,
    );
  }
  const [cells, silences] = await Promise.all([
    silence === undefined
      ? sweep({ ...options, onCell: (cell) => console.log(lineOf(cell)) })
      : Promise.resolve([]),
    playSilences(wanted, (result) => console.log(silenceLineOf(result))),
  ]);
  const unseen = isWhole ? unseenOf(cells) : [];
  for (const what of unseen) console.log(`✗ never seen: ${what}`);
  return outcomeOf(cells, silences, unseen, seed);
}

function outcomeOf(
  cells: readonly CellResult[],
  silences: readonly SilenceResult[],
  unseen: readonly string[],
  seed: number,
): Outcome {
  const all = [...cells, ...silences].flatMap((each) => each.violations);
  const rounds = cells.reduce((sum, cell) => sum + cell.rounds, 0);
  const summary = [
    ...[`${cells.length} cells`, `${rounds} rounds`, `${all.length} violations`],
    ...(silences.length > 0 ? [`${silences.length} silences`] : []),
    `seed ${seed}`,
  ].join(", ");
  const seen = cells.filter(({ limit }) => limit === "seen");
  return {
    holds: all.length === 0 && unseen.length === 0,
    summary,
    sections: sectionsOf({ cells, silences, seed }),
    limits: [
      ...(seen.length > 0 ? [TWICE] : []),
      ...silences.filter(({ isSeen }) => isSeen).map(({ says }) => says),
    ],
  };
}

const TWICE =
  "A repeatable effect happens twice where its completion cannot reach the store for longer than a lease, " +
  "unless downstream honours the derived key.";

type Named = Readonly<Partial<Record<keyof Selection, string | undefined>>>;

function selectionOf(named: Named): Selection {
  const words = {
    ...{ store: STORES, mode: MODES, step: STEPS as readonly Step[], side: SIDES },
    ...{ at: PLACES, fault: FAULTS, reach: REACHES },
  };
  const selected: Record<string, string> = {};
  for (const [option, list] of Object.entries(words)) {
    const given = named[option as keyof Selection];
    if (given !== undefined) selected[option] = oneOf(option, list, given);
  }
  return selected as Selection;
}

/** One row of what a run prints. */
function lineOf(cell: CellResult): string {
  const { store, mode, step, side, at, fault, reach, disturbed, limit, violations } = cell;
  const name = [
    ...[store.padEnd(8), mode.padEnd(13), step.padEnd(8), side.padEnd(7), at.padEnd(6)],
    ...[fault.padEnd(5), reach.padEnd(10)],
  ];
  const counted = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts).map(([what, times]) => `${times}×${what}`);
  const figures = [`effects ${counted(cell.effects)}`, `told ${counted(cell.told).join(", ")}`];
  const notes = [
    ...(limit === "seen" ? ["limit reproduced"] : []),
    ...(disturbed > 0 ? [`${disturbed} disturbed`] : []),
  ];
  const again = `\n  again: ${cell.command}`;
  const verdict = violations.length === 0 ? "held" : `✗\n  ${violations.join("\n  ")}${again}`;
  return [...name, ...figures, ...notes, verdict].join("  ");
}

function silenceLineOf({ name, told, effects, isSeen, violations }: SilenceResult): string {
  const figures = Object.entries(told).map(([what, times]) => `${times}×${what}`);
  const again = `npm run verify -- --only network --silence ${name}`;
  const verdict =
    violations.length === 0 ? "held" : `✗\n  ${violations.join("\n  ")}\n  again: ${again}`;
  const note = isSeen ? "limit reproduced" : "limit not reproduced";
  return [
    `silence ${name.padEnd(18)}`,
    `told ${figures}`,
    `effects ${effects}`,
    note,
    verdict,
  ].join("  ");
}
