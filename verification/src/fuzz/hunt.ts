/** Plays a target: its corpus, what is drawn for it, and its mutants, each of which must be found. */
import { setTimeout as pause } from "node:timers/promises";
import { type Arbitrary, asyncProperty, check } from "fast-check";
import type { Definition, Entry } from "./target.ts";

/** A target whatever its inputs are. */
export interface Target {
  readonly name: string;
  readonly inputs: string;
  readonly sample: number;
  hunt(limits: Limits): Promise<Hunt>;
}

export interface Limits {
  readonly seed: number;
  readonly runs: number;
  /** Ends after so many, if that is earlier; each mutant has as many of its own. */
  readonly seconds?: number | undefined;
  readonly corpus: readonly Entry<unknown>[];
}

/** What came of it. */
export interface Hunt {
  readonly target: string;
  readonly inputs: string;
  readonly runs: number;
  readonly known: number;
  /** How often each class was seen. */
  readonly seen: Readonly<Record<string, number>>;
  readonly unseen: readonly string[];
  readonly failures: readonly Failure[];
  readonly found: readonly string[];
  readonly survivors: readonly string[];
}

export interface Failure {
  readonly input: unknown;
  readonly says: string;
  /** Why it is in the corpus; undefined where it was drawn. */
  readonly why?: string;
}

/** One input takes milliseconds: whoever needs so long waits for what never comes. */
const PLAY_MS_MAX = 10_000;

export function createTarget<Input, Subject>(definition: Definition<Input, Subject>): Target {
  const { name, inputs, sample, classes, sound, mutants, play } = definition;
  const playOn = (subject: Subject) => (input: Input) => bounded(play(input, subject));

  async function failuresOfCorpus(
    corpus: readonly Entry<Input>[],
    subject: Subject,
    see: (found: readonly string[]) => void,
  ): Promise<readonly Failure[]> {
    const failures: Failure[] = [];
    for (const { why, input } of corpus) {
      try {
        see(await playOn(subject)(input));
      } catch (error) {
        failures.push({ input, why, says: saidBy(error) });
      }
    }
    return failures;
  }

  return {
    name,
    inputs,
    sample,
    async hunt({ seed, runs, seconds, corpus }) {
      const known = corpus as readonly Entry<Input>[];
      const seen: Record<string, number> = Object.fromEntries(classes.map((each) => [each, 0]));
      const see = (found: readonly string[]) => {
        for (const each of found) seen[each] = (seen[each] ?? 0) + 1;
      };
      const failures = [...(await failuresOfCorpus(known, sound, see))];
      const drawing = { arbitrary: definition.input, seed, runs, seconds };
      const drawn = await draw(drawing, async (input) => see(await playOn(sound)(input)));
      if (drawn.failure !== undefined) failures.push(drawn.failure);

      const found: string[] = [];
      const survivors: string[] = [];
      for (const [mutant, subject] of Object.entries(mutants)) {
        // What it says is of no interest, so nothing is made small.
        const fails =
          (await failuresOfCorpus(known, subject, () => {})).length > 0 ||
          (await draw({ ...drawing, isBrief: true }, playOn(subject))).failure !== undefined;
        (fails ? found : survivors).push(mutant);
      }
      const unseen = classes.filter((each) => seen[each] === 0);
      const counted = { runs: drawn.runs, known: known.length, seen, unseen };
      return { target: name, inputs, ...counted, failures, found, survivors };
    },
  };
}

interface Drawing<Input> {
  readonly arbitrary: Arbitrary<Input>;
  readonly seed: number;
  readonly runs: number;
  readonly seconds: number | undefined;
  /** Ends with the first failure, as it is. */
  readonly isBrief?: boolean;
}

/** The smallest input that fails, if one does. */
async function draw<Input>(
  { arbitrary, seed, runs, seconds, isBrief = false }: Drawing<Input>,
  play: (input: Input) => Promise<unknown>,
): Promise<{ runs: number; failure?: Failure }> {
  const details = await check(
    asyncProperty(arbitrary, async (input) => {
      await play(input);
    }),
    {
      ...{ seed, numRuns: runs, endOnFailure: isBrief },
      ...(seconds !== undefined && {
        ...{ interruptAfterTimeLimit: seconds * 1_000, markInterruptAsFailure: false },
      }),
    },
  );
  if (!details.failed || details.counterexample === null) return { runs: details.numRuns };
  const [input] = details.counterexample;
  return { runs: details.numRuns, failure: { input, says: saidBy(details.errorInstance) } };
}

/** Fails where the play never ends, and where something is thrown that nobody catches. */
async function bounded(play: Promise<readonly string[]>): Promise<readonly string[]> {
  const ending = new AbortController();
  const late = pause(PLAY_MS_MAX, undefined, { signal: ending.signal }).then(() => {
    throw new Error(`There was no answer within ${PLAY_MS_MAX} ms.`);
  });
  let fail: (error: unknown) => void = () => {};
  const uncaught = new Promise<never>((_, reject) => {
    fail = reject;
  });
  process.on("uncaughtException", fail);
  try {
    return await Promise.race([play, late, uncaught]);
  } finally {
    process.off("uncaughtException", fail);
    ending.abort();
    late.catch(() => {});
  }
}

const saidBy = (error: unknown): string => (error instanceof Error ? error.message : String(error));
