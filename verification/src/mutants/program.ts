/**
 * `npm run verify -- --only mutants`: whether the tests would notice.
 *
 * A suite that passes says little before it is known to fail. Each mistake is made in a copy of
 * the sources, and the suite named for it has to find it; the same suite has to pass without.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { table } from "../markdown.ts";
import { NOTHING_DONE, type Outcome, type Program } from "../program.ts";
import { type Bench, openBench } from "./bench.ts";
import { BUGS } from "./bugs.ts";
import { type Mutant, nameOf, type Suite, type Verdict } from "./mutant.ts";
import { MUTANTS } from "./seeded.ts";

/** So many are tried in a sample, spread over all of them. */
const SAMPLE = 16;

const USAGE = `Options of the mutants:
  --named TEXT   those whose name has the text
  --bug N        those that stand for bug N of the list
  --sample       ${SAMPLE} of them`;

export interface Tried {
  readonly mutant: Mutant;
  readonly verdict: Verdict;
}

export const mutants: Program = {
  name: "mutants",
  async run(args) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        named: { type: "string" },
        bug: { type: "string" },
        sample: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      console.log(USAGE);
      return NOTHING_DONE;
    }
    const chosen = MUTANTS.filter(
      ({ name, bugs = [] }) =>
        name.includes(values.named ?? "") &&
        (values.bug === undefined || bugs.includes(Number(values.bug))),
    );
    if (chosen.length === 0) throw new TypeError("There is no such mutant.");
    return outcomeOf(await tryAll(values.sample ? sampleOf(chosen) : chosen, tell));
  },
};

/** Every nth, so that each room of the sources has its share. */
function sampleOf(all: readonly Mutant[]): readonly Mutant[] {
  const step = Math.max(1, all.length / SAMPLE);
  return all.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
}

export async function tryAll(
  all: readonly Mutant[],
  onTried: (tried: Tried) => void = () => {},
): Promise<readonly Tried[]> {
  const suites = new Map<string, Suite>(all.map(({ killer }) => [nameOf(killer), killer]));
  const count = Math.min(all.length, availableParallelism());
  const benches = await Promise.all(Array.from({ length: count }, openBench));
  try {
    const unsound = new Map<string, string>();
    await shared(benches, [...suites], async (bench, [name, suite]) => {
      const verdict = await bench.try(suite);
      if (verdict.kind === "survived" && verdict.tests > 0) return;
      unsound.set(
        name,
        verdict.kind === "killed" ? `fails by itself: ${verdict.by}` : "runs no test",
      );
    });
    return await shared(benches, all, async (bench, mutant) => {
      const why = unsound.get(nameOf(mutant.killer));
      const verdict: Verdict =
        why === undefined
          ? await bench.try(mutant.killer, mutant)
          : { kind: "untried", why: `${nameOf(mutant.killer)} ${why}` };
      const result = { mutant, verdict };
      onTried(result);
      return result;
    });
  } finally {
    await Promise.all(benches.map((bench) => bench.close()));
  }
}

/** Each bench takes the next piece of work as soon as it is free. The results keep the order. */
async function shared<Work, Result>(
  benches: readonly Bench[],
  work: readonly Work[],
  run: (bench: Bench, work: Work) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const left = work.entries();
  await Promise.all(
    benches.map(async (bench) => {
      for (const [index, each] of left) results[index] = await run(bench, each);
    }),
  );
  return results;
}

function tell({ mutant, verdict }: Tried): void {
  const [word, why] = wordsOf(verdict);
  console.log(`${word}  ${mutant.file}: ${mutant.name}\n  ${nameOf(mutant.killer)}: ${why}`);
}

function wordsOf(verdict: Verdict): readonly [string, string] {
  switch (verdict.kind) {
    case "killed":
      return ["killed", verdict.by];
    case "survived":
      return ["✗ SURVIVED", `${verdict.tests} tests pass`];
    case "untried":
      return ["✗ NOT TRIED", verdict.why];
  }
}

function outcomeOf(all: readonly Tried[]): Outcome {
  const killed = all.filter(({ verdict }) => verdict.kind === "killed").length;
  const summary = `${killed} of ${all.length} mutants killed`;
  return {
    holds: killed === all.length,
    summary,
    sections: [
      { title: "What is made wrong is noticed", text: mutantsIn(all) },
      { title: "Bugs that others have shipped", text: bugsIn(all) },
    ],
    limits: [],
  };
}

function mutantsIn(all: readonly Tried[]): string {
  const rows = all.map(({ mutant, verdict }) => [
    `\`${mutant.file}\``,
    mutant.name,
    verdict.kind === "killed" ? `${nameOf(mutant.killer)}: ${verdict.by}` : `**✗ ${verdict.kind}**`,
  ]);
  return [
    "Each mistake is made in a copy of the sources, and the suite that is named for it has to fail.",
    table(
      ["source", "mistake", "noticed by"],
      rows.map((row) => row.map(escaped)),
    ),
  ].join("\n\n");
}

function bugsIn(all: readonly Tried[]): string {
  const rows = BUGS.map(({ number, what, not }) => {
    const found = all.filter(({ mutant }) => mutant.bugs?.includes(number));
    const names = found.map(({ mutant }) => `${mutant.name} (\`${mutant.file}\`)`);
    const killers = new Set(found.map(({ mutant }) => nameOf(mutant.killer)));
    const by = not === undefined ? [...killers].join("; ") : `not seeded: ${not}`;
    return [`${number}`, what, names.join("; "), by];
  });
  return [
    "The list of bugs that were found in other implementations, each put into a copy of ours.",
    table(
      ["", "bug", "seeded as", "found by"],
      rows.map((row) => row.map(escaped)),
    ),
  ].join("\n\n");
}

const escaped = (cell: string): string => cell.replaceAll("|", "\\|");
