/**
 * One text for all JSON documents that mean the same, so that equal ones have equal digests.
 *
 * Our own parser over the text, because `JSON.parse` rounds large integers, and of two members
 * with one name keeps the last without a word. What is doubtful has no canonical text: then the
 * bytes are compared, which at worst refuses a retry and never answers for another request.
 */
import { canonicalDecimal } from "./decimal.ts";
import type { PointerTree } from "./json-pointer.ts";

/** Deeper than any request worth comparing by meaning, and far from the end of any stack. */
export const LEVELS_MAX = 100;

/** A member's name as a JSON string, and its value. Without a value it does not count. */
export type CanonicalMember = readonly [name: string, text: string | undefined];

interface Cursor {
  readonly text: string;
  at: number;
}

/** `ignoreBOM` keeps a byte order mark, which then is no JSON. */
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Members sorted by name, strings and numbers in one spelling each, and without what `ignore`
 * points to. `undefined` for repeated names, lone surrogates, more than 100 levels, exponents
 * beyond counting, and whatever is not JSON in UTF-8. Linear, but for the sorting.
 */
export function canonicalJson(bytes: Uint8Array, ignore?: PointerTree): string | undefined {
  const text = decoded(bytes);
  if (text === undefined) return undefined;
  const cursor = { text, at: 0 };
  const whole = readValue(cursor, 1, ignore);
  skipSpace(cursor);
  return cursor.at === text.length ? whole : undefined;
}

/** The members of an object, sorted. `undefined` when two have one name, counting or not. */
export function canonicalObject(members: CanonicalMember[]): string | undefined {
  members.sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
  let text = "";
  let last: string | undefined;
  for (const [name, value] of members) {
    if (name === last) return undefined;
    last = name;
    if (value !== undefined) text += `${text === "" ? "" : ","}${name}:${value}`;
  }
  return `{${text}}`;
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return undefined;
  }
}

type Reading = string | undefined;

function readValue(cursor: Cursor, level: number, ignore: PointerTree | undefined): Reading {
  skipSpace(cursor);
  switch (cursor.text[cursor.at]) {
    case "{":
      return level > LEVELS_MAX ? undefined : readObject(cursor, level, ignore);
    case "[":
      return level > LEVELS_MAX ? undefined : readArray(cursor, level, ignore);
    case '"':
      return readString(cursor);
    case "t":
      return readWord(cursor, "true");
    case "f":
      return readWord(cursor, "false");
    case "n":
      return readWord(cursor, "null");
    default:
      return readNumber(cursor);
  }
}

function readObject(cursor: Cursor, level: number, ignore: PointerTree | undefined): Reading {
  cursor.at++;
  if (skipped(cursor, "}")) return "{}";
  const members: CanonicalMember[] = [];
  do {
    skipSpace(cursor);
    const name = cursor.text[cursor.at] === '"' ? readString(cursor) : undefined;
    if (name === undefined || !skipped(cursor, ":")) return undefined;
    const below = ignore?.below.get(JSON.parse(name));
    const text = readValue(cursor, level + 1, below);
    if (text === undefined) return undefined;
    members.push([name, below?.ignored === true ? undefined : text]);
  } while (skipped(cursor, ","));
  return skipped(cursor, "}") ? canonicalObject(members) : undefined;
}

function readArray(cursor: Cursor, level: number, ignore: PointerTree | undefined): Reading {
  cursor.at++;
  if (skipped(cursor, "]")) return "[]";
  let elements = "";
  let index = 0;
  do {
    const below = ignore?.below.get(String(index));
    const text = readValue(cursor, level + 1, below);
    if (text === undefined) return undefined;
    if (index++ > 0) elements += ",";
    // Its place stays: the elements after it keep their index.
    if (below?.ignored !== true) elements += text;
  } while (skipped(cursor, ","));
  return skipped(cursor, "]") ? `[${elements}]` : undefined;
}

function readString(cursor: Cursor): Reading {
  const { text, at: start } = cursor;
  let hasEscapes = false;
  for (let at = start + 1; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === 0x22) {
      cursor.at = at + 1;
      const lexeme = text.slice(start, at + 1);
      return hasEscapes ? respelled(lexeme) : lexeme;
    }
    if (character < 0x20) return undefined;
    if (character === 0x5c) {
      hasEscapes = true;
      at++;
    }
  }
  return undefined;
}

/** Half of a character, alone: decoders do not agree on what it becomes. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** The escapes that are needed, and no others. */
function respelled(lexeme: string): Reading {
  try {
    const value: string = JSON.parse(lexeme);
    return LONE_SURROGATE.test(value) ? undefined : JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function readWord(cursor: Cursor, word: string): Reading {
  if (!cursor.text.startsWith(word, cursor.at)) return undefined;
  cursor.at += word.length;
  return word;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

function readNumber(cursor: Cursor): Reading {
  NUMBER.lastIndex = cursor.at;
  if (!NUMBER.test(cursor.text)) return undefined;
  const lexeme = cursor.text.slice(cursor.at, NUMBER.lastIndex);
  cursor.at = NUMBER.lastIndex;
  return canonicalDecimal(lexeme);
}

/** Space and then the character, if it is there. */
function skipped(cursor: Cursor, character: string): boolean {
  skipSpace(cursor);
  if (cursor.text[cursor.at] !== character) return false;
  cursor.at++;
  return true;
}

function skipSpace(cursor: Cursor): void {
  for (;;) {
    const code = cursor.text.charCodeAt(cursor.at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
    cursor.at++;
  }
}
