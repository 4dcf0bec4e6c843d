/** What a request to the API asks to be played with: the switches of the page, in its query. */

export const PROTECTIONS = ["oncekey", "lock", "off"] as const;
export const EFFECTS = ["unrepeatable", "repeatable", "transactional"] as const;
export const DUPLICATES = ["wait", "tell", "refuse"] as const;
export const DEDUPS = ["api", "gateway"] as const;

export interface Wish {
  /** `lock`: the deck's lock alone. */
  readonly protection: (typeof PROTECTIONS)[number];
  readonly effects: (typeof EFFECTS)[number];
  /** Wait for the answer, be told at once that it runs, or be refused for good as on the slide. */
  readonly duplicates: (typeof DUPLICATES)[number];
  /** Whether the guard, and with it the record, is the API processes' or a gateway's before them. */
  readonly dedup: (typeof DEDUPS)[number];
}

/** What is not said, or not known, is the first of its kind: the safe one. */
export function wishOf(query: URLSearchParams): Wish {
  const one = <T extends string>(name: string, words: readonly [T, ...T[]]): T =>
    words.find((word) => word === query.get(name)) ?? words[0];
  const dedup = one("dedup", DEDUPS);
  const effects = one("effects", EFFECTS);
  return {
    protection: one("protection", PROTECTIONS),
    // What the API writes is in no transaction of the gateway's.
    effects: dedup === "gateway" && effects === "transactional" ? "unrepeatable" : effects,
    duplicates: one("duplicates", DUPLICATES),
    dedup,
  };
}

/** Whether the orders go through the gateway. The lock and no protection at all are the API's. */
export const isGated = ({ protection, dedup }: Wish): boolean =>
  protection === "oncekey" && dedup === "gateway";

/** The kinds of effects that a gateway knows. */
export const GATED_EFFECTS = ["unrepeatable", "repeatable"] as const;

/** How the gateway's port is called that orders with these switches go to. */
export const gateOf = ({ effects, duplicates }: Pick<Wish, "effects" | "duplicates">): string =>
  `${effects} ${duplicates}`;
