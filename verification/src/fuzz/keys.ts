/** The key's syntax: two requests, each with any lines of the key's fields. P-1 to P-13, P-17. */
import { deepEqual, equal } from "node:assert/strict";
import * as fc from "fast-check";
import { memoryStore } from "oncekey/memory";
import { idempotencyOf, optionalIdempotencyOf } from "oncekey/web";
import { createTarget, type Target } from "./hunt.ts";
import { readKey } from "./key-reading.ts";
import { around, type Options, tell, type Web, web, wordOf } from "./web.ts";

const NAMES = ["Idempotency-Key", "X-Request-Key"] as const;

type Line = readonly [name: string, value: string];

interface Input {
  readonly required: boolean;
  readonly blankKey: "refuse" | "absent";
  /** The lines of each request. */
  readonly requests: readonly (readonly Line[])[];
}

/** What the page makes of a request's lines. */
type Reading =
  | { readonly kind: "none" }
  | { readonly kind: "invalid" }
  | { readonly kind: "key"; readonly key: string; readonly echo: readonly Line[] };

function readingOf(lines: readonly Line[], blankKey: "refuse" | "absent"): Reading {
  const echo: Line[] = [];
  const keys = new Set<string>();
  for (const name of NAMES) {
    const values = lines.filter(([each]) => each.toLowerCase() === name.toLowerCase());
    if (values.length === 0) continue;
    const field = values.map(([, value]) => trimmed(value)).join(", ");
    const reading = readKey(field);
    if (reading.kind === "blank" && blankKey === "absent") continue;
    if (reading.kind !== "key") return { kind: "invalid" };
    keys.add(reading.key);
    echo.push([name, trimmed(field)]);
  }
  const [key] = keys;
  if (key === undefined) return { kind: "none" };
  return keys.size === 1 ? { kind: "key", key, echo } : { kind: "invalid" };
}

/** White space of HTTP is two characters, whatever else JavaScript takes for some. */
const trimmed = (value: string): string => value.replace(/^[ \t]+|[ \t]+$/g, "");

async function play({ required, blankKey, requests }: Input, guard: Web): Promise<string[]> {
  const ran: (string | undefined)[] = [];
  const options: Options = {
    store: memoryStore(),
    scope: "global",
    header: NAMES,
    required,
    blankKey,
  };
  const guarded = guard(options, (request) => {
    ran.push(optionalIdempotencyOf(request) && idempotencyOf(request).key);
    return new Response(`${ran.length}`, { status: 201 });
  });
  const spelledBy = new Map<string, string>();
  const seen: string[] = [];
  for (const lines of requests) {
    const reading = readingOf(lines, blankKey);
    const runs = ran.length;
    const headers = lines.map(([name, value]): [string, string] => [name, value]);
    const told = await tell(
      await guarded(new Request("http://localhost/pay", { method: "POST", headers, body: "10" })),
    );
    const spelling = JSON.stringify(lines);
    const first = reading.kind === "key" ? spelledBy.get(reading.key) : undefined;
    const expected = expectationOf(reading, required, first !== undefined);
    equal(wordOf(told), expected, "what became of the request");
    equal(ran.length - runs, expected === "ran" ? 1 : 0, "the runs");
    if (expected === "ran") {
      equal(ran.at(-1), reading.kind === "key" ? reading.key : undefined, "the handler's key");
    }
    const echo = reading.kind === "key" ? reading.echo : [];
    const echoed = NAMES.flatMap((name): Line[] => {
      const value = told.headers.get(name);
      return value === null ? [] : [[name, value]];
    });
    deepEqual(echoed, echo, "the echo");
    if (reading.kind === "key" && first === undefined) spelledBy.set(reading.key, spelling);
    seen.push(classOf(reading, expected, first !== undefined && first !== spelling));
  }
  return seen;
}

function expectationOf({ kind }: Reading, required: boolean, isKnown: boolean): string {
  if (kind === "invalid") return "idempotency_key_invalid";
  if (kind === "none") return required ? "idempotency_key_required" : "ran";
  return isKnown ? "replayed" : "ran";
}

function classOf({ kind }: Reading, word: string, isRespelled: boolean): string {
  if (kind === "none" && word === "ran") return "no key, ran";
  return isRespelled ? "replayed under another spelling" : word;
}

const quoted = (key: string): string => `"${key.replaceAll(/["\\]/g, (found) => `\\${found}`)}"`;

/** Ways to write a key, right and wrong ones. */
const SPELLINGS: Readonly<Record<string, (key: string) => string>> = {
  bare: (key) => key,
  quoted,
  spaced: (key) => ` \t${quoted(key)}  `,
  "with parameters": (key) =>
    `${quoted(key)};v=1; w="x\\"y";*a=?1;b=:aGk=:;c=-1.5;d=@1;e=%"f%c3%b8"`,
  "with an empty parameter": (key) => `${quoted(key)};`,
  "with a wrong parameter": (key) => `${quoted(key)};V=1`,
  "with a long number": (key) => `${quoted(key)};v=1234567890123.5`,
  unclosed: (key) => `"${key}`,
  "only closed": (key) => `${key}"`,
  "followed by more": (key) => `${quoted(key)}${key}`,
  "wrongly escaped": (key) => `"\\${key}"`,
  list: (key) => `${quoted(key)}, ${quoted(key)}`,
  "bare list": (key) => `${key},${key}`,
  "a parameter without quotes": (key) => `${key};v=1`,
  long: (key) => `${quoted(key)}${";a".repeat(510)}`,
};
/** More often than the others: most pairs are to be two keys that are valid. */
const SOUND = ["bare", "quoted", "spaced", "with parameters"];

const repeated = (length: number) =>
  fc.constantFrom("k", "%", '"', "\\").map((c) => c.repeat(length));
const key = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("k1", "K1", "1", "a b", 'a"b\\c', "", " ", "\t") },
  { weight: 3, arbitrary: fc.string({ minLength: 1, maxLength: 6 }) },
  { weight: 2, arbitrary: fc.constantFrom(254, 255, 256, 340).chain(repeated) },
  // Any byte that a field may hold, and some that it may not.
  { weight: 1, arbitrary: fc.string({ unit: byte(), maxLength: 5 }) },
);

function byte() {
  return fc
    .integer({ min: 1, max: 255 })
    .map((code) => String.fromCharCode(code))
    .filter((character) => !/[\n\r]/.test(character));
}

const spelling = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...SOUND) },
  { weight: 1, arbitrary: fc.constantFrom(...Object.keys(SPELLINGS)) },
);
const name = fc.constantFrom(...NAMES, "idempotency-key", "IDEMPOTENCY-KEY");

/** Two requests that mostly write the same key, in lines that are mostly one. */
const input: fc.Arbitrary<Input> = fc
  .record({
    required: fc.boolean(),
    blankKey: fc.constantFrom("refuse", "absent"),
    keys: fc.tuple(key, key),
    requests: fc.array(
      fc.oneof(
        { weight: 6, arbitrary: fc.array(lineDrawn(0), { minLength: 1, maxLength: 1 }) },
        { weight: 2, arbitrary: fc.array(fc.oneof(lineDrawn(0), lineDrawn(1)), { maxLength: 2 }) },
      ),
      { minLength: 1, maxLength: 3 },
    ),
  })
  .map(({ keys, requests, ...options }) => ({
    ...options,
    requests: requests.map((lines) =>
      lines.map((line): Line => [line.name, SPELLINGS[line.spelling]?.(keys[line.which]) ?? ""]),
    ),
  }));

function lineDrawn(which: 0 | 1) {
  return fc.record({ which: fc.constant(which), name, spelling });
}

/** Sends the request with another value in each key field. */
const respelling = (respell: (field: string) => string): Web =>
  around((request, ask) => {
    const headers = new Headers(request.headers);
    for (const each of NAMES) {
      const field = headers.get(each);
      if (field !== null) headers.set(each, respell(field));
    }
    return ask(new Request(request, { headers }));
  });

export const keys: Target = createTarget<Input, Web>({
  name: "keys",
  inputs: "one to three requests, each with any lines of two key fields",
  input,
  classes: [
    ...["ran", "replayed", "replayed under another spelling", "no key, ran"],
    ...["idempotency_key_invalid", "idempotency_key_required"],
  ],
  sound: web,
  mutants: {
    "bare and quoted are two keys": respelling((field) =>
      /^"[a-z0-9]+"$/i.test(field) ? `"q-${field.slice(1)}` : field,
    ),
    "keys in any case are one": respelling((field) => field.toLowerCase()),
    "the first of a list is the key": respelling((field) => field.split(", ")[0] ?? ""),
    "a key without its closing quote": respelling((field) =>
      /^"[a-z0-9]+$/i.test(field) ? `${field}"` : field,
    ),
    "long keys are cut": respelling((field) => (field.length > 300 ? field : field.slice(0, 255))),
    "parameters are part of the key": respelling((field) =>
      /^"[a-z0-9]+";/i.test(field) ? quoted(field) : field,
    ),
    "a blank key is taken": respelling((field) => (field.trim() === '""' ? '"blank"' : field)),
    "a malformed key is taken for none": around(async (request, ask) => {
      const response = await ask(request.clone());
      if (response.status !== 400) return response;
      const headers = new Headers(request.headers);
      for (const each of NAMES) headers.delete(each);
      return ask(new Request(request, { headers }));
    }),
    "no echo": around(async (request, ask) => {
      const response = await ask(request);
      response.headers.delete("Idempotency-Key");
      return response;
    }),
  },
  sample: 400,
  play,
});
