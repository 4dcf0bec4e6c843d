/** The command line of `oncekey conformance`: its options, and the target that they describe. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { readDescription } from "./description.ts";
import type { Target } from "./target.ts";
import { Usage } from "./usage.ts";

export const OPTIONS = {
  target: { type: "string" },
  profile: { type: "string" },
  method: { type: "string" },
  header: { type: "string", multiple: true },
  body: { type: "string" },
  "key-header": { type: "string" },
  count: { type: "string" },
  effect: { type: "string" },
  slow: { type: "string" },
  only: { type: "string", multiple: true },
  list: { type: "boolean" },
  json: { type: "boolean" },
  junit: { type: "string" },
  badge: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

export interface Command {
  readonly values: Values;
  readonly addresses: readonly string[];
}

type Values = ReturnType<typeof parse>["values"];

const parse = (argv: readonly string[]) =>
  parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });

/** Throws `Usage` when an option is not known, or has no value. */
export function readCommandLine(argv: readonly string[]): Command {
  try {
    const { values, positionals } = parse(argv);
    return { values, addresses: positionals };
  } catch (error) {
    // Its first sentence names the option; the rest is advice about other programs.
    const [sentence = ""] = (error as Error).message.split(/(?<=\.) /);
    throw new Usage(`${sentence.replace(/\.?$/, ".")} --help lists the options.`);
  }
}

/** The file, and over it what the flags say. */
export function targetOf(values: Values, addresses: readonly string[]): Target {
  const [address, ...rest] = addresses;
  if (address === undefined || rest.length > 0 || !URL.canParse(address)) {
    throw new Usage("Expected one address, such as http://127.0.0.1:3000/payments. See --help.");
  }
  const url = new URL(address);
  if (!/^https?:$/.test(url.protocol)) {
    throw new Usage("Expected an address that begins with http:// or https://.");
  }
  if (url.username !== "" || url.password !== "") {
    throw new Usage("Expected an address without a name or password: give them in `--header`.");
  }
  const [file, flags] = [fileOf(values.target), flagsOf(values, url)];
  return readDescription(url, {
    ...file,
    ...flags,
    ...merged("key", file, flags),
    ...merged("behaviours", file, flags),
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

function flagsOf(values: Values, base: URL): Record<string, unknown> {
  const { profile, method, body, count, effect, slow } = values;
  const key = values["key-header"];
  return {
    ...(profile !== undefined && { profile }),
    ...(method !== undefined && { method }),
    ...(body !== undefined && { body: bodyOf(body) }),
    ...(values.header !== undefined && { headers: headersOf(values.header) }),
    ...(key !== undefined && { key: { header: key } }),
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
