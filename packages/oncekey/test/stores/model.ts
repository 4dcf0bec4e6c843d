/**
 * Random histories of one caller, held against the reference.
 *
 * A clock that cannot be turned goes on while a command runs. So each command is timed on the
 * store's own clock, before and after: whatever the reference allows at either instant may come,
 * and instants may differ by that much. On a fake clock this is nothing, and all must be exact.
 */
import { fail } from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { claimed, digest, request, type StoreSubject } from "../../src/conformance/subject.ts";
import type { Effects, IdempotencyRecord } from "../../src/core/record.ts";
import type { Claim, ClaimRequest, Store } from "../../src/core/store.ts";
import { type Answer, type Known, type Possible, possible, type Step } from "./reference.ts";

export interface ModelOptions {
  /** How many histories. */
  readonly runs?: number;
  /** How many commands a history has at most. */
  readonly commandsMax?: number;
}

/** Short enough to wait for, and two lengths that can be told apart. */
const LEASE_MS = 60;
const RETENTION_MS = 200;
const LONG_MS = 600_000;

export function modelRuns(
  name: string,
  makeSubject: () => StoreSubject | Promise<StoreSubject>,
  { runs = 500, commandsMax = 40 }: ModelOptions = {},
): void {
  test(`${name}: random histories are answered as the reference allows`, () =>
    holdToReference(makeSubject, { runs, commandsMax }));
}

/** Rejects with the shortest history that it finds, and with the seed that leads to it. */
export async function holdToReference(
  makeSubject: () => StoreSubject | Promise<StoreSubject>,
  { runs, commandsMax }: Required<ModelOptions>,
): Promise<void> {
  const histories = fc.commands(commands(), { maxCommands: commandsMax, size: "max" });
  const property = fc.asyncProperty(histories, async (history) => {
    const real = await makeSubject();
    await fc.asyncModelRun(() => ({ model: [newKey(), newKey()], real }), history);
  });
  await fc.assert(property, { numRuns: runs });
}

/** What the model remembers of a key. */
interface Key {
  readonly id: string;
  known: Known | undefined;
  /** Every token that was ever given for this key. */
  readonly tokens: number[];
  /** Every claim that was ever made of it. */
  readonly requests: ClaimRequest[];
}

type Model = readonly Key[];
type Command = fc.AsyncCommand<Model, StoreSubject>;

function newKey(): Key {
  return { id: digest(), known: undefined, tokens: [], requests: [] };
}

/** What is drawn: which key, which token or nonce of those that were, and how long. */
interface Draw {
  readonly verb: Step["verb"];
  readonly key: number;
  /** Counted from the latest. */
  readonly back: number;
  readonly effects: Effects;
  readonly fingerprint: string;
  readonly leaseMs: number;
  readonly retentionMs: number;
  readonly label: string;
  readonly again: boolean;
  readonly result: Uint8Array;
  /** Of what is in doubt. */
  readonly happened: boolean;
}

/** Two of them, so that most claims of a key agree: a mismatch ends a history's interest. */
const FINGERPRINTS = ["a", "a", "a", "b"].map((digit) => digit.repeat(64));

function commands(): fc.Arbitrary<Command>[] {
  const verbs = ["claim", "claim", "renew", "complete", "release", "resolve", "get"] as const;
  const draw: fc.Arbitrary<Draw> = fc.record({
    verb: fc.constantFrom(...verbs),
    key: fc.constantFrom(0, 0, 1),
    back: fc.constantFrom(0, 0, 0, 1, 2),
    effects: fc.constantFrom<Effects>("unrepeatable", "repeatable", "transactional"),
    fingerprint: fc.constantFrom(...FINGERPRINTS),
    leaseMs: fc.constantFrom(LEASE_MS, LONG_MS, 0),
    retentionMs: fc.constantFrom(RETENTION_MS, LONG_MS),
    label: fc.string({ maxLength: 8, unit: "grapheme" }),
    again: fc.constantFrom(false, false, false, true),
    result: fc.uint8Array({ maxLength: 3 }),
    happened: fc.boolean(),
  });
  const ms = fc.constantFrom(LEASE_MS, RETENTION_MS);
  return [draw.map(acting), draw.map(acting), draw.map(acting), draw.map(acting), ms.map(passing)];
}

function passing(ms: number): Command {
  return {
    check: () => true,
    run: (_, { pass }) => pass(ms),
    toString: () => `pass(${ms})`,
  };
}

function acting(draw: Draw): Command {
  const { verb, again, effects, leaseMs, retentionMs, fingerprint } = draw;
  const details = verb === "claim" ? { again, effects, leaseMs, retentionMs, fingerprint } : {};
  const { back, happened } = draw;
  const spelled = JSON.stringify({ back, happened, ...details, result: [...draw.result] });
  return {
    check: (model) => stepOf(model[draw.key] as Key, draw) !== undefined,
    async run(model, { store }) {
      const key = model[draw.key] as Key;
      const step = stepOf(key, draw);
      if (step !== undefined) await play(store, key, step);
    },
    toString: () => `${verb}(${draw.key}, ${spelled})`,
  };
}

/** Undefined: there is no token or nonce of the kind that was drawn. */
function stepOf(key: Key, draw: Draw): Step | undefined {
  const { verb, effects, fingerprint, retentionMs, label, result } = draw;
  if (verb === "get") return { verb };
  if (verb === "claim") {
    const leaseMs = draw.leaseMs || LONG_MS;
    const fresh = request({ id: key.id, effects, fingerprint, leaseMs, retentionMs, label });
    const made = draw.again ? key.requests.at(-1 - draw.back) : fresh;
    return made && { verb, request: made };
  }
  const token = key.tokens.at(-1 - draw.back);
  if (token === undefined) return undefined;
  switch (verb) {
    case "renew":
      return { verb, token, leaseMs: draw.leaseMs };
    case "release":
      return { verb, token };
    case "complete":
      return { verb, token, result };
    case "resolve":
      return { verb, token, result: draw.happened ? result : undefined };
  }
}

type Actual = Claim | IdempotencyRecord | boolean | undefined;

/** Makes the step, asks what the record reads as then, and holds both against the reference. */
async function play(store: Store, key: Key, step: Step): Promise<void> {
  if (step.verb === "claim") key.requests.push(step.request);
  const from = await clockOf(store);
  const actual = await performed(store, key.id, step);
  const to = await clockOf(store);
  const timing = { from, to, slack: to - from };
  const views = explained(key, [key.known], step, actual, timing);
  if (isClaimed(actual)) remember(key, actual.lease.token);

  const record = await store.get(key.id);
  const later = { from: to, to: await clockOf(store), slack: to - from };
  [key.known] = explained(key, views, { verb: "get" }, record, later);
  if (record !== undefined) remember(key, record.token);
}

function remember({ tokens }: Key, token: number): void {
  if (!tokens.includes(token)) tokens.push(token);
}

/** When a step was made, and by how much the instants may differ that are known so far. */
interface Timing {
  readonly from: number;
  readonly to: number;
  readonly slack: number;
}

async function clockOf(store: Store): Promise<number> {
  const wanted = request({ effects: "repeatable", leaseMs: 1, retentionMs: 1 });
  return (await claimed(store, wanted)).claimedAt;
}

function performed(store: Store, id: string, step: Step): Promise<Actual> {
  switch (step.verb) {
    case "claim":
      return store.claim(step.request);
    case "renew":
      return store.renew({ id, token: step.token }, step.leaseMs);
    case "complete":
      return store.complete({ id, token: step.token }, step.result);
    case "resolve":
      return store.resolve({ id, token: step.token }, step.result);
    case "release":
      return store.release({ id, token: step.token });
    case "get":
      return store.get(id);
  }
}

/**
 * What may be known after a step, in the order of likelihood: as seen from its start, and from its
 * end. Fails when the reference has no explanation of the answer, whichever was known before.
 */
function explained(
  key: Key,
  views: readonly (Known | undefined)[],
  step: Step,
  actual: Actual,
  timing: Timing,
): (Known | undefined)[] {
  const instants = [timing.from, timing.to];
  const allowed = views.flatMap((known) => instants.flatMap((now) => possible(known, step, now)));
  const found = allowed.flatMap((one) => agreed(key, one, actual, timing.slack));
  if (found.length > 0) return found;
  const expected = [...new Set(allowed.map(({ answer }) => spelled(answer)))].join("\n or ");
  return fail(`${step.verb}: expected ${expected}\n but got ${spelled(actual)}`);
}

/** What is known then, if that is what happened. Nothing: it is not. */
function agreed(
  key: Key,
  { answer, after }: Possible,
  actual: Actual,
  slack: number,
): (Known | undefined)[] {
  if (typeof answer === "boolean") return answer === actual ? [after] : [];
  if (answer.outcome === "absent") return actual === undefined ? [after] : [];
  if (answer.outcome === "claimed") {
    if (after === undefined || !isClaimed(actual) || actual.lease.id !== key.id) return [];
    const agrees =
      actual.attempt === answer.attempt && isToken(key, answer.token, actual.lease.token);
    return agrees ? [owned(after, actual)] : [];
  }
  const record = recordIn(actual);
  return record && isRecord(key, answer, record, slack) ? [read(answer.known, record)] : [];
}

type Claimed = Extract<Claim, { outcome: "claimed" }>;

function isClaimed(actual: Actual): actual is Claimed {
  return typeof actual === "object" && "lease" in actual;
}

function recordIn(actual: Actual): IdempotencyRecord | undefined {
  if (typeof actual !== "object" || "lease" in actual) return undefined;
  return "record" in actual ? actual.record : actual;
}

/** A new token is greater than every one before. */
function isToken({ tokens }: Key, expected: number | "new", actual: number): boolean {
  if (expected !== "new") return actual === expected;
  return Number.isSafeInteger(actual) && actual > Math.max(0, ...tokens);
}

function isRecord(
  key: Key,
  { known, state }: Extract<Answer, { outcome: "taken" }>,
  record: IdempotencyRecord,
  slack: number,
): boolean {
  const { request: wanted, status } = known;
  const near = (actual: number, expected: number) => Math.abs(actual - expected) <= slack;
  const sameSubject =
    record.id === key.id &&
    record.scope === wanted.scope &&
    record.fingerprint === wanted.fingerprint &&
    record.effects === wanted.effects &&
    record.label === wanted.label;
  const sameOwner =
    isToken(key, known.token, record.token) &&
    record.attempt === known.attempt &&
    (known.claimedAt === undefined || record.claimedAt === known.claimedAt);
  if (!sameSubject || !sameOwner || record.state !== state) return false;
  if (record.state === "completed") {
    return (
      status.kind === "completed" &&
      near(record.completedAt, status.completedAt) &&
      record.expiresAt - record.completedAt === wanted.retentionMs &&
      isDeepStrictEqual([...record.result], [...status.result])
    );
  }
  return status.kind === "owned" && near(record.leaseEndsAt, status.leaseEndsAt);
}

/** A claim of its own begins when the store says; one that was made again has begun before. */
function owned(after: Known, { lease, claimedAt }: Claimed): Known {
  if (after.token !== "new") return after;
  const status = { kind: "owned", leaseEndsAt: claimedAt + after.request.leaseMs } as const;
  return { ...after, token: lease.token, claimedAt, status };
}

/** The store's own instants, and the token that a resolution has given. */
function read(known: Known, record: IdempotencyRecord): Known {
  const { token, claimedAt } = record;
  if (record.state !== "completed") {
    const status = { kind: "owned", leaseEndsAt: record.leaseEndsAt } as const;
    return { ...known, token, claimedAt, status };
  }
  const { completedAt, result } = record;
  return { ...known, token, claimedAt, status: { kind: "completed", completedAt, result } };
}

function spelled(value: unknown): string {
  return JSON.stringify(value, (_, one) => (one instanceof Uint8Array ? [...one] : one));
}
