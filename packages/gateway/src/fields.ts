/** Header lines on their way through a proxy: what is about one connection stays behind. */

/** Order and doubles count. */
export type Line = readonly [name: string, value: string];

/** RFC 9110, sections 7.6.1 and 11.7; `Expect` and `Trailer` are answered and framed on this side. */
const ONE_CONNECTION = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "transfer-encoding",
  "upgrade",
]);

export const VIA: Line = ["Via", "1.1 oncekey"];

/** Names and values in turn, as Node and undici hand them out. */
export function linesOf(raw: readonly (string | Uint8Array)[]): Line[] {
  const lines: Line[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) lines.push([text(raw[at]), text(raw[at + 1])]);
  return lines;
}

/** One byte a character, which is how they are written again. */
const text = (part: string | Uint8Array | undefined = ""): string =>
  typeof part === "string"
    ? part
    : Buffer.from(part.buffer, part.byteOffset, part.length).toString("latin1");

/** What `Connection` names, in lower case. */
export function namedByConnection(lines: readonly Line[]): ReadonlySet<string> {
  const named = new Set<string>();
  for (const [name, value] of lines) {
    if (name.toLowerCase() !== "connection") continue;
    for (const option of value.split(",")) named.add(option.trim().toLowerCase());
  }
  return named;
}

/** The lines that go on, without those that `also` knows by their name in lower case. */
export function passedOn(lines: readonly Line[], also: (name: string) => boolean): Line[] {
  const named = namedByConnection(lines);
  return lines.filter(([name]) => {
    const lower = name.toLowerCase();
    return !ONE_CONNECTION.has(lower) && !named.has(lower) && !also(lower);
  });
}

export function valuesOf(lines: readonly Line[], wanted: string): string[] {
  return lines.flatMap(([name, value]) => (name.toLowerCase() === wanted ? [value] : []));
}
