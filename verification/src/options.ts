/** What the programs take from a command line, and what they say of what they cannot. */

export function numberOf(option: string, text: string): number {
  const number = Number(text);
  if (text !== "" && Number.isSafeInteger(number) && number >= 0) return number;
  throw new TypeError(`Expected \`--${option}\` to be a whole number, got "${text}".`);
}

export function oneOf<Word extends string>(
  option: string,
  words: readonly Word[],
  given: string,
): Word {
  const word = words.find((each) => each === given);
  if (word !== undefined) return word;
  throw new TypeError(`Expected \`--${option}\` to be one of ${words.join(", ")}, got "${given}".`);
}
