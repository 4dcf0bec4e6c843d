/**
 * Forms: two of them after each other, with the key in a field or in the header. The same form sent
 * otherwise is a replay, another is a mismatch, and no damage is more than a refusal. P-14, P-15,
 * P-46, P-47.
 */
import { equal, ok } from "node:assert/strict";
import * as fc from "fast-check";
import { memoryStore } from "oncekey/memory";
import { optionalIdempotencyOf } from "oncekey/web";
import { forms as drawn, type Form, KEY_FIELD, readingOf, sentOf } from "./form-drawing.ts";
import { createTarget, type Target } from "./hunt.ts";
import { readBareKey } from "./key-reading.ts";
import { around, type Options, tell, type Web, web, wordOf } from "./web.ts";

interface Input {
  /** Whether forms are searched for the key. */
  readonly isSearched: boolean;
  /** The key in the header, if there is one. */
  readonly header: string | null;
  readonly forms: readonly [Form, Form];
}

/** A form of more parts is too long to search: P-15. */
const PARTS_MAX = 1_000;

/** What may be said of any form, whatever was done to it. */
const POSSIBLE = [
  ...["ran", "replayed", "idempotency_conflict", "idempotency_key_invalid"],
  "idempotency_request_too_large",
];

async function play({ isSearched, header, forms }: Input, guard: Web): Promise<string[]> {
  const ran: (string | undefined)[] = [];
  const field = isSearched ? KEY_FIELD : undefined;
  const options: Options = {
    ...{ store: memoryStore(), scope: "global" },
    ...(isSearched && { formField: KEY_FIELD }),
  };
  const guarded = guard(options, (request) => {
    ran.push(optionalIdempotencyOf(request)?.key);
    return new Response(`${ran.length}`, { status: 201 });
  });
  const send = async (form: Form) => {
    const { type, body } = sentOf(form);
    const headers = new Headers({ "Content-Type": type });
    if (header !== null) headers.set("Idempotency-Key", header);
    const bytes = Buffer.from(body, "latin1");
    const request = new Request("http://localhost/pay", { method: "POST", headers, body: bytes });
    const runs = ran.length;
    const word = wordOf(await tell(await guarded(request)));
    ok(POSSIBLE.includes(word), `a form was answered with ${word}`);
    equal(ran.length - runs, word === "ran" ? 1 : 0, "the runs");
    return { word, key: word === "ran" ? ran.at(-1) : undefined };
  };

  const [first, second] = forms;
  const was = await send(first);
  const is = await send(second);
  const again = await send(first);
  equal(again.word, was.key === undefined ? was.word : "replayed", "the first again");

  const [wasSent, isSent] = [sentOf(first), sentOf(second)];
  const isSame = wasSent.type === isSent.type && wasSent.body === isSent.body;
  if (first.kind !== "raw" && second.kind !== "raw") {
    const keyed = expectedKey(first, field, header);
    equal(was.word, keyed.word ?? "ran", "the first");
    if (was.word === "ran") equal(was.key, keyed.key, "the first's key");
    const other = expectedKey(second, field, header);
    const isKnown = keyed.key !== undefined && keyed.key === other.key;
    const verdict = isEqual(first, second, field, isSame) ? "replayed" : "idempotency_conflict";
    equal(is.word, other.word ?? (isKnown ? verdict : "ran"), "the second");
    return [classOf(is.word, isSame, first), ...(keyed.inField ? ["a key in the form"] : [])];
  }
  if (is.word === "replayed" && !isSame) {
    ok(isAlike(first, second, field), "two forms that differ pass for one");
  }
  if (isSame) equal(is.word, again.word, "the second, which is the first");
  return [`damaged: ${is.word}`];
}

/** Whose key it is, or why it is refused. */
function expectedKey(form: Form, field: string | undefined, header: string | null) {
  const { keys, parts } = readingOf(form, field) ?? { keys: [], parts: 0 };
  if (field !== undefined && form.kind === "multipart" && parts > PARTS_MAX) {
    return { word: "idempotency_request_too_large", inField: false };
  }
  const [value] = keys;
  if (value === undefined) return { key: header ?? undefined, inField: false };
  const reading = keys.length > 1 ? ({ kind: "invalid" } as const) : readBareKey(value);
  if (reading.kind !== "key") return { word: "idempotency_key_invalid", inField: true };
  return { key: reading.key, inField: true };
}

function isEqual(first: Form, second: Form, field: string | undefined, isSame: boolean): boolean {
  const [was, is] = [readingOf(first, field), readingOf(second, field)];
  // With so many parts the bytes are compared.
  if (first.kind === "multipart" && (was?.parts ?? 0) > PARTS_MAX) return isSame;
  return was?.fields === is?.fields;
}

function isAlike(first: Form, second: Form, field: string | undefined): boolean {
  const [was, is] = [first, second].map((form) => {
    const { type, body } = sentOf(form);
    return readingOf({ kind: "raw", type, body }, field)?.fields;
  });
  return was !== undefined && was === is;
}

function classOf(word: string, isSame: boolean, { kind }: Form): string {
  if (word !== "replayed") return word;
  if (isSame) return "replayed: the same bytes";
  return kind === "multipart" ? "replayed: another boundary" : "replayed: another encoding";
}

const input: fc.Arbitrary<Input> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      isSearched: fc.constant(true),
      header: fc.constantFrom(null, "h1", "k1"),
      forms: drawn,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      isSearched: fc.constant(false),
      header: fc.constant("h1"),
      forms: drawn,
    }),
  },
);

/** The guard is given another form than the one that was sent. */
const rewriting = (rewrite: (body: string, type: string) => readonly [string, string]): Web =>
  around(async (request, ask) => {
    const sent = Buffer.from(await request.arrayBuffer()).toString("latin1");
    const [body, type] = rewrite(sent, request.headers.get("content-type") ?? "");
    const headers = new Headers(request.headers);
    headers.set("content-type", type);
    const bytes = Buffer.from(body, "latin1");
    return ask(new Request(request.url, { method: "POST", headers, body: bytes }));
  });

const ofPairs = (rewrite: (pairs: readonly string[]) => readonly string[]): Web =>
  rewriting((body, type) =>
    type.startsWith("multipart") ? [body, type] : [rewrite(body.split("&")).join("&"), type],
  );

const boundaryIn = (type: string): string => /boundary="?([^";]*)/.exec(type)?.[1] ?? "";

export const forms: Target = createTarget<Input, Web>({
  name: "forms",
  inputs: "two forms, urlencoded or multipart: sent otherwise, changed, damaged or of no relation",
  input,
  classes: [
    ...["ran", "replayed: the same bytes", "replayed: another boundary"],
    ...["replayed: another encoding", "idempotency_conflict", "idempotency_key_invalid"],
    ...["idempotency_request_too_large", "a key in the form", "damaged: ran"],
    ...["damaged: replayed", "damaged: idempotency_conflict", "damaged: idempotency_key_invalid"],
  ],
  sound: web,
  mutants: {
    "the boundary counts": (options, handler) =>
      web({ ...options, fingerprint: { headers: ["content-type"] } }, handler),
    "the boundary of what cannot be read does not count": rewriting((body, type) =>
      body.startsWith(`--${boundaryIn(type)}`)
        ? [body, type]
        : [body, type.replace(/boundary=.*/, "boundary=none")],
    ),
    "the field is compared": (options, handler) => {
      const guarded = web({ ...options, fingerprint: { headers: ["x-bytes"] } }, handler);
      return async (request) => {
        const body = await request.arrayBuffer();
        const headers = new Headers(request.headers);
        headers.set("x-bytes", Buffer.from(body).toString("hex"));
        return guarded(new Request(request.url, { method: "POST", headers, body }));
      };
    },
    "forms are not searched": (options, handler) => {
      const { formField: _, ...rest } = options;
      return web(rest as Options, handler);
    },
    "of two keys the first counts": ofPairs((pairs) => {
      const first = pairs.findIndex((pair) => pair.startsWith(`${KEY_FIELD}=`));
      return pairs.filter((pair, at) => at === first || !pair.startsWith(`${KEY_FIELD}=`));
    }),
    "the order of pairs does not count": ofPairs((pairs) => [...pairs].sort()),
    "a plus is a plus": ofPairs((pairs) => pairs.map((pair) => pair.replaceAll("+", "%2B"))),
    "parts are compared as text": rewriting((body, type) => [
      Buffer.from(Buffer.from(body, "latin1").toString()).toString("latin1"),
      type,
    ]),
    "a form that was cut is mended": rewriting((body, type) => {
      const isCut = type.startsWith("multipart") && !/--\r\n$/.test(body);
      return [isCut ? `${body}\r\n--${boundaryIn(type)}--\r\n` : body, type];
    }),
    "a form that cannot be read is a fault of the server": around(async (request, ask) => {
      const response = await ask(request);
      return response.status === 400 ? new Response(null, { status: 500 }) : response;
    }),
  },
  sample: 500,
  play,
});
