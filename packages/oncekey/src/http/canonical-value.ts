/**
 * The canonical text of a body that a parser took before us: what it produced is all there is to
 * compare, and the handler cannot tell more apart either. Ordinary JSON gets the same text here
 * as from its bytes.
 */
import { type CanonicalMember, canonicalObject } from "./canonical-json.ts";
import { canonicalDecimal } from "./decimal.ts";
import type { PointerTree } from "./json-pointer.ts";

/**
 * More than for bytes, since there are none left to compare instead; still far from the end of
 * the stack. It also ends the descent into a value that holds itself.
 */
export const VALUE_LEVELS_MAX = 1000;

/** `undefined` for what no parser of JSON or forms makes: its content may not be all in sight. */
export function canonicalValue(value: unknown, ignore?: PointerTree): string | undefined {
  return textOf(value, 1, ignore);
}

function textOf(
  value: unknown,
  level: number,
  ignore: PointerTree | undefined,
): string | undefined {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      // JSON.parse makes infinity of 1e999, which is no number of JSON any more.
      return Number.isFinite(value) ? canonicalDecimal(String(value)) : String(value);
    case "bigint":
      return canonicalDecimal(String(value));
    case "boolean":
      return String(value);
    case "object":
      if (value === null) return "null";
      if (level > VALUE_LEVELS_MAX) return undefined;
      if (Array.isArray(value)) return arrayText(value, level, ignore);
      return isPlain(value) ? objectText(value, level, ignore) : undefined;
    default:
      return undefined;
  }
}

function arrayText(
  elements: readonly unknown[],
  level: number,
  ignore: PointerTree | undefined,
): string | undefined {
  const texts: string[] = [];
  for (const element of elements) {
    const below = ignore?.below.get(String(texts.length));
    const text = textOf(element, level + 1, below);
    if (text === undefined) return undefined;
    texts.push(below?.ignored === true ? "" : text);
  }
  return `[${texts.join(",")}]`;
}

function objectText(
  object: object,
  level: number,
  ignore: PointerTree | undefined,
): string | undefined {
  const members: CanonicalMember[] = [];
  for (const [name, value] of Object.entries(object)) {
    const below = ignore?.below.get(name);
    const text = textOf(value, level + 1, below);
    if (text === undefined) return undefined;
    members.push([JSON.stringify(name), below?.ignored === true ? undefined : text]);
  }
  return canonicalObject(members);
}

/** An object literal of any realm, or without a prototype. A Map would look like `{}`. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
