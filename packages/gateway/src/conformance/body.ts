/** The described body as bytes: the placeholder makes each body another, or the same again. */

/** Stands for a number: alone in a JSON string for the number itself, within text for its digits. */
const PLACEHOLDER = "{{n}}";

/** The body with `n` in its place, or undefined if none is described. */
export function bodyOf(template: unknown, n: number): Uint8Array | undefined {
  const text = bodyText(template, n);
  return text === undefined ? undefined : new TextEncoder().encode(text);
}

export function bodyText(template: unknown, n: number): string | undefined {
  if (template === undefined || template === null) return undefined;
  if (typeof template === "string") return template.replaceAll(PLACEHOLDER, String(n));
  return JSON.stringify(filled(template, n));
}

/** A JSON value with the placeholder filled in wherever it stands. */
export function filled(value: unknown, n: number): unknown {
  if (value === PLACEHOLDER) return n;
  if (typeof value === "string") return value.replaceAll(PLACEHOLDER, String(n));
  if (Array.isArray(value)) return value.map((each) => filled(each, n));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, filled(each, n)]));
}

/** Whether two numbers give two bodies. Otherwise nothing can be said about mismatches. */
export const isDistinct = (template: unknown): boolean =>
  bodyText(template, 1) !== bodyText(template, 2);
