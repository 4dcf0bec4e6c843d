/**
 * The bugs that others have shipped, by the numbers of our list of them, and what became of each.
 *
 * A bug is seeded into a copy of our sources by the mutants that quote its number. Where it cannot
 * be, because we have no such line to get wrong, `not` says why, and what watches over it instead.
 */
export interface Bug {
  readonly number: number;
  readonly what: string;
  readonly not?: string;
}

export const BUGS: readonly Bug[] = [
  { number: 1, what: "find, then create: two find nothing, and both create" },
];
