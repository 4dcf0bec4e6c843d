/**
 * Processes that really die, or really stand still, in the middle of a request: protocol.md,
 * section 9, over real databases. Effects are counted in a ledger that belongs to no store.
 */
import { deepEqual, equal, notEqual, ok, rejects } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { Effects } from "../src/core/record.ts";
import { databases } from "./processes/databases.ts";
import { type Answer, createFleet, type Fleet, type ServerProcess } from "./processes/fleet.ts";
import { type Opened, open, type Place } from "./processes/places.ts";

/** Long enough that a loaded machine asks twice before it ends, short enough to be waited for. */
const LEASE_MS = 1_500;
/** A lease by the store's clock, and a moment: a store that rounds is no late store. */
const OVER_MS = LEASE_MS + 300;

/** What each database can do: a lock is not a row, so Redis has no transactions to offer. */
const MODES: Readonly<Record<Place["kind"], readonly Effects[]>> = {
  redis: ["unrepeatable", "repeatable"],
  postgres: ["unrepeatable", "repeatable", "transactional"],
  sqlite: ["unrepeatable", "repeatable", "transactional"],
};

const kinds = Object.keys(MODES) as Place["kind"][];
const made = await databases(kinds);
after(() => made.stop());

interface Scene {
  readonly effects: Effects;
  readonly place: Place;
  readonly fleet: Fleet;
  /** Outlives all that dies here. */
  readonly survivor: ServerProcess;
  readonly opened: Opened;
}

// Two at a time: they wait for leases more than they work.
describe("processes that die or stand still", { concurrency: 2 }, () => {
  for (const kind of kinds) for (const effects of MODES[kind]) suite(kind, effects);
});

function suite(kind: Place["kind"], effects: Effects): void {
  // Whoever stands still in a transaction of SQLite's makes all others wait.
  const holdsTheLock = kind === "sqlite" && effects === "transactional";

  describe(`${effects} over ${kind}`, { concurrency: holdsTheLock ? 1 : 4 }, () => {
    const fleet = createFleet();
    let scene: Scene;

    before(async () => {
      const place = await made.fresh(kind);
      const survivor = await fleet.start({ place, options: optionsOf(effects) });
      scene = { effects, place, fleet, survivor, opened: await open(place) };
    });
    after(async () => {
      await fleet.stop();
      await scene.opened.close();
    });

    test("P-87, P-103: killed in mid-handler, within its lease", () => killedWithin(scene));
    test("P-88, P-94, P-97: killed in mid-handler, after its lease", () => killedAfter(scene));
    test("P-92, P-95, P-98, P-101: stopped past its lease, then continued", () =>
      holdsTheLock ? stoppedWithTheLock(scene) : stopped(scene));
    test("P-99: killed when the record is complete", () => killedComplete(scene));
  });
}

const optionsOf = (effects: Effects, more: Readonly<Record<string, unknown>> = {}) => ({
  effects,
  leaseMs: LEASE_MS,
  ...more,
});

/** A process that stands still behind its effect, and the request that waits for it. */
async function holding({ fleet, place, effects }: Scene, key: string, more = {}) {
  const owner = await fleet.start({ place, options: optionsOf(effects, more), holds: true });
  const asked = owner.ask(key);
  // It may well be cut off before anybody waits for it.
  asked.catch(() => {});
  const early = asked.then(({ status }) => {
    throw new Error(`The owner answered ${status} before it stood still.`);
  });
  early.catch(() => {});
  await Promise.race([owner.told("reached"), early]);
  return { owner, asked };
}

async function killedWithin(scene: Scene): Promise<void> {
  const { fleet, place, effects, survivor } = scene;
  // Longer than any machine takes for what follows: it must not end here.
  const options = { leaseMs: 600_000 };
  const { owner, asked } = await holding(scene, "within", options);
  await owner.kill();
  await rejects(asked);
  isInFlight(await survivor.ask("within"));

  // P-103: under the same name, which is all that a process has of an earlier life.
  const spec = { place, options: optionsOf(effects, options), port: owner.port };
  const restarted = await fleet.start(spec);
  isInFlight(await restarted.ask("within"));
  isInFlight(await survivor.ask("within"));
  equal(runs(scene, "within"), 1);
  equal(await effectsOf(scene, "within"), effects === "transactional" ? 0 : 1);
}

async function killedAfter(scene: Scene): Promise<void> {
  const { fleet, place, effects, survivor } = scene;
  const third = fleet.start({ place, options: optionsOf(effects) });
  const { owner, asked } = await holding(scene, "after");
  await owner.kill();
  await rejects(asked);
  await pause(OVER_MS);
  const others = [survivor, await third] as const;
  if (effects === "unrepeatable") {
    for (const server of [...others, ...others]) isUnknown(await server.ask("after"));
    equal(runs(scene, "after"), 1);
    equal(await effectsOf(scene, "after"), 1);
    return;
  }
  const ten = Array.from({ length: 10 }, (_, index) =>
    (index % 2 === 0 ? others[0] : others[1]).ask("after"),
  );
  const first = oneRan(await Promise.all(ten));
  isReplay(await survivor.ask("after"), first);
  const attempts = fleet.happened("run").get("after") ?? [];
  deepEqual(
    attempts.map(({ attempt }) => attempt),
    [1, 2],
  );
  // The killed one's effect is there where nothing takes it back: the limit of a mode, not a bug.
  equal(await effectsOf(scene, "after"), effects === "transactional" ? 1 : 2);
}

async function stopped(scene: Scene): Promise<void> {
  const { effects, survivor } = scene;
  const { owner, asked } = await holding(scene, "stopped");
  owner.signal("SIGSTOP");
  await pause(OVER_MS);

  if (effects === "unrepeatable") {
    for (let times = 0; times < 3; times++) isUnknown(await survivor.ask("stopped"));
    await goOn(owner);
    const first = await asked;
    isFirst(first);
    isReplay(await survivor.ask("stopped"), first);
    equal(runs(scene, "stopped"), 1);
    equal(await effectsOf(scene, "stopped"), 1);
    return;
  }
  const second = await survivor.ask("stopped");
  isFirst(second);
  await goOn(owner);
  // Fenced out: what the owner's own caller is told is what everybody is told.
  isReplay(await asked, second);
  isReplay(await survivor.ask("stopped"), second);
  equal(runs(scene, "stopped"), 2);
  equal(await effectsOf(scene, "stopped"), effects === "transactional" ? 1 : 2);
}

/** Whoever has SQLite's write lock keeps it while stopped: nobody can take over, or write at all. */
async function stoppedWithTheLock(scene: Scene): Promise<void> {
  const { survivor } = scene;
  const { owner, asked } = await holding(scene, "locked");
  owner.signal("SIGSTOP");
  await pause(OVER_MS);
  const meanwhile = await survivor.ask("locked");
  ok(
    meanwhile.code === "idempotency_store_unavailable" ||
      meanwhile.code === "idempotency_in_flight",
    `a duplicate is told to come back, not ${meanwhile.code ?? meanwhile.status}`,
  );
  await goOn(owner);
  const first = await asked;
  isFirst(first);
  isReplay(await survivor.ask("locked"), first);
  equal(runs(scene, "locked"), 1);
  equal(await effectsOf(scene, "locked"), 1);
}

/** P-101: as soon as it goes on, its handler hears that the lease was lost. */
async function goOn(owner: ServerProcess): Promise<void> {
  owner.signal("SIGCONT");
  await owner.told("aborted");
  owner.goOn();
}

async function killedComplete(scene: Scene): Promise<void> {
  const { fleet, place, effects, survivor } = scene;
  const options = optionsOf(effects);
  const owner = await fleet.start({ place, options, diesComplete: true });
  await rejects(owner.ask("complete"));
  const again = await survivor.ask("complete");
  equal(again.status, 201);
  equal(again.isReplay, true);
  equal(runs(scene, "complete"), 1);
  equal(await effectsOf(scene, "complete"), 1);
}

const runs = ({ fleet }: Scene, key: string): number => fleet.happened("run").get(key)?.length ?? 0;

/** Rows where they are in the transaction, lines of the ledger where nothing takes them back. */
async function effectsOf({ fleet, effects, opened }: Scene, key: string): Promise<number> {
  if (effects !== "transactional") return fleet.happened("effect").get(key)?.length ?? 0;
  return (await opened.rows()).filter((row) => row === key).length;
}

function isFirst(answer: Answer): void {
  deepEqual([answer.status, answer.code, answer.isReplay], [201, undefined, false]);
}

function isReplay(answer: Answer, first: Answer): void {
  deepEqual([answer.status, answer.text, answer.isReplay], [first.status, first.text, true]);
}

function isInFlight(answer: Answer): void {
  deepEqual([answer.status, answer.code], [409, "idempotency_in_flight"]);
}

function isUnknown(answer: Answer): void {
  deepEqual([answer.status, answer.code], [409, "idempotency_outcome_unknown"]);
  equal(answer.headers["retry-after"], undefined);
  equal(JSON.parse(answer.text).retryable, false);
}

/** Exactly one of them ran; every other is its replay, or was told to wait. */
function oneRan(answers: readonly Answer[]): Answer {
  const [first, ...more] = answers.filter(({ code, isReplay }) => code === undefined && !isReplay);
  notEqual(first, undefined);
  equal(more.length, 0);
  const ran = first as Answer;
  isFirst(ran);
  for (const answer of answers) {
    if (answer.isReplay) isReplay(answer, ran);
    else if (answer !== ran) isInFlight(answer);
  }
  return ran;
}
