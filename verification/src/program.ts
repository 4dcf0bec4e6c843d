/** What each program of `npm run verify` is to whoever runs it, and to the page that tells of it. */

export interface Program {
  /** Stands behind `--only`. */
  readonly name: string;
  /**
   * `args` are what stands behind its name on the command line. All understand `--sample`, which is
   * what `npm test` has time for, and `--help`.
   */
  run(args: readonly string[]): Promise<Outcome>;
}

export interface Outcome {
  /** No promise was broken, and everything was seen that a run has to see. */
  readonly holds: boolean;
  /** What was done, with its figures, in one sentence: "352 cells, 1,408 rounds, 0 violations". */
  readonly summary: string;
  /** What the page says of this run, in Markdown. Headings within begin at the third level. */
  readonly sections: readonly Section[];
  /** Sentences of what can go wrong although all is as it should be; the page has them in bold. */
  readonly limits: readonly string[];
}

export interface Section {
  readonly title: string;
  readonly text: string;
}

/** Only help was asked for. */
export const NOTHING_DONE: Outcome = { holds: true, summary: "", sections: [], limits: [] };
