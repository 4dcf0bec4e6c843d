/** JSON to be drawn: values with all that is nasty in them, ways to spell them, and damage. */
import * as fc from "fast-check";
import type { Random } from "../simulator/random.ts";

/** A value before it is spelled. Members may have one name twice, strings half a character. */
export type Model =
  | { readonly kind: "word"; readonly text: string }
  /** Spellings of one decimal. */
  | { readonly kind: "number"; readonly spellings: readonly string[] }
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "array"; readonly elements: readonly Model[] }
  | { readonly kind: "object"; readonly members: readonly (readonly [string, Model])[] }
  | { readonly kind: "nest"; readonly levels: number; readonly inner: Model };

const NUMBERS: readonly (readonly string[])[] = [
  ["0", "-0", "0.0", "0e5", "-0.00E-7", "0e9999999999999999999"],
  ["1", "1.0", "1e0", "10e-1", "0.1E+1", "1.000e00"],
  ["-1", "-1.0", "-10E-01"],
  ["100", "1e2", "1E+02", "100.00", "0.1e3"],
  ["0.1", "1e-1", "0.10", "10e-2"],
  ["0.10000000000000001", "10000000000000001e-17"],
  ["9007199254740992", "9007199254740992.0", "9.007199254740992e15"],
  ["9007199254740993", "9007199254740993e0"],
  ["1e400", "10e399", "1E+400"],
  ["1e401"],
  ["1e-400", "0.1e-399"],
  ["1e999999999999999", "10e999999999999998"],
  ["1e9999999999999999", "10e9999999999999998"],
  [`1${"0".repeat(40)}`, "1e40"],
  [`1${"0".repeat(39)}1`],
];
const STRINGS = [
  ...["", "a", "b", "A", "\u00e9", "e\u0301", "/", '"', "\\", "\n", "\u0000", "\u007f", "\u2028"],
  ...["\u{1f4b6}", "__proto__", "constructor", "0", "1", "\ud800", "\udc00a", "\ufffd", "\ufeff"],
];

const text = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...STRINGS) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 4 }) },
);
const leaf: fc.Arbitrary<Model> = fc.oneof(
  fc.constantFrom("null", "true", "false").map((word): Model => ({ kind: "word", text: word })),
  fc.constantFrom(...NUMBERS).map((spellings): Model => ({ kind: "number", spellings })),
  text.map((string): Model => ({ kind: "string", text: string })),
);

const { value } = fc.letrec<{ value: Model }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc
      .array(tie("value"), { maxLength: 3 })
      .map((elements): Model => ({ kind: "array", elements })),
    fc
      .array(fc.tuple(text, tie("value")), { maxLength: 4 })
      .map((members): Model => ({ kind: "object", members })),
  ),
}));

const nested: fc.Arbitrary<Model> = fc
  .record({ levels: fc.constantFrom(98, 99, 100, 101, 102, 5_000), inner: leaf })
  .map(({ levels, inner }) => ({ kind: "nest", levels, inner }));

export const model: fc.Arbitrary<Model> = fc.oneof(
  { weight: 8, arbitrary: value },
  { weight: 1, arbitrary: nested },
);

/** One of the ways to write a value. */
export function render(value: Model, random: Random): string {
  const space = () => random.pick(["", "", "", " ", "\n", "\t", "\r\n  "]);
  const inner = (each: Model) => `${space()}${render(each, random)}${space()}`;
  switch (value.kind) {
    case "word":
      return value.text;
    case "number":
      return random.pick(value.spellings);
    case "string":
      return spelled(value.text, random);
    case "array":
      return `[${value.elements.map(inner).join()}${space()}]`;
    case "object":
      return `{${shuffled(value.members, random)
        .map(([name, each]) => `${space()}${spelled(name, random)}${space()}:${inner(each)}`)
        .join()}${space()}}`;
    case "nest":
      return `${"[".repeat(value.levels)}${inner(value.inner)}${"]".repeat(value.levels)}`;
  }
}

/** Members of one name keep their order: to put them in another is to mean something else. */
function shuffled<Member extends readonly [string, Model]>(
  members: readonly Member[],
  random: Random,
): Member[] {
  const names = new Set(members.map(([name]) => name));
  const out = [...members];
  if (names.size < members.length) return out;
  for (let at = out.length - 1; at > 0; at--) {
    const other = random.between(0, at);
    const [here, there] = [out[at], out[other]];
    if (here === undefined || there === undefined) continue;
    out[at] = there;
    out[other] = here;
  }
  return out;
}

const SHORT: Readonly<Record<string, string>> = {
  ...{ '"': '\\"', "\\": "\\\\", "/": "\\/", "\n": "\\n", "\r": "\\r", "\t": "\\t" },
  ...{ "\b": "\\b", "\f": "\\f" },
};

function spelled(text: string, random: Random): string {
  let out = "";
  for (const character of text) {
    const mustBeEscaped = character < " " || character === '"' || character === "\\";
    const isHalf = /^[\ud800-\udfff]$/.test(character);
    const short = SHORT[character];
    if (short !== undefined && random.chance(0.5)) out += short;
    else if (mustBeEscaped || isHalf || random.chance(0.2)) out += escaped(character, random);
    else out += character;
  }
  return `"${out}"`;
}

function escaped(character: string, random: Random): string {
  return Array.from({ length: character.length }, (_, at) => {
    const digits = character.charCodeAt(at).toString(16).padStart(4, "0");
    return `\\u${random.chance(0.5) ? digits.toUpperCase() : digits}`;
  }).join("");
}

const BITS = [
  '"',
  "\\",
  ",",
  ":",
  "[",
  "]",
  "{",
  "}",
  "0",
  "1",
  "e",
  "-",
  ".",
  " ",
  "\u0000",
  "\u00ff",
];

/** Bytes in, bytes out: a character for each. */
export function damaged(document: string, random: Random): string {
  const at = random.between(0, document.length);
  const [before, after] = [document.slice(0, at), document.slice(at)];
  const end = random.between(0, after.length);
  return random.pick([
    () => before,
    () => before + after.slice(1),
    () => before + random.pick(BITS) + after,
    () => before + random.pick(BITS) + after.slice(1),
    () => before + after.slice(0, end) + after,
    () => `\u00ef\u00bb\u00bf${document}`,
    () => `${document} `,
    () => before + String.fromCharCode(random.between(0, 255)) + after.slice(1),
  ])();
}
