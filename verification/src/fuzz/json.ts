/**
 * Canonical JSON in the fingerprint: two documents under one key. The same value is a replay, and
 * anything else a mismatch. P-37, P-40 to P-43.
 */
import { equal } from "node:assert/strict";
import * as fc from "fast-check";
import { memoryStore } from "oncekey/memory";
import { seeded } from "../simulator/random.ts";
import { createTarget, type Target } from "./hunt.ts";
import { damaged, type Model, model, render } from "./json-drawing.ts";
import { DOUBTS, type Doubt, meaningOf } from "./json-meaning.ts";
import { around, type Options, tell, type Web, web, wordOf } from "./web.ts";

interface Input {
  readonly type: string;
  /** A character for each byte. */
  readonly documents: readonly [first: string, second: string];
}

const bytesOf = (document: string): Uint8Array => Buffer.from(document, "latin1");

async function play({ type, documents }: Input, guard: Web): Promise<string[]> {
  let runs = 0;
  const options: Options = { store: memoryStore(), scope: "global" };
  const guarded = guard(options, () => new Response(`${++runs}`, { status: 201 }));
  const send = async (document: string) =>
    tell(
      await guarded(
        new Request("http://localhost/pay", {
          method: "POST",
          headers: { "Idempotency-Key": "k1", "Content-Type": type },
          body: bytesOf(document) as Uint8Array<ArrayBuffer>,
        }),
      ),
    );
  const [first, second] = documents;
  equal(wordOf(await send(first)), "ran", "the first");
  const [is, was] = [meaningOf(bytesOf(second)), meaningOf(bytesOf(first))];
  const isSame = first === second;
  const isEqual = is.kind === "value" && was.kind === "value" && is.text === was.text;
  const expected = isSame || isEqual ? "replayed" : "idempotency_conflict";
  equal(wordOf(await send(second)), expected, "the second");
  equal(wordOf(await send(first)), "replayed", "the first again");
  equal(runs, 1, "the runs");
  const doubt = was.kind === "doubtful" ? was.why : undefined;
  return [classOf(expected, isSame, doubt)];
}

function classOf(word: string, isSame: boolean, doubt: Doubt | undefined): string {
  const what = word === "replayed" ? word : "conflict";
  if (doubt !== undefined) return `${what}: ${doubt}`;
  if (what === "conflict") return "conflict: another value";
  return isSame ? "replayed: the same bytes" : "replayed: another spelling";
}

const input: fc.Arbitrary<Input> = fc
  .record({
    type: fc.constantFrom("application/json", "application/vnd.pay+json; charset=utf-8"),
    value: model,
    other: model,
    how: fc.constantFrom(...(["respelled", "respelled", "damaged", "same", "other"] as const)),
    isDamaged: fc.integer({ min: 0, max: 4 }).map((number) => number === 0),
    seed: fc.nat(),
  })
  .map(({ type, value, other, how, isDamaged, seed }) => {
    const random = seeded(seed);
    const text = bytesText(value, seed);
    const first = isDamaged ? damaged(text, random) : text;
    const second = {
      respelled: () => bytesText(value, seed + 1),
      damaged: () => damaged(first, random),
      same: () => first,
      other: () => bytesText(other, seed),
    };
    return { type, documents: [first, second[how]()] as const };
  });

const bytesText = (value: Model, seed: number): string =>
  Buffer.from(render(value, seeded(seed))).toString("latin1");

/** The guard is given another document than the one that was sent. */
const rewriting = (rewrite: (document: string) => string): Web =>
  around(async (request, ask) => {
    const body = Buffer.from(await request.arrayBuffer()).toString("latin1");
    const rewritten = bytesOf(rewrite(body)) as Uint8Array<ArrayBuffer>;
    return ask(new Request(request.url, { ...headOf(request), body: rewritten }));
  });

const headOf = ({ method, headers }: Request) => ({ method, headers });

const doubtOf = (document: string): Doubt | undefined => {
  const meaning = meaningOf(bytesOf(document));
  return meaning.kind === "doubtful" ? meaning.why : undefined;
};

const inCaseOf = (doubt: Doubt, rewrite: (document: string) => string): Web =>
  rewriting((document) => (doubtOf(document) === doubt ? rewrite(document) : document));

const parsedAgain = (document: string): string =>
  Buffer.from(JSON.stringify(JSON.parse(Buffer.from(document, "latin1").toString()))).toString(
    "latin1",
  );

/** The bytes count, as a header that is compared. */
const byBytes: Web = (options, handler) => {
  const guarded = web({ ...options, fingerprint: { headers: ["x-bytes"] } }, handler);
  return async (request) => {
    const body = await request.arrayBuffer();
    const headers = new Headers(request.headers);
    headers.set("x-bytes", Buffer.from(body).toString("hex"));
    return guarded(new Request(request.url, { method: request.method, headers, body }));
  };
};

export const json: Target = createTarget<Input, Web>({
  name: "json",
  inputs: "two documents: respelled, damaged, equal or of no relation",
  input,
  classes: [
    ...["replayed: the same bytes", "replayed: another spelling", "conflict: another value"],
    ...DOUBTS.flatMap((doubt) => [`replayed: ${doubt}`, `conflict: ${doubt}`]),
  ],
  sound: web,
  mutants: {
    "bytes are compared": byBytes,
    "numbers are rounded": rewriting((document) =>
      doubtOf(document) === undefined ? parsedAgain(document) : document,
    ),
    "numbers keep fifteen digits": rewriting((document) =>
      document.replace(/(\d{15})\d+/g, (_, kept: string) => kept),
    ),
    "of two members the last counts": inCaseOf("a repeated member", parsedAgain),
    "half a character is replaced": inCaseOf("half a character", (document) =>
      document.replace(/\\ud[89a-f][0-9a-f]{2}/gi, "\\ufffd"),
    ),
    "what is nested too deep is not looked at": inCaseOf("nested too deep", () => "[]"),
    "what is not JSON is nothing": inCaseOf("not JSON", () => "null"),
    "what is not UTF-8 is replaced": inCaseOf("not UTF-8", (document) =>
      Buffer.from(Buffer.from(document, "latin1").toString()).toString("latin1"),
    ),
    "letters are composed": rewriting((document) => {
      const text = Buffer.from(document, "latin1").toString("utf8");
      const isText = Buffer.from(text).toString("latin1") === document;
      return isText ? Buffer.from(text.normalize("NFC")).toString("latin1") : document;
    }),
  },
  sample: 700,
  play,
});
