/**
 * One round: a request's conversation with the store meets its fault, duplicates go to both
 * applications, the network is healed, everybody is asked until there is an answer, and the key is
 * tried in the wrong hands.
 */
import { setTimeout as pause } from "node:timers/promises";
import { type Reply, type Sent, type Sighting, send } from "../chaos/client.ts";
import { roundOf } from "../chaos/fragile-store.ts";
import type { Ground } from "../chaos/ground.ts";
import { type Entry, now } from "../chaos/ledger.ts";
import { mixed, seeded } from "../simulator/random.ts";
import { type Cell, placeOf } from "./cell.ts";
import { DWELL_MS, LEASE_MS, STORE_TIMEOUT_MS } from "./drivers.ts";
import { likeStopped } from "./expectation.ts";
import type { Application, Lane } from "./lane.ts";
import type { Observation } from "./observation.ts";
import type { Order } from "./proxy.ts";

/** Longer than a lease: an owner that is cut off for so long has lost it. */
const OUTAGE_MS = 2 * LEASE_MS;
/** Longer than a call is waited for: it arrives after it was given up. */
const DELAY_MS = 1.6 * STORE_TIMEOUT_MS;
const RETRY_MS = 25;
/** How often doubt is looked up in the list. */
const LOOKS = 4;
/** For word of the strike to come from the proxy. */
const LATE_MS = 1_000;
/** For the fault to strike. It takes milliseconds, unless the machine is busy. */
const STRIKE_MS = 10_000;
/** For all to be over. What is not over by then is judged as it stands. */
const DRAIN_MS = 12_000;

/** What the application saw that is connected directly. */
interface Witness {
  readonly sightings: Sighting[];
  isHealed: boolean;
  /** It was in doubt, and stood in the list. */
  isListed: boolean;
  /** It was in doubt, again and again, and did not. */
  isMissed: boolean;
}

type Ask = (application: Application, change?: Partial<Sent>) => Promise<Sighting>;

/** What was seen from the first byte to the healing. */
type Struck = Pick<Observation, "struckAt" | "first" | "witnessed" | "isMissed"> & {
  /** What the duplicates were told that went the way of the first. */
  readonly sightings: readonly Sighting[];
};

export async function playRound(
  lane: Lane,
  cell: Cell,
  seed: number,
  turn: number,
): Promise<Observation> {
  const { network, victim, witness, ledger } = lane;
  const random = seeded(mixed(seed, ...placeOf(cell), turn));
  const round = `${cell.step}-${cell.side}-${random.between(1, 1e9)}`;
  const [guest, stranger] = [`ann-${round}`, `bob-${round}`];
  const [amount, mismatch] = [random.between(1, 1_000), random.between(1_001, 2_000)];
  const request = {
    ...{ path: `/${cell.mode}/${round}`, key: `key-${random.between(1, 1e9)}`, guest, amount },
    dwellMs: cell.step === "renew" ? DWELL_MS : 0,
  };
  const ask: Ask = (application, change = {}) =>
    send({ ...request, origin: application.origin, ...change });

  ledger.news();
  const struck = await strike(lane, cell, round, ask);
  const { struckAt, first, isMissed } = struck;
  const sightings = [...struck.sightings];
  const witnessed = [...struck.witnessed];
  const finals = await Promise.all([
    drain(() => ask(victim), sightings),
    drain(() => ask(witness), witnessed),
  ]);
  const wrong = await drain(() => ask(victim, { amount: mismatch }), [], isRefusal);
  const strange = await drain(() => ask(victim, { guest: stranger }));
  const entries: Entry[] = ledger.news().filter((entry) => entry.round === round);
  if (struckAt !== undefined) entries.push({ what: "hit", round, pid: network.pid, at: struckAt });
  const observed = {
    ...{ cell: likeStopped(cell), round, guest, amount, entries, finals },
    sightings: [first, ...sightings, ...witnessed],
    legs: cell.mode === "transactional" ? await lane.ground.legs(round) : [],
    stranger: { guest: stranger, reply: strange },
    mismatch: { amount: mismatch, reply: wrong },
    settling: undefined,
    healedAt: now(),
  };
  await network.sweep(false);
  return { cell, round: observed, struckAt, first, witnessed, isMissed };
}

/** From the first byte to the healing: duplicates go to both applications all the while. */
async function strike(lane: Lane, cell: Cell, round: string, ask: Ask): Promise<Struck> {
  const { network, victim, witness, ground } = lane;
  await victim.reach();
  const { struck } = await network.arm(await orderOf(lane, cell, round));
  if (cell.step === "connect") await network.sweep(true);
  const told = ask(victim);
  const struckAt = await Promise.race([struck, missed(told)]);

  const seen: Witness = { sightings: [], isHealed: false, isListed: false, isMissed: false };
  const sightings: Sighting[] = [];
  const watching = [
    repeat(
      () => ask(victim),
      sightings,
      () => seen.isHealed,
    ),
    bearWitness(ground, round, () => ask(witness), seen),
  ];
  if (cell.reach === "outage") await pause(OUTAGE_MS);
  else await told;
  await network.heal();
  seen.isHealed = true;
  await Promise.all(watching);
  const { sightings: witnessed, isMissed } = seen;
  return { struckAt, first: await told, sightings, witnessed, isMissed };
}

/** Resolves when the request was answered and the fault still has not struck, or never will. */
async function missed(told: Promise<Sighting>): Promise<undefined> {
  await Promise.race([told, pause(STRIKE_MS, undefined, { ref: false })]);
  // What is told and what struck come from two processes, in any order.
  await pause(LATE_MS);
}

async function orderOf(lane: Lane, cell: Cell, round: string): Promise<Order> {
  const { step, side, at, fault, reach, mode } = cell;
  const stop = (await lane.route(mode)).get(step);
  return { round, step: stop ?? "connect", side, at, fault, reach, delayMs: DELAY_MS };
}

async function repeat(
  ask: () => Promise<Sighting>,
  sightings: Sighting[],
  isOver: () => boolean,
): Promise<void> {
  while (!isOver()) {
    sightings.push(await ask());
    await pause(RETRY_MS);
  }
}

/** The other application asks until it is answered. When it is told of doubt, the list must say so. */
async function bearWitness(
  ground: Ground,
  round: string,
  ask: () => Promise<Sighting>,
  witness: Witness,
): Promise<void> {
  let missed = 0;
  while (!witness.isHealed) {
    const sighting = await ask();
    witness.sightings.push(sighting);
    if (isAnswer(sighting)) return;
    if (isDoubt(sighting.reply) && !witness.isListed) {
      witness.isListed = await isInList(ground, round);
      // A renewal that arrives late revives the record for a moment, and so the list is right.
      if (!witness.isListed && ++missed === LOOKS) witness.isMissed = true;
    }
    await pause(RETRY_MS);
  }
}

async function isInList({ store }: Ground, round: string): Promise<boolean> {
  let after: string | undefined;
  do {
    const page = await store.list({ limit: 1_000, state: "in-doubt", ...(after && { after }) });
    if (page.records.some(({ label }) => roundOf(label) === round)) return true;
    after = page.next;
  } while (after !== undefined);
  return false;
}

/**
 * Until there is an answer: a pool that still has dead connections in it says 503 a few times, and
 * loses one with each. Doubt is no end: the owner lives, and settles it.
 */
async function drain(
  ask: () => Promise<Sighting>,
  sightings: Sighting[] = [],
  isEnd: (sighting: Sighting) => boolean = isAnswer,
): Promise<Reply> {
  const deadline = performance.now() + DRAIN_MS;
  for (;;) {
    const sighting = await ask();
    sightings.push(sighting);
    if (isEnd(sighting) || performance.now() > deadline) return sighting.reply;
    await pause(RETRY_MS);
  }
}

/** What is below 500 is kept, in every mode; a 500 may be the end of an attempt that is released. */
const isAnswer = ({ reply }: Sighting): boolean => reply.kind === "answer" && reply.status < 500;

const isDoubt = (reply: Reply): boolean =>
  reply.kind === "problem" && reply.code === "idempotency_outcome_unknown";

const isRefusal = ({ reply }: Sighting): boolean =>
  reply.kind === "answer" || (reply.kind === "problem" && reply.code === "idempotency_conflict");
