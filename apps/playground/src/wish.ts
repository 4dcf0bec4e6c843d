/** What a request to the API asks to be played with: the switches of the page, in its query. */

export const PROTECTIONS = ["oncekey", "lock", "off"] as const;
export const EFFECTS = ["unrepeatable", "repeatable"] as const;
export const DUPLICATES = ["wait", "tell", "refuse"] as const;

export interface Wish {
  /** `lock`: the deck's lock alone. */
  readonly protection: (typeof PROTECTIONS)[number];
  readonly effects: (typeof EFFECTS)[number];
  /** Wait for the answer, be told at once that it runs, or be refused for good as on the slide. */
  readonly duplicates: (typeof DUPLICATES)[number];
}

/** What is not said, or not known, is the first of its kind: the safe one. */
export function wishOf(query: URLSearchParams): Wish {
  const one = <T extends string>(name: string, words: readonly [T, ...T[]]): T =>
    words.find((word) => word === query.get(name)) ?? words[0];
  return {
    protection: one("protection", PROTECTIONS),
    effects: one("effects", EFFECTS),
    duplicates: one("duplicates", DUPLICATES),
  };
}
