/**
 * Raw bytes over TCP to a gateway, and every byte that comes out at its other end. What it accepted
 * reaches the upstream once, whole and framed in one way; what it answered by itself does not; and
 * nothing behind a request that it refused is ever read as one. S-18, S-19, P-21, P-133.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import * as fc from "fast-check";
import { converse, type Ending } from "./conversation.ts";
import { mutants, type Subject, sound } from "./gateway-mutants.ts";
import {
  bodyOf,
  bytesOf,
  framingOf,
  KINDS,
  keyOf,
  type Sent,
  targetOf,
} from "./gateway-requests.ts";
import { type Message, type Upstream, upstream } from "./gateway-upstream.ts";
import { createTarget, type Target } from "./hunt.ts";
import { answersIn, type RawAnswer } from "./raw-answers.ts";
import { ask } from "./served.ts";

interface Input {
  readonly requests: readonly Sent[];
  /** Places at which the bytes are cut, in thousandths. */
  readonly cuts: readonly number[];
  readonly ending: Ending;
}

const verdictOf = ({ kind }: Sent) => framingOf(kind).verdict;
/** The next request is read. */
const isInStep = (sent: Sent): boolean => ["accepted", "invalid"].includes(verdictOf(sent));
const isKeyed = ({ kind }: Sent): boolean => {
  const { isKeyed = true } = framingOf(kind);
  return isKeyed;
};

/** The request that says that it is the last one. */
const FAREWELL: Sent = { kind: "no key", number: 9 };
const farewell = (at: number): string =>
  bytesOf(FAREWELL, at).replace("Host: x\r\n", "Host: x\r\nConnection: close\r\n");

async function play(input: Input, subject: Subject): Promise<string[]> {
  const { requests, cuts, ending } = input;
  const far = await upstream();
  const gateway = await subject(far.port);
  const keys = new Set(requests.map(keyOf));
  let words: string[];
  try {
    const isOver = requests.some((sent) => ["last", "open", "torn"].includes(verdictOf(sent)));
    const last = ending === "close" && !isOver ? farewell(requests.length) : "";
    const closes = requests.every((sent) => [...IN_STEP, "refused"].includes(verdictOf(sent)));
    const stream = await converse(gateway.port, requests.map(bytesOf).join("") + last, {
      ...{ cuts, ending, closes },
    });
    const answers = answersIn(stream);
    ok(answers !== undefined, "what came is no HTTP");
    words = checkAnswers(answers, input, far.messages);
    // Each key once more, in the plainest way: whoever ran does not run again.
    for (const key of keys) {
      await ask(gateway.port, { "Idempotency-Key": key }, "again").catch(() => {});
    }
    for (const isReplay of [false, true]) {
      const heard = await ask(gateway.port, { "Idempotency-Key": "clean" }, "clean");
      equal(heard.body, "saw nothing", "a clean request afterwards");
      const names = heard.rawHeaders.map((name) => name.toLowerCase());
      equal(names.includes("idempotent-replayed"), isReplay, "its marker");
    }
  } finally {
    await gateway.close();
    await far.close();
  }
  checkUpstream(far, requests);
  return words;
}

const IN_STEP: readonly string[] = ["accepted", "invalid"];

const NONE = "no answer";
const RAN = "ran";
/** What the guard answers instead of running. */
const NOT_AGAIN = ["replayed", "idempotency_conflict", "idempotency_in_flight"];
/** What is answered to bytes with two readings, or with none. */
const REFUSALS = ["status 400", "status 431", "status 417", "status 501"];

const WORDS = {
  accepted: [RAN, ...NOT_AGAIN],
  last: [RAN, ...NOT_AGAIN],
  invalid: ["idempotency_key_invalid"],
  refused: REFUSALS,
  torn: [NONE, "status 400", "status 502"],
  open: [NONE, "status 400"],
} as const;

/** The words of the answers, each of which must be one that its request can have. */
function checkAnswers(
  answers: readonly RawAnswer[],
  { requests, ending }: Input,
  messages: readonly Message[],
): string[] {
  const words: string[] = [`ended by ${ending}`];
  for (const [at, sent] of requests.entries()) {
    const verdict = verdictOf(sent);
    const answer = answers[at];
    const word = answer === undefined ? NONE : wordOf(answer, at, messages);
    // What the parser refuses further down is answered at once, in place of what still runs.
    const mayFail = ending !== "close" || !requests.slice(at).every(isInStep);
    const possible = [...WORDS[verdict], ...(mayFail ? [NONE, ...REFUSALS] : [])];
    ok(possible.includes(word), `${sent.kind} was answered with ${word}`);
    words.push(verdict === "accepted" ? word : `${verdict}: ${word}`);
    checkReached(word, sent, at, messages);
    if (word === NONE || REFUSALS.includes(word) || !isInStep(sent)) {
      ok(answers.length <= at + 1, `${answers.length - at - 1} answers behind ${sent.kind}`);
      return words;
    }
  }
  if (ending !== "close") return words;
  const farewells = answers.slice(requests.length).map(({ body }) => body);
  deepEqual(farewells, [`saw ${requests.length}`], "the last answer");
  return [...words, "all in step"];
}

const placeOf = ({ fields }: Message): number => Number(fields.get("x-at") ?? Number.NaN);

/** Once, where it ran; and not at all, where the gateway gave an answer of its own. */
function checkReached(word: string, sent: Sent, at: number, messages: readonly Message[]): void {
  const times = messages.filter((message) => placeOf(message) === at).length;
  if (word === RAN) equal(times, 1, "how often the upstream saw what ran");
  if ([...NOT_AGAIN, "idempotency_key_invalid"].includes(word)) {
    equal(times, 0, `the upstream saw ${sent.kind}, which was answered with ${word}`);
  }
}

function wordOf({ status, head, body }: RawAnswer, at: number, messages: readonly Message[]) {
  if (status === 201) {
    if (!/\r\nidempotent-replayed: true/i.test(head)) {
      equal(body, `saw ${at}`, "whose answer it is");
      return RAN;
    }
    const first = messages.find((message) => `saw ${placeOf(message)}` === body);
    ok(first !== undefined, "a replay of nothing");
    return "replayed";
  }
  if (!/application\/problem\+json/i.test(head)) return `status ${status}`;
  return String(JSON.parse(body).code);
}

/** Looked at when all is over: what came there, and what must not have. */
function checkUpstream({ messages, faults, rests }: Upstream, requests: readonly Sent[]): void {
  deepEqual(faults, [], "what the upstream could not read");
  const believed = requests.slice(
    0,
    requests.findIndex((sent) => !isInStep(sent)) + 1 || undefined,
  );
  const isWhole = (sent: Sent) => ["accepted", "last"].includes(verdictOf(sent));
  for (const message of messages) {
    const at = placeOf(message);
    if (Number.isNaN(at)) {
      ok(isAsked(message), `${message.method} ${message.target} reached it, which nobody sent`);
      continue;
    }
    const sent = at === requests.length ? FAREWELL : believed[at];
    ok(sent !== undefined, "what is behind a refused request was read as one");
    ok(isWhole(sent), `${sent.kind} reached the upstream`);
    const { method = "POST" } = framingOf(sent.kind);
    const { target, body } = message;
    const wanted = { method, target: targetOf(sent), body: bodyOf(sent) };
    deepEqual({ method: message.method, target, body }, wanted, `what ${sent.kind} became`);
    if (isKeyed(sent)) equal(keyIn(message), keyOf(sent), "its key");
    equal(messages.filter((each) => placeOf(each) === at).length, 1, "how often it was sent");
  }
  for (const key of new Set(requests.map(keyOf))) checkOnce(key, messages, requests);
  const streams = believed.filter((sent) => !isKeyed(sent)).length;
  ok(rests().length <= streams, "a part of a request with a key reached the upstream");
}

/** As a string of RFC 9651, or as it is. */
const keyIn = ({ fields }: Message): string | undefined =>
  /^"?([^";]*)/.exec(fields.get("idempotency-key") ?? "")?.[1];

/** What the play itself asks afterwards, without a place. */
const isAsked = ({ target, body }: Message): boolean =>
  target === "/pay" && ["again", "clean"].includes(body);

function checkOnce(key: string, messages: readonly Message[], requests: readonly Sent[]): void {
  const runs = messages.filter((message) => {
    const sent = requests[placeOf(message)];
    return keyIn(message) === key && (sent === undefined || isKeyed(sent));
  });
  ok(runs.length <= 1, `${key} reached the upstream ${runs.length} times`);
}

const kindsOf = (...verdicts: readonly string[]) =>
  KINDS.filter((kind) => verdicts.includes(framingOf(kind).verdict));

const sent = fc.record({
  kind: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...kindsOf("accepted")) },
    { weight: 2, arbitrary: fc.constantFrom(...kindsOf("refused")) },
    { weight: 1, arbitrary: fc.constantFrom(...kindsOf("invalid", "last", "torn", "open")) },
  ),
  number: fc.nat(1),
});

const input: fc.Arbitrary<Input> = fc.record({
  requests: fc.array(sent, { minLength: 1, maxLength: 4 }),
  cuts: fc.array(fc.integer({ min: 1, max: 999 }), { maxLength: 3 }),
  ending: fc.constantFrom("close", "close", "close", "half", "destroy"),
});

export const gateway: Target = createTarget<Input, Subject>({
  name: "gateway",
  inputs: `one to four pipelined requests in ${KINDS.length} framings, cut anywhere`,
  input,
  classes: [
    ...["ran", "replayed", "idempotency_conflict", "all in step"],
    ...["invalid: idempotency_key_invalid", "refused: status 400", "refused: status 431"],
    ...["refused: status 417", "refused: status 501", "last: ran", "open: no answer"],
    ...["torn: status 400", "ended by close", "ended by half", "ended by destroy"],
  ],
  sound,
  mutants,
  sample: 150,
  play,
});
