/** What the model is asked: that each promise holds, that each mutant breaks one, and the limits. */

export type Mode = "unrepeatable" | "repeatable" | "deduplicated" | "transactional";

/** A `G` is an assertion. An `LTL_` is said of the whole future, once the faults have stopped. */
export type Property =
  | "G1"
  | "G2"
  | "G3"
  | "G5"
  | "G6"
  | "G8"
  | "G10"
  | "LTL_G2"
  | "LTL_G7"
  | "LTL_G8";

export interface Exploration {
  readonly mode: Mode;
  readonly workers: number;
  readonly properties: readonly Property[];
  /** What is made wrong, or assumed no longer: a name of `record.pml`. */
  readonly change?: string;
}

/** One that must end in a counterexample, and in words what it stands for. */
export interface Expected {
  readonly change: string;
  readonly says: string;
  /** Which property it breaks, and in which modes. */
  readonly breaks: readonly (readonly [Mode, Property])[];
}

export const MODES: readonly Mode[] = [
  "unrepeatable",
  "repeatable",
  "deduplicated",
  "transactional",
];

const AT_MOST_ONCE: readonly Mode[] = ["unrepeatable", "deduplicated", "transactional"];

/** Everything that may be asserted of a mode, in one search. */
export function safety(mode: Mode, workers: number): Exploration {
  const common: readonly Property[] = ["G2", "G3", "G5", "G6", "G10"];
  const once: readonly Property[] = AT_MOST_ONCE.includes(mode) ? ["G1"] : [];
  const doubt: readonly Property[] = mode === "unrepeatable" ? ["G8"] : [];
  return { mode, workers, properties: [...once, ...common, ...doubt] };
}

/** A search each: Spin follows one promise about the future at a time. */
export function liveness(mode: Mode, workers: number): readonly Exploration[] {
  const doubt: readonly Property[] = mode === "unrepeatable" ? ["LTL_G8"] : [];
  const properties: readonly Property[] = ["LTL_G2", "LTL_G7", ...doubt];
  return properties.map((property) => ({ mode, workers, properties: [property] }));
}

export const MUTANTS: readonly Expected[] = [
  {
    change: "MUTANT_COMPLETE_UNFENCED",
    says: "no fence on complete",
    breaks: [
      ["unrepeatable", "G3"],
      ["repeatable", "G3"],
      ["deduplicated", "G3"],
      ["transactional", "G3"],
    ],
  },
  {
    change: "MUTANT_LOSER_ANSWERS",
    says: "the loser answers with its own result",
    breaks: [
      ["unrepeatable", "G3"],
      ["repeatable", "G3"],
      ["deduplicated", "G3"],
      ["transactional", "G3"],
    ],
  },
  {
    change: "MUTANT_CLAIM_UNCONDITIONAL",
    says: "claim without a condition: read, then write",
    breaks: [
      ["unrepeatable", "G1"],
      ["transactional", "G1"],
    ],
  },
  {
    change: "MUTANT_TOKEN_RESTARTS",
    says: "the count of tokens restarts after a release",
    breaks: [
      ["unrepeatable", "G1"],
      ["repeatable", "G10"],
      ["transactional", "G3"],
    ],
  },
  {
    change: "MUTANT_DOUBT_IS_FOLLOWED",
    says: "a record in doubt is followed",
    breaks: [["unrepeatable", "G1"]],
  },
  {
    change: "MUTANT_RENEW_UNFENCED",
    says: "renew after the end, by an owner that is fenced out",
    breaks: [
      ["unrepeatable", "G10"],
      ["repeatable", "G10"],
      ["transactional", "G10"],
    ],
  },
  {
    change: "MUTANT_DROPPED_WITH_LEASE",
    says: "the record is dropped when its lease ends",
    breaks: [
      ["unrepeatable", "G1"],
      ["unrepeatable", "G8"],
    ],
  },
  {
    change: "MUTANT_RESOLVE_KEEPS_TOKEN",
    says: "resolve without a new token",
    breaks: [["unrepeatable", "G3"]],
  },
  {
    change: "MUTANT_FORGETS_UNDOUBTED",
    says: "what did not happen is forgotten, though it is in doubt no longer",
    breaks: [["unrepeatable", "G10"]],
  },
  {
    change: "MUTANT_RELEASE_UNFENCED",
    says: "no fence on release",
    breaks: [
      ["unrepeatable", "G1"],
      ["deduplicated", "G10"],
    ],
  },
  {
    change: "MUTANT_CATCH_AND_RELEASE",
    says: "a handler that throws is released, whatever it did",
    breaks: [["unrepeatable", "G1"]],
  },
  {
    change: "MUTANT_FINGERPRINT_SKIPPED",
    says: "the fingerprint is not compared",
    breaks: [["repeatable", "G5"]],
  },
  {
    change: "MUTANT_ANSWERS_EARLY",
    says: "an answer before its record",
    breaks: [["unrepeatable", "G6"]],
  },
  {
    change: "MUTANT_DOUBT_EXPIRES",
    says: "a record in doubt expires",
    breaks: [["unrepeatable", "G8"]],
  },
  {
    change: "MUTANT_DERIVES_FROM_TOKEN",
    says: "each attempt derives a key of its own",
    breaks: [["deduplicated", "G1"]],
  },
  {
    change: "MUTANT_WAITS_FOR_NEWS",
    says: "a waiter does not ask again unless it is woken",
    breaks: [["repeatable", "LTL_G2"]],
  },
  {
    change: "MUTANT_LEASE_NEVER_ENDS",
    says: "a lease has no end but its owner's",
    breaks: [["repeatable", "LTL_G7"]],
  },
  {
    change: "MUTANT_DOUBT_IS_HIDDEN",
    says: "nobody is shown what is in doubt",
    breaks: [["unrepeatable", "LTL_G8"]],
  },
];

/** The bold cells of the fault matrix: documented, so that they must be reached. */
export const LIMITS: readonly Expected[] = [
  {
    change: "LIMIT_KILLED",
    says: "killed after the effect: the follower repeats it",
    breaks: [["repeatable", "G1"]],
  },
  {
    change: "LIMIT_STOPPED",
    says: "stopped for longer than the lease: both owners act",
    breaks: [["repeatable", "G1"]],
  },
  {
    change: "LIMIT_FAILOVER",
    says: "a failover loses an acknowledged record",
    breaks: [
      ["unrepeatable", "G1"],
      ["repeatable", "G1"],
    ],
  },
  {
    change: "LIMIT_RETENTION",
    says: "a retry later than the retention runs again",
    breaks: [
      ["unrepeatable", "G1"],
      ["repeatable", "G1"],
      ["transactional", "G1"],
    ],
  },
  {
    change: "LIMIT_HASTY",
    says: "somebody says that it did not happen while the owner may still act",
    breaks: [["unrepeatable", "G1"]],
  },
];

/** Where a limit of one mode is none of another: the cell beside the bold one. */
export const SPARED: readonly Omit<Exploration, "workers">[] = [
  { change: "LIMIT_FAILOVER", mode: "deduplicated", properties: ["G1"] },
  { change: "LIMIT_FAILOVER", mode: "transactional", properties: ["G1"] },
  { change: "LIMIT_RETENTION", mode: "deduplicated", properties: ["G1"] },
];
