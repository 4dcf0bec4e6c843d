/**
 * The oracle of JSON: what a document means, by P-40 to P-43. The platform's parser says whether it
 * is JSON; its tokens, put down again in one order and one spelling, say what it means.
 */

export type Meaning =
  | { readonly kind: "value"; readonly text: string }
  /** Only the bytes can be compared. */
  | { readonly kind: "doubtful"; readonly why: Doubt };

export const DOUBTS = [
  ...(["not UTF-8", "not JSON", "nested too deep", "a repeated member"] as const),
  ...(["half a character", "an exponent beyond counting"] as const),
] as const;
export type Doubt = (typeof DOUBTS)[number];

const LEVELS_MAX = 100;
const EXPONENT_DIGITS_MAX = 15;

class Doubtful extends Error {
  readonly why: Doubt;
  constructor(why: Doubt) {
    super(why);
    this.why = why;
  }
}

const TOKEN = /[{}[\],:]|"(?:[^"\\]|\\.)*"|[^{}[\],:"\s]+/gs;

export function meaningOf(bytes: Uint8Array): Meaning {
  try {
    const text = decoded(bytes);
    const tokens = text.match(TOKEN) ?? [];
    // Before anything that calls itself for each level.
    if (depthOf(tokens) > LEVELS_MAX)
      throw new Doubtful(isJson(text) ? "nested too deep" : "not JSON");
    if (!isJson(text)) throw new Doubtful("not JSON");
    return { kind: "value", text: textOf(tokens.values()) };
  } catch (error) {
    if (error instanceof Doubtful) return { kind: "doubtful", why: error.why };
    throw error;
  }
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Doubtful("not UTF-8");
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function depthOf(tokens: readonly string[]): number {
  let depth = 0;
  let most = 0;
  for (const token of tokens) {
    if (token === "{" || token === "[") most = Math.max(most, ++depth);
    if (token === "}" || token === "]") depth--;
  }
  return most;
}

/** Of tokens that are known to be JSON. */
function textOf(tokens: Iterator<string>, first: string = taken(tokens)): string {
  if (first === "[") return `[${elementsOf(tokens).join()}]`;
  if (first === "{") return `{${membersOf(tokens).join()}}`;
  if (first.startsWith('"')) return stringOf(first);
  return /^[tfn]/.test(first) ? first : decimalOf(first);
}

const taken = (tokens: Iterator<string>): string => String(tokens.next().value);

function elementsOf(tokens: Iterator<string>): string[] {
  const elements: string[] = [];
  for (let token = taken(tokens); token !== "]"; token = taken(tokens)) {
    if (token !== ",") elements.push(textOf(tokens, token));
  }
  return elements;
}

function membersOf(tokens: Iterator<string>): string[] {
  const members = new Map<string, string>();
  for (let token = taken(tokens); token !== "}"; token = taken(tokens)) {
    if (token === ",") continue;
    const name = stringOf(token);
    // The colon.
    tokens.next();
    const value = textOf(tokens);
    if (members.has(name)) throw new Doubtful("a repeated member");
    members.set(name, value);
  }
  return [...members].map(([name, value]) => `${name}:${value}`).sort();
}

function stringOf(token: string): string {
  const text: string = JSON.parse(token);
  if (Buffer.from(text).toString() !== text) throw new Doubtful("half a character");
  // Each character by its number: no spelling is left.
  return `"${[...text].map((character) => character.codePointAt(0)?.toString(16)).join(".")}"`;
}

function decimalOf(token: string): string {
  const [, sign = "", whole = "", fraction = "", power = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(token) ?? [];
  let digits = BigInt(whole + fraction);
  if (digits === 0n) return "0";
  if (power.replace(/^[+-]?0*/, "").length > EXPONENT_DIGITS_MAX) {
    throw new Doubtful("an exponent beyond counting");
  }
  let exponent = BigInt(power) - BigInt(fraction.length);
  while (digits % 10n === 0n) {
    digits /= 10n;
    exponent += 1n;
  }
  return `${sign}${digits}e${exponent}`;
}
