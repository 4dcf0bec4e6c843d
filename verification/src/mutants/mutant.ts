/** One mistake, as somebody could make it in the sources, and who has to notice it. */

export interface Mutant {
  /** What is wrong, as it would be said of a library that has it. */
  readonly name: string;
  /** Among the sources of the library, such as `core/verdict.ts`. */
  readonly file: `${string}.ts`;
  /** Stands there exactly once. */
  readonly from: string;
  readonly to: string;
  readonly killer: Suite;
  /** The numbers of the bugs in `bugs.ts` that it stands for. */
  readonly bugs?: readonly number[];
}

/** A file of tests, or some of them. */
export interface Suite {
  /** Without its ending: `oncekey/core/engine`, or `verification/simulator`. */
  readonly tests: string;
  /** A regular expression for their names; all of them if absent. */
  readonly named?: string;
}

/** What came of running the tests over a mutant. */
export type Verdict =
  /** `by` is the name of the first test that failed. */
  | { readonly kind: "killed"; readonly by: string }
  | { readonly kind: "survived"; readonly tests: number }
  /** It was never tried: the line is gone, or the result is no program. */
  | { readonly kind: "untried"; readonly why: string };

/** Which sentence of the sources is another one now. Throws if it is not there exactly once. */
export function mutated(source: string, { from, to, file }: Mutant): string {
  const [before = "", after = ""] = source.split(from);
  const times = source.split(from).length - 1;
  if (times !== 1) throw new Error(`${file} has the text of the mutant ${times} times`);
  return before + to + after;
}

export const nameOf = ({ tests, named }: Suite): string =>
  named === undefined ? tests : `${tests}: ${named}`;
