/** An answer as it came over the wire: every field line by itself, and the body's bytes. */

export type Field = readonly [name: string, value: string];

export interface Answer {
  readonly status: number;
  readonly fields: readonly Field[];
  readonly body: Uint8Array;
}

/** The values of a field, line by line. */
export const lines = ({ fields }: Answer, name: string): readonly string[] =>
  fields.filter(([field]) => field.toLowerCase() === name.toLowerCase()).map(([, value]) => value);

/** The lines of a field, joined as RFC 9110, section 5.3 has it. */
export function field(answer: Answer, name: string): string | undefined {
  const values = lines(answer, name);
  return values.length === 0 ? undefined : values.join(", ");
}

/** The type of the body, without its parameters. */
export const mediaType = (answer: Answer): string =>
  (field(answer, "content-type") ?? "").replace(/;.*$/s, "").trim().toLowerCase();

/** The body as JSON, or undefined if it is none. */
export function json({ body }: Answer): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}

/** What stands at a JSON pointer (RFC 6901). */
export function at(value: unknown, pointer: string): unknown {
  let found = value;
  for (const escaped of pointer.split("/").slice(1)) {
    if (typeof found !== "object" || found === null) return undefined;
    const name = escaped.replaceAll("~1", "/").replaceAll("~0", "~");
    found = Object.hasOwn(found, name) ? (found as Record<string, unknown>)[name] : undefined;
  }
  return found;
}
