/**
 * Which fields of an answer a replay carries: any lines, from a handler, under any `replayHeaders`.
 * P-22, P-23, P-25, and the table "What is never replayed" of docs/options.md, read here once more.
 */
import { deepEqual, equal } from "node:assert/strict";
import * as fc from "fast-check";
import { memoryStore } from "oncekey/memory";
import { createTarget, type Target } from "./hunt.ts";
import { around, type Options, tell, type Web, web, wordOf } from "./web.ts";

type Line = readonly [name: string, value: string];

interface Input {
  readonly lines: readonly Line[];
  readonly drop: readonly string[];
  readonly keep: readonly string[];
}

/** About one connection: no option keeps them. */
const CONNECTION = [
  ...["Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding"],
  ...["Upgrade", "Alt-Svc", "Content-Length"],
];
const OWN = ["Idempotency-Key", "Idempotent-Replayed"];
const PERSONAL = [
  ...["Set-Cookie", "Set-Cookie2", "Clear-Site-Data", "WWW-Authenticate", "Proxy-Authenticate"],
  ...["Authentication-Info", "Proxy-Authentication-Info"],
];
/** A star stands for any ending. */
const NEVER = [
  ...PERSONAL,
  ...["Date", "Age", "Via", "Server-Timing", "Cache-Status", "Proxy-Status"],
  ...["Access-Control-*", "Timing-Allow-Origin"],
  ...["X-Request-Id", "Request-Id", "X-Correlation-Id", "X-Trace-Id", "Traceparent", "Tracestate"],
  ...["Traceresponse", "B3", "X-B3-*", "X-Amzn-Trace-Id", "X-Amzn-RequestId"],
  ...["X-Cloud-Trace-Context", "CF-Ray", "RateLimit", "RateLimit-*", "X-RateLimit-*"],
  "Retry-After",
];
const KEPT = [
  ...["Location", "ETag", "Content-Type", "Content-Language", "Content-Disposition", "Link"],
  ...["Cache-Control", "X-Own", "X-Custom", "Vary", "Last-Modified", "X-Request", "B3X"],
  ...["Set-Cookie3", "X-RateLimited", "Access-Controlled", "Dated", "__proto__"],
];

const lower = (name: string): string => name.toLowerCase();
const lowered = (names: readonly string[]): readonly string[] => names.map(lower);

/** The page's word on a name, and why. */
function verdictOn(name: string, { lines, drop, keep }: Input): string {
  const named = lines
    .filter(([each]) => lower(each) === "connection")
    .flatMap(([, value]) => value.split(",").map((each) => lower(each.trim())));
  if (lowered(OWN).includes(name)) return "own";
  if (lowered(CONNECTION).includes(name)) return "connection";
  if (named.includes(name)) return "named by Connection";
  if (lowered(drop).includes(name)) return "dropped by option";
  const isNever = lowered(NEVER).some((each) =>
    each.endsWith("*") ? name.startsWith(each.slice(0, -1)) : name === each,
  );
  if (!isNever) return "kept";
  if (lowered(keep).includes(name)) return "kept by option";
  return lowered(PERSONAL).includes(name) ? "one person's" : "one exchange's";
}

const isKept = (verdict: string): boolean => verdict.startsWith("kept");

const KEY = "k1";

/** An empty line at the end of a list leaves white space, which is no part of a value. */
const linesOf = (headers: Headers): readonly Line[] =>
  [...headers].map(([name, value]) => [name, value.trimEnd()]);

async function play(input: Input, guard: Web): Promise<string[]> {
  const lines = input.lines.map(([name, value]): [string, string] => [name, value]);
  let runs = 0;
  const { drop, keep } = input;
  const options: Options = { store: memoryStore(), scope: "global", replayHeaders: { drop, keep } };
  const guarded = guard(options, () => {
    runs++;
    return new Response("done", { status: 201, headers: lines });
  });
  const send = async () => {
    const headers = { "Idempotency-Key": KEY };
    return tell(await guarded(new Request("http://localhost/", { method: "POST", headers })));
  };
  const first = await send();
  equal(wordOf({ ...first, isReplay: false }), "ran", "the first");
  const given = new Response("done", { headers: lines }).headers;
  given.set("Idempotency-Key", KEY);
  deepEqual(linesOf(first.headers), linesOf(given), "the fields of the first answer");

  const kept = new Headers();
  const seen = new Set<string>();
  // A Response adds a type of its own where there is none.
  for (const [name, value] of new Response("done", { headers: lines }).headers) {
    const verdict = verdictOn(name, input);
    seen.add(verdict);
    if (isKept(verdict)) kept.append(name, value);
  }
  kept.set("Idempotency-Key", KEY);
  kept.set("Idempotent-Replayed", "true");
  for (const _ of [1, 2]) {
    const again = await send();
    again.headers.delete("content-length");
    deepEqual(linesOf(again.headers), linesOf(kept), "the fields of the replay");
    equal(again.body, "done", "the body of the replay");
  }
  equal(runs, 1, "the runs");
  return [...seen];
}

const ending = fc.constantFrom("Allow-Origin", "TraceId", "Limit", "x", "-");
const starred = fc
  .tuple(fc.constantFrom(...NEVER.filter((name) => name.endsWith("*"))), ending)
  .map(([name, end]) => name.replace("*", end));
const whole = fc.constantFrom(...NEVER.filter((name) => !name.endsWith("*")));
const name = fc
  .oneof(
    ...[whole, whole, starred, fc.constantFrom(...KEPT), fc.constantFrom(...KEPT)],
    ...[fc.constantFrom(...CONNECTION), fc.constantFrom(...OWN)],
    fc.string({ unit: fc.constantFrom(..."abcXYZ-_.!#$%&'*+^`|~09"), minLength: 1, maxLength: 6 }),
  )
  .chain((each) => fc.constantFrom(each, lower(each), each.toUpperCase()));
const value = fc.oneof(
  fc.constantFrom("1", "a, b", "", "\u00e9\u00ff", 'a="b;c"', "</a>; rel=next"),
  fc.string({ maxLength: 8 }).map((text) => text.replaceAll(/[^\t -~\u0080-\u00ff]/g, "")),
);

const input: fc.Arbitrary<Input> = fc
  .record({
    lines: fc.array(fc.tuple(name, value), { minLength: 1, maxLength: 8 }),
    naming: fc.array(fc.nat(7), { maxLength: 2 }),
    changes: fc.array(fc.record({ at: fc.nat(7), isKept: fc.boolean() }), { maxLength: 3 }),
  })
  .map(({ lines, naming, changes }) => {
    const names = lines.map(([each]) => each);
    const at = (index: number) => names[index % names.length] ?? "";
    const drop = changes.filter((change) => !change.isKept).map((change) => at(change.at));
    const taken = lowered([...drop, ...CONNECTION, ...OWN]);
    const keep = changes.filter((change) => change.isKept).map((change) => at(change.at));
    const connection = naming.map((index): Line => ["Connection", `${at(index)}, close`]);
    const mayKeep = keep.filter((each) => !taken.includes(lower(each)));
    return { lines: [...lines, ...connection], drop, keep: mayKeep };
  });

/** A replay that has a field of the first answer which it should not have, or the other way round. */
const replaying = (change: (replay: Headers, first: Headers) => void): Web => {
  return (options, handler) => {
    const sound = web(options, handler);
    let first: Headers | undefined;
    return async (request) => {
      const response = await sound(request);
      if (first === undefined) first = new Headers(response.headers);
      else change(response.headers, first);
      return response;
    };
  };
};

const leaking = (isLeaked: (name: string) => boolean): Web =>
  replaying((replay, first) => {
    for (const [each, text] of first) if (isLeaked(each)) replay.append(each, text);
  });

const withPolicy =
  (change: (options: Options) => Partial<Options>): Web =>
  (options, handler) =>
    web({ ...options, ...change(options) } as Options, handler);

export const headers: Target = createTarget<Input, Web>({
  name: "headers",
  inputs: "an answer's lines, of known and of unknown names, under any `replayHeaders`",
  input,
  classes: [
    ...["kept", "kept by option", "dropped by option", "one person's", "one exchange's"],
    ...["connection", "named by Connection", "own"],
  ],
  sound: web,
  mutants: {
    "cookies are replayed": leaking((each) => each === "set-cookie"),
    "a challenge is replayed": leaking((each) => each === "www-authenticate"),
    "the date is replayed": leaking((each) => each === "date"),
    "a trace is replayed": leaking((each) => each === "traceparent"),
    "an origin is replayed": leaking((each) => each === "access-control-allow-origin"),
    "an allowance is replayed": leaking((each) => each.startsWith("x-ratelimit-")),
    "an invitation to wait is replayed": leaking((each) => each === "retry-after"),
    "what Connection names is replayed": replaying((replay, first) => {
      for (const each of (first.get("connection") ?? "").split(",").map((text) => text.trim())) {
        const text = each === "" || each === "close" ? null : first.get(each);
        if (text !== null) replay.set(each, text);
      }
    }),
    "only known fields are kept": replaying((replay) => {
      for (const each of [...replay.keys()]) {
        if (![...KEPT, ...OWN].map(lower).includes(each)) replay.delete(each);
      }
    }),
    "of two lines the last is kept": replaying((replay) => {
      const [, last] = (replay.get("link") ?? "").split(/, (?=<)/);
      if (last !== undefined) replay.set("link", last);
    }),
    "`drop` is not heard": withPolicy(({ replayHeaders }) => ({
      replayHeaders: { ...replayHeaders, drop: [] },
    })),
    "`keep` is not heard": withPolicy(({ replayHeaders }) => ({
      replayHeaders: { ...replayHeaders, keep: [] },
    })),
    "no marker": around(async (request, ask) => {
      const response = await ask(request);
      response.headers.delete("idempotent-replayed");
      return response;
    }),
  },
  sample: 500,
  play,
});
