/** Header lines as Node's response has them, and as its `writeHead` is given them. */
import type { HeaderLine } from "../http/headers.ts";

export type Value = number | string | readonly string[];

/** The part of a response that holds its header lines, in our own words. */
export interface NodeHeaders {
  getHeader(name: string): Value | undefined;
  getHeaderNames(): string[];
  /** Always there in the versions that we run on, and not in every version of their types. */
  getRawHeaderNames?(): string[];
  setHeader(name: string, value: number | string | string[]): unknown;
}

/** The lines that stand on a response now, in order, with the case that they were set in. */
export function linesOf(response: NodeHeaders): HeaderLine[] {
  const names = response.getRawHeaderNames?.() ?? response.getHeaderNames();
  const lines: HeaderLine[] = [];
  for (const name of names) push(lines, name, response.getHeader(name));
  return lines;
}

export function linesFor(name: string, value: Value | undefined): HeaderLine[] {
  const lines: HeaderLine[] = [];
  push(lines, name, value);
  return lines;
}

function push(lines: HeaderLine[], name: string, value: Value | undefined): void {
  if (value === undefined) return;
  if (typeof value !== "object") lines.push([name, String(value)]);
  else for (const line of value) lines.push([name, String(line)]);
}

/** Lines of one name replace what stood there, and stay lines of their own. */
export function setLines(response: NodeHeaders, lines: readonly HeaderLine[]): void {
  const names = lines.map(([name]) => name.toLowerCase());
  lines.forEach(([name, value], at) => {
    const lower = names[at];
    if (names.indexOf(lower ?? "") !== at) return;
    const isOnly = names.lastIndexOf(lower ?? "") === at;
    response.setHeader(name, isOnly ? value : valuesOf(lines, names, lower));
  });
}

const valuesOf = (
  lines: readonly HeaderLine[],
  names: readonly string[],
  lower: string | undefined,
): string[] => lines.filter((_, at) => names[at] === lower).map(([, value]) => value);

/** The headers that `writeHead` takes: an object, a flat list, or a list of pairs. */
export function writtenLines(headers: unknown): readonly HeaderLine[] {
  const lines: HeaderLine[] = [];
  if (typeof headers !== "object" || headers === null) return lines;
  if (!Array.isArray(headers)) {
    for (const [name, value] of Object.entries(headers)) push(lines, name, value as Value);
  } else if (Array.isArray(headers[0])) {
    for (const [name, value] of headers) push(lines, String(name), value as Value);
  } else {
    for (let at = 0; at < headers.length; at += 2) {
      push(lines, String(headers[at]), headers[at + 1] as Value);
    }
  }
  return lines;
}
