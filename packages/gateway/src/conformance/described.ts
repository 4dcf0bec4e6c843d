/** The target that a command line describes: a file, and flags over it. */
import { readFileSync } from "node:fs";
import { readDescription } from "./description.ts";
import type { Target } from "./target.ts";
import { Usage } from "./usage.ts";

export interface Described {
  readonly target?: string;
  readonly profile?: string;
  readonly method?: string;
  /** Lines, such as "X-User: ann". */
  readonly header?: readonly string[];
  readonly body?: string;
  readonly keyHeader?: string;
  readonly count?: string;
  readonly effect?: string;
  readonly slow?: string;
}

/** The file, and over it what the flags say. */
export function targetOf(flags: Described, address: string | undefined): Target {
  if (address === undefined || !URL.canParse(address)) {
    throw new Usage("Expected one address, such as http://127.0.0.1:3000/payments. See --help.");
  }
  const url = new URL(address);
  if (!/^https?:$/.test(url.protocol)) {
    throw new Usage("Expected an address that begins with http:// or https://.");
  }
  if (url.username !== "" || url.password !== "") {
    throw new Usage("Expected an address without a name or password: give them in `--header`.");
  }
  const [file, said] = [fileOf(flags.target), saidBy(flags, url)];
  return readDescription(url, {
    ...file,
    ...said,
    ...merged("key", file, said),
    ...merged("behaviours", file, said),
  });
}

/** A flag that says one thing of a member leaves the rest of it as the file has it. */
function merged(
  member: string,
  file: Record<string, unknown>,
  flags: Record<string, unknown>,
): Record<string, unknown> {
  const [below, above] = [file[member], flags[member]];
  if (typeof below !== "object" || typeof above !== "object") return {};
  return { [member]: { ...below, ...above } };
}

function fileOf(path: string | undefined): Record<string, unknown> {
  if (path === undefined) return {};
  try {
    const description: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (typeof description === "object" && description !== null && !Array.isArray(description)) {
      return description as Record<string, unknown>;
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Usage(`Expected \`--target\` to be a file of JSON (${code ?? "it does not parse"}).`);
  }
  throw new Usage("Expected `--target` to be a file that holds a JSON object.");
}

function saidBy(flags: Described, base: URL): Record<string, unknown> {
  const { profile, method, body, keyHeader, count, effect, slow } = flags;
  return {
    ...(profile !== undefined && { profile }),
    ...(method !== undefined && { method }),
    ...(body !== undefined && { body: bodyOf(body) }),
    ...(flags.header !== undefined && { headers: headersOf(flags.header) }),
    ...(keyHeader !== undefined && { key: { header: keyHeader } }),
    ...(count !== undefined && { count: countOf(count, base) }),
    ...(effect !== undefined && { count: { pointer: effect } }),
    ...(slow !== undefined && { behaviours: { slow: { path: slow } } }),
  };
}

/** JSON if it is that, so that its members can be moved about; otherwise the text as it is. */
function bodyOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function headersOf(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = /^([^\s:]+): *(.*)$/.exec(line) ?? [];
      if (name !== undefined && value !== undefined) return [name, value];
      throw new Usage('Expected `--header` to be "Name: value".');
    }),
  );
}

/** The address without its fragment, which is the pointer (RFC 6901, section 6). */
function countOf(text: string, base: URL): Record<string, string> {
  if (!URL.canParse(text, base)) throw new Usage("Expected `--count` to be an address or a path.");
  const url = new URL(text, base);
  const pointer = decoded(url.hash.slice(1));
  url.hash = "";
  return { url: url.href, pointer };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Usage("Expected the pointer in `--count` to be percent-encoded as in an address.");
  }
}
