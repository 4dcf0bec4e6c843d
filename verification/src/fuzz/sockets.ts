/**
 * Raw bytes over TCP to a `node:http` server: pipelined requests in every framing, cut anywhere,
 * and ended in three ways. No key has a second effect, no answer goes to another's request, nothing
 * in a body is ever run, and afterwards the server answers as before. P-21, P-51, P-78, P-135.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import * as fc from "fast-check";
import { memoryStore } from "oncekey/memory";
import { type GuardOptions, idempotency, optionalIdempotencyOf } from "oncekey/node";
import { converse, type Ending } from "./conversation.ts";
import { createTarget, type Target } from "./hunt.ts";
import { answersIn, type RawAnswer } from "./raw-answers.ts";
import {
  bodyOf,
  bytesOf,
  framingOf,
  KINDS,
  keyOf,
  pathOf,
  type Raw,
  UNSENDABLE,
} from "./raw-requests.ts";
import { ask, type Listener, served } from "./served.ts";

interface Input {
  readonly requests: readonly Raw[];
  /** Places at which the bytes are cut, in thousandths. */
  readonly cuts: readonly number[];
  readonly ending: Ending;
}

type Subject = (options: GuardOptions<IncomingMessage>, handler: Listener) => Listener;

const sound: Subject = (options, handler) => idempotency(options, handler);

/** One start of the handler. */
interface Run {
  readonly key: string | undefined;
  readonly path: string;
  readonly body: string;
}

/** The request that says that it is the last one. */
const FAREWELL = { path: "/bye", key: "bye" };
const farewell = `POST ${FAREWELL.path} HTTP/1.1\r\nHost: x\r\nIdempotency-Key: ${FAREWELL.key}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;

const answerTo = (path: string, body: string): string => `${path} took ${body.length}: ${body}`;

async function play({ requests, cuts, ending }: Input, subject: Subject): Promise<string[]> {
  const runs: Run[] = [];
  const failures: unknown[] = [];
  const options = { store: memoryStore(), scope: "global" } as const;
  const handler = async (request: IncomingMessage, response: ServerResponse) => {
    const key = optionalIdempotencyOf(request)?.key;
    let body = "";
    for await (const chunk of request) body += chunk.toString("latin1");
    const path = request.url ?? "";
    runs.push({ key, path, body });
    if (path.startsWith(UNSENDABLE)) response.statusMessage = "no\nphrase";
    response.statusCode = 201;
    response.end(answerTo(path, body));
  };
  const server = await served(subject(options, handler), (error) => failures.push(error));
  try {
    const isOver = requests.some(({ kind }) => ["last", "open"].includes(framingOf(kind).verdict));
    const last = ending === "close" && !isOver ? farewell : "";
    const bytes = requests.map(bytesOf).join("") + last;
    // Where the server has every reason to close by itself, it gets the time for it.
    const closes = requests.every(({ kind }) => CLOSING.includes(framingOf(kind).verdict));
    const stream = await converse(server.port, bytes, { cuts, ending, closes });
    const words = wordsOf(stream, requests, ending);
    // Each key once more, in the plainest way: whoever ran does not run again.
    for (const key of new Set(requests.map(keyOf))) {
      const before = ranWith(runs, key);
      const heard = await ask(server.port, { "Idempotency-Key": key }, "again").catch(() => {});
      if (before > 0) ok(heard?.status !== 201, "a key that ran was taken for a new one");
    }
    for (const isReplay of [false, true]) {
      const heard = await ask(server.port, { "Idempotency-Key": "clean" }, "clean");
      equal(heard.body, answerTo("/pay", "clean"), "a clean request afterwards");
      equal(heard.rawHeaders.includes("Idempotent-Replayed"), isReplay, "its marker");
    }
    checkRuns(runs, requests);
    return words;
  } finally {
    await server.close();
    deepEqual(failures, [], "what the listener rejected with");
  }
}

const ranWith = (runs: readonly Run[], key: string): number =>
  runs.filter((run) => run.key === key).length;

/** What ran was sent, whole, and ran once. */
function checkRuns(runs: readonly Run[], requests: readonly Raw[]): void {
  for (const { number } of requests) {
    const key = keyOf({ kind: "plain", number });
    ok(ranWith(runs, key) <= 1, `${key} had a second effect`);
  }
  const sent = requests.filter(
    ({ kind }) => !["refused", "invalid"].includes(framingOf(kind).verdict),
  );
  const isLoose = requests.some(({ kind }) => framingOf(kind).verdict === "loose");
  for (const { key, path, body } of runs) {
    if (path === FAREWELL.path || path === "/pay") continue;
    const isSent = sent.some((raw) => {
      const isKeyed = framingOf(raw.kind).isKeyed !== false;
      const isRight = pathOf(raw) === path && (!isKeyed ? key === undefined : key === keyOf(raw));
      return isRight && (isLoose || bodyOf(raw) === body);
    });
    ok(isSent, `${path} ran, which nobody sent`);
  }
}

const CLOSING: readonly string[] = ["sound", "invalid", "refused"];

/** The words of the answers, each of which must be one that its request can have. */
function wordsOf(stream: string, requests: readonly Raw[], ending: Ending): string[] {
  const answers = answersIn(stream);
  ok(answers !== undefined, "what came is no HTTP");
  const words: string[] = [`ended by ${ending}`];
  let isRefused = false;
  for (const [at, raw] of requests.entries()) {
    const { verdict } = framingOf(raw.kind);
    const answer = answers[at];
    const word = answer === undefined ? NONE : wordOf(answer, raw);
    const isQuiet = requests.slice(at).every(({ kind }) => isClear(framingOf(kind).verdict));
    // What Node cannot read further down, it answers at once, in place of what still runs.
    const mayFail = !isQuiet || isRefused || ending !== "close";
    const possible = [...WORDS[verdict], ...(mayFail ? [NONE, BAD] : [])];
    ok(possible.includes(word), `${raw.kind} was answered with ${word}`);
    words.push(verdict === "sound" ? word : `${verdict}: ${word}`);
    isRefused ||= verdict === "invalid";
    // What stands behind one of those is nobody's request any more.
    if (!isClear(verdict) || word === NONE || word === BAD) return words;
  }
  if (ending !== "close") return words;
  const farewells = answers.slice(requests.length).map(({ body }) => body);
  // Who refuses before the body was read may close the connection.
  if (!isRefused) equal(farewells.length, 1, "the answers behind the last request");
  deepEqual(farewells, farewells.slice(0, 1).fill(answerTo(FAREWELL.path, "")), "the last answer");
  return [...words, ...(farewells.length === 1 ? ["all in step"] : [])];
}

const NONE = "no answer";
/** The parser's own. */
const BAD = "status 400";
const SOUND_WORDS = ["ran", "replayed", "idempotency_conflict", "idempotency_in_flight"];
const ANY = [...SOUND_WORDS, NONE, BAD, "status 413", "idempotency_key_invalid"];

const WORDS = {
  ...{
    sound: SOUND_WORDS,
    last: SOUND_WORDS,
    refused: [BAD],
    invalid: ["idempotency_key_invalid"],
  },
  ...{ loose: ANY, open: [NONE, BAD], cut: [NONE, ...SOUND_WORDS.slice(1)] },
} as const;

const isClear = (verdict: keyof typeof WORDS): boolean =>
  verdict === "sound" || verdict === "invalid";

function wordOf({ status, head, body }: RawAnswer, raw: Raw): string {
  const isLoose = framingOf(raw.kind).verdict === "loose";
  if (status === 201) {
    if (!isLoose) equal(body, answerTo(pathOf(raw), bodyOf(raw)), "whose answer it is");
    return /\r\nidempotent-replayed: true/i.test(head) ? "replayed" : "ran";
  }
  if (!/application\/problem\+json/i.test(head)) return `status ${status}`;
  return String(JSON.parse(body).code);
}

const soundKinds = KINDS.filter((kind) => framingOf(kind).verdict === "sound");
const raw = fc.record({
  kind: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...soundKinds) },
    { weight: 3, arbitrary: fc.constantFrom(...KINDS) },
  ),
  number: fc.nat(1),
});

const input: fc.Arbitrary<Input> = fc.record({
  requests: fc.array(raw, { minLength: 1, maxLength: 4 }),
  cuts: fc.array(fc.integer({ min: 1, max: 999 }), { maxLength: 3 }),
  ending: fc.constantFrom("close", "close", "close", "half", "destroy"),
});

/** A guard that some requests pass by, or that some of them find changed. */
const instead =
  (
    isMeant: (request: IncomingMessage) => boolean,
    listener: (handler: Listener) => Listener,
  ): Subject =>
  (options, handler) => {
    const guarded = sound(options, handler);
    const other = listener(handler);
    return (request, response) => (isMeant(request) ? other : guarded)(request, response);
  };

const isChunked = ({ headers }: IncomingMessage): boolean =>
  headers["transfer-encoding"] !== undefined;
const isMalformed = ({ headers }: IncomingMessage): boolean =>
  /^"[^"]*$|, /.test(String(headers["idempotency-key"]));

export const sockets: Target = createTarget<Input, Subject>({
  name: "sockets",
  inputs: `one to four pipelined requests in ${KINDS.length} framings, cut anywhere`,
  input,
  classes: [
    ...["ran", "replayed", "idempotency_conflict", "all in step"],
    ...["invalid: idempotency_key_invalid", "refused: status 400", "last: ran", "open: status 400"],
    ...["cut: no answer", "ended by close", "ended by half", "ended by destroy"],
  ],
  sound,
  mutants: {
    "chunks pass the guard by": instead(isChunked, (handler) => handler),
    "malformed keys pass the guard by": instead(isMalformed, (handler) => handler),
    "a malformed key cuts the connection": instead(isMalformed, () => (request) => {
      request.socket.destroy();
    }),
    "what Node cannot send is thrown": instead(
      ({ url }) => url?.startsWith(UNSENDABLE) === true,
      () => () => {
        throw new Error("Invalid character in statusMessage");
      },
    ),
    "a body is run": (options, handler) =>
      sound(options, (request, response) => {
        if (Number(request.headers["content-length"]) > 20) request.url = "/smuggled";
        return handler(request, response);
      }),
    "the next answer is the last one's": (options, handler) => {
      let last: string | undefined;
      return sound(options, (request, response) => {
        const { url } = request;
        request.url = last ?? url ?? "";
        last = url;
        return handler(request, response);
      });
    },
    "a trailer's key counts": (options, handler) => {
      const guarded = sound(options, handler);
      return (request, response) => {
        if (isChunked(request)) request.headers["idempotency-key"] ??= "k0";
        return guarded(request, response);
      };
    },
    "GET is guarded": (options, handler) => {
      const guarded = sound(options, handler);
      return (request, response) => {
        if (request.method === "GET") request.method = "POST";
        return guarded(request, response);
      };
    },
  },
  sample: 120,
  play,
});
