/**
 * Checks options when something is made, so that a mistake is found at start and not by a user.
 *
 * Each says the option's name, what was expected and what was given. What was given is described,
 * never printed whole: a mistaken option may well hold a secret.
 */

const article = (word: string): string => (/^[aeiou]/.test(word) ? `an ${word}` : `a ${word}`);

function described(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value === "string")
    return value.length <= 40 ? JSON.stringify(value) : "a long string";
  if (Array.isArray(value)) return "an array";
  return article(typeof value);
}

/** Throws the `TypeError` that every wrong option ends in. */
export function refuse(option: string, expected: string, got: unknown): never {
  throw new TypeError(`Expected \`${option}\` to be ${expected}, got ${described(got)}.`);
}

/** Whole milliseconds, bytes or counts from `least` to `most`. */
export function checkInteger(option: string, value: unknown, least: number, most: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) {
    return value;
  }
  if (least === 1 && most >= Number.MAX_SAFE_INTEGER) refuse(option, "a positive integer", value);
  if (most >= Number.MAX_SAFE_INTEGER) refuse(option, `an integer of ${least} or more`, value);
  return refuse(option, `an integer from ${least} to ${most}`, value);
}

export function checkBoolean(option: string, value: unknown): boolean {
  return typeof value === "boolean" ? value : refuse(option, "true or false", value);
}

export function checkOneOf<const Word extends string>(
  option: string,
  value: unknown,
  words: readonly Word[],
): Word {
  const found = words.find((word) => word === value);
  return found ?? refuse(option, words.map((word) => JSON.stringify(word)).join(" or "), value);
}

export function checkFunction(option: string, value: unknown): void {
  if (typeof value !== "function") refuse(option, "a function", value);
}

/** A misspelt option must not be an option that is silently not set. */
export function checkNames(where: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `Expected the options of ${where} to be an object, got ${described(options)}.`,
    );
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const near = known.find((word) => word.toLowerCase() === name.toLowerCase());
    const mend = near === undefined ? `It knows ${known.join(", ")}.` : `Did you mean \`${near}\`?`;
    throw new TypeError(`${where} has no option \`${name}\`. ${mend}`);
  }
}

const VERBS = ["claim", "renew", "complete", "release", "resolve", "get"] as const;

/** A store is known by its verbs. A client that was handed over instead is the usual mistake. */
export function checkStore(store: unknown, effects: unknown): void {
  const verbs: readonly string[] = effects === "transactional" ? [...VERBS, "transaction"] : VERBS;
  const offered = store as Record<string, unknown> | null | undefined;
  const missing = verbs.filter((verb) => typeof offered?.[verb] !== "function");
  if (missing.length === 0) return;
  if (missing.length === 1 && missing[0] === "transaction") {
    throw new TypeError(
      'Expected `store` to offer transactions, since `effects` is "transactional": ' +
        "use postgresStore(pool), or sqliteStore(db, { transactions }).",
    );
  }
  refuse("store", "a store, such as memoryStore() or redisStore(client)", store);
}
