/**
 * What is kept and replayed: any answer, over fetch handlers and over Node, comes back byte for
 * byte; and a record that was damaged is an answer of its own, never another's and never a run.
 * P-25 to P-27, P-112.
 */
import { deepEqual, equal } from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import * as fc from "fast-check";
import type { IdempotencyRecord, Store } from "oncekey";
import { memoryStore } from "oncekey/memory";
import { idempotency as nodeGuard } from "oncekey/node";
import { idempotency as webGuard } from "oncekey/web";
import { createTarget, type Target } from "./hunt.ts";
import { ask, served } from "./served.ts";

type Line = readonly [name: string, value: string];

/** What a handler answers. */
interface Answer {
  readonly status: number;
  readonly lines: readonly Line[];
  /** A character for each byte. */
  readonly chunks: readonly string[];
}

interface Damage {
  readonly kind: "flip" | "cut" | "grow" | "swap";
  readonly at: number;
}

interface Input {
  readonly over: "web" | "node";
  readonly answer: Answer;
  readonly onStoreDown: "refuse" | "run";
  readonly damages: readonly Damage[];
}

/** What came over the wire, without what belongs to one connection and one moment. */
interface Told {
  readonly status: number;
  readonly lines: readonly Line[];
  readonly body: string;
  readonly isReplay: boolean;
}

type Ask = (key: string) => Promise<Told>;

/** What is under test: the guard, in one of its adapters, and what stands around it. */
interface Subject {
  store(sound: Store): Store;
  /** What the client is told, given the way to ask. */
  told(ask: Ask, key: string): Promise<Told>;
}

interface Ground {
  ask: Ask;
  close(): Promise<void>;
}

const NOT_COMPARED = ["date", "connection", "keep-alive", "transfer-encoding", "content-length"];
const MARKS = ["idempotent-replayed", "idempotency-key"];

function toldOf(status: number, lines: readonly Line[], body: string): Told {
  const names = lines.map(([name]) => name.toLowerCase());
  const left = lines.filter((_, at) => ![...NOT_COMPARED, ...MARKS].includes(names[at] ?? ""));
  return { status, lines: left, body, isReplay: names.includes("idempotent-replayed") };
}

/** An empty line at the end of a list leaves white space, which is no part of a value. */
const linesOf = (headers: Headers): readonly Line[] =>
  [...headers].map(([name, value]) => [name, value.trimEnd()]);

const bytes = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(Buffer.from(text, "latin1"));

interface Settings {
  readonly store: Store;
  readonly onStoreDown: "refuse" | "run";
  readonly onRun: () => void;
}

function webGround({ status, lines, chunks }: Answer, { onRun, ...settings }: Settings): Ground {
  const guarded = webGuard({ ...settings, scope: "global" }, () => {
    onRun();
    const headers = lines.map(([name, value]): [string, string] => [name, value]);
    const left = chunks.map(bytes);
    const body = new ReadableStream({
      async pull(controller) {
        const chunk = left.shift();
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      },
    });
    return new Response(hasBody(status) ? body : null, { status, headers });
  });
  return {
    async ask(key) {
      const headers = { "Idempotency-Key": key };
      const response = await guarded(new Request("http://x/pay", { method: "POST", headers }));
      const body = Buffer.from(await response.arrayBuffer()).toString("latin1");
      return toldOf(response.status, linesOf(response.headers), body);
    },
    async close() {},
  };
}

async function nodeGround(answer: Answer, { onRun, ...settings }: Settings): Promise<Ground> {
  const { status, lines, chunks } = answer;
  const failures: unknown[] = [];
  const guarded = nodeGuard(
    { ...settings, scope: "global" },
    (_: IncomingMessage, response: ServerResponse) => {
      onRun();
      response.writeHead(status, lines.flat());
      if (hasBody(status)) for (const chunk of chunks) response.write(bytes(chunk));
      response.end();
    },
  );
  const { port, close } = await served(guarded, (error) => failures.push(error));
  return {
    async ask(key) {
      const heard = await ask(port, { "Idempotency-Key": key }, "");
      const heardLines = heard.rawHeaders.flatMap((name, at, all): Line[] =>
        at % 2 === 0 ? [[name, all[at + 1] ?? ""]] : [],
      );
      return toldOf(heard.status, heardLines, heard.body);
    },
    async close() {
      await close();
      deepEqual(failures, [], "what the listener rejected with");
    },
  };
}

const hasBody = (status: number): boolean => ![204, 205, 304].includes(status);

const ground = async (over: "web" | "node", answer: Answer, settings: Settings): Promise<Ground> =>
  over === "web" ? webGround(answer, settings) : nodeGround(answer, settings);

async function play({ over, answer, onStoreDown, damages }: Input, subject: Subject) {
  let runs = 0;
  const results: Uint8Array[] = [];
  const store = noting(subject.store(memoryStore()), results);
  const onRun = () => {
    runs++;
  };
  const settings = { store, onStoreDown, onRun };
  const sound = await ground(over, answer, settings);
  const seen: string[] = [];
  try {
    const first = await subject.told(sound.ask, "k1");
    expectAnswer(first, answer, over);
    equal(first.isReplay, false, "the first is marked");
    await subject.told(sound.ask, "k2");
    const again = await subject.told(sound.ask, "k1");
    deepEqual(again, { ...first, isReplay: true }, "the replay");
    equal(runs, 2, "the runs");
    seen.push(`replayed over ${over}`, ...classesOf(answer));
    for (const damage of damages) {
      seen.push(await playDamage(damage, again));
      equal(runs, 2, "the runs after damage");
    }
    deepEqual(await subject.told(sound.ask, "k1"), again, "the replay after damage");
  } finally {
    await sound.close();
  }
  return seen;

  /** The record comes back from its store as something else. */
  async function playDamage(damage: Damage, replay: Told): Promise<string> {
    const { store, isVoid } = damaging(settings.store, damage, results.at(-1));
    const broken = await ground(over, answer, { ...settings, store });
    try {
      const told = await subject.told(broken.ask, "k1");
      if (isVoid()) {
        deepEqual(told, replay, "the replay of what was not damaged after all");
        return "damage: none";
      }
      equal(told.status, 503, "the status of a damaged record");
      equal(JSON.parse(told.body).code, "idempotency_store_unavailable", "its code");
      equal(told.isReplay, false, "its marker");
      return `damage: ${damage.kind}`;
    } finally {
      await broken.close();
    }
  }
}

function expectAnswer(told: Told, { status, lines, chunks }: Answer, over: "web" | "node"): void {
  const body = hasBody(status) ? chunks.join("") : "";
  equal(told.status, status, "the status");
  equal(told.body, body, "the body");
  const given = lines.map(([name, value]): [string, string] => [name, value]);
  const wanted = over === "web" ? linesOf(new Headers(given)) : given;
  deepEqual(grouped(told.lines), grouped(wanted), "the lines");
}

/** RFC 9110, section 5.3: the order counts among lines of one name, however that is written. */
const grouped = (lines: readonly Line[]): readonly Line[] =>
  lines
    .map(([name, value]): Line => [name.toLowerCase(), value])
    .sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));

function classesOf({ status, lines, chunks }: Answer): string[] {
  const names = lines.map(([name]) => name.toLowerCase());
  const isText = Buffer.from(chunks.join(""), "latin1").toString().includes("\ufffd");
  return [
    ...(hasBody(status) ? [] : ["no body"]),
    ...(status >= 500 ? ["a failure"] : []),
    ...(new Set(names).size < names.length ? ["lines of one name"] : []),
    ...(isText ? ["bytes that are no text"] : []),
    ...(chunks.length > 1 ? ["several chunks"] : []),
  ];
}

/** Notes the results that it is given: the last one is another record's. */
const noting = (store: Store, results: Uint8Array[]): Store => ({
  ...store,
  complete(lease, result) {
    results.push(result);
    return store.complete(lease, result);
  },
});

/** Hands out damaged results, and says whether the last one was what it had been. */
function damaging(store: Store, damage: Damage, other: Uint8Array = new Uint8Array(0)) {
  let isVoid = false;
  const seen = (record: IdempotencyRecord): IdempotencyRecord => {
    if (record.state !== "completed") return record;
    const result = damaged(record.result, damage, other);
    isVoid = Buffer.compare(result, record.result) === 0;
    return { ...record, result };
  };
  const broken: Store = {
    ...store,
    async claim(request) {
      const claim = await store.claim(request);
      return claim.outcome === "taken" ? { ...claim, record: seen(claim.record) } : claim;
    },
    async get(id) {
      const record = await store.get(id);
      return record && seen(record);
    },
  };
  return { store: broken, isVoid: () => isVoid };
}

function damaged(result: Uint8Array, { kind, at }: Damage, other: Uint8Array): Uint8Array {
  const place = at % Math.max(result.length, 1);
  switch (kind) {
    case "flip":
      return result.map((byte, index) => (index === place ? byte ^ (1 << (at % 8)) : byte));
    case "cut":
      return result.slice(0, place);
    case "grow":
      return Uint8Array.from([...result.slice(0, place), at % 256, ...result.slice(place)]);
    case "swap":
      return other;
  }
}

const byte = fc.nat(255).map((code) => String.fromCharCode(code));
const chunk = fc.oneof(
  fc.constantFrom("", "done", "\u00ff\u00fe", "\u00ef\u00bb\u00bf", "\u0000", "\r\n0\r\n\r\n"),
  fc.constant(Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("")),
  fc.string({ unit: byte, maxLength: 8 }),
);
const value = fc.oneof(
  fc.constantFrom("1", "</a>; rel=next", "a, b", "\u00e9\u00ff", 'a="b\tc"'),
  fc
    .string({ unit: byte, maxLength: 6 })
    .map((text) => text.replaceAll(/[^!-~\u0080-\u00ff]/g, "")),
);
const name = fc.constantFrom(
  "Link",
  "link",
  "ETag",
  "X-Own",
  "Content-Type",
  "Cache-Control",
  "x_y",
);

const input: fc.Arbitrary<Input> = fc.record({
  over: fc.constantFrom("web", "node"),
  answer: fc.record({
    status: fc.constantFrom(
      200,
      201,
      202,
      203,
      204,
      205,
      206,
      299,
      303,
      304,
      400,
      409,
      422,
      500,
      599,
    ),
    lines: fc.array(fc.tuple(name, value), { maxLength: 4 }),
    chunks: fc.array(chunk, { maxLength: 4 }),
  }),
  onStoreDown: fc.constantFrom("refuse", "run"),
  damages: fc.array(
    fc.record({ kind: fc.constantFrom("flip", "cut", "grow", "swap"), at: fc.nat(2_000) }),
    { maxLength: 3 },
  ),
});

const sound: Subject = { store: (store) => store, told: (request, key) => request(key) };

/** Tells another replay than the one that came. */
const replaying = (change: (told: Told) => Partial<Told>): Subject => ({
  ...sound,
  async told(request, key) {
    const told = await request(key);
    return told.isReplay ? { ...told, ...change(told) } : told;
  },
});

/** Does something else where the record could not be read. */
const inCaseOfDamage = (
  instead: (request: Ask, key: string, told: Told) => Promise<Told>,
): Subject => ({
  ...sound,
  async told(request, key) {
    const told = await request(key);
    return told.status === 503 ? instead(request, key, told) : told;
  },
});

const keeping = (change: (result: Uint8Array) => Uint8Array): Subject => ({
  ...sound,
  store: (store) => ({
    ...store,
    complete: (lease, result) => store.complete(lease, change(result)),
  }),
});

export const snapshots: Target = createTarget<Input, Subject>({
  name: "snapshots",
  inputs: "an answer of any bytes in any chunks, over `oncekey/web` or `oncekey/node`, and damage",
  input,
  classes: [
    ...["replayed over web", "replayed over node", "no body", "a failure", "lines of one name"],
    ...["bytes that are no text", "several chunks"],
    ...["damage: flip", "damage: cut", "damage: grow", "damage: swap"],
  ],
  sound,
  mutants: {
    "a body is text": replaying(({ body }) => ({
      body: Buffer.from(Buffer.from(body, "latin1").toString()).toString("latin1"),
    })),
    "the last byte is lost": replaying(({ body }) => ({ body: body.slice(0, -1) })),
    "every replay is a success": replaying(() => ({ status: 200 })),
    "lines of one name are one": replaying(({ lines }) => ({
      lines: [
        ...new Map(lines.map(([each, text]) => [each.toLowerCase(), [each, text] as const])),
      ].map(([, line]) => line),
    })),
    "values are ASCII": replaying(({ lines }) => ({
      lines: lines.map(([each, text]) => [each, text.replaceAll(/[^ -~]/g, "?")] as const),
    })),
    "a record that cannot be read is none": inCaseOfDamage((request, key) => request(`${key}-new`)),
    "a record that cannot be read is an empty answer": inCaseOfDamage(async (_, __, told) => ({
      ...told,
      ...{ status: 200, body: "", isReplay: true },
    })),
    "a record that cannot be read ends the request": inCaseOfDamage(async () => {
      throw new Error("The record is corrupt.");
    }),
    "long results are cut": keeping((result) => result.slice(0, 200)),
    "a bit is lost on the way to the store": keeping((result) =>
      result.map((each, at) => (at === result.length - 1 ? each ^ 1 : each)),
    ),
  },
  sample: 120,
  play,
});
