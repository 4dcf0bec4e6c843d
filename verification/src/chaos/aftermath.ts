/**
 * After a fault: all is healed, everybody is asked until there is an answer, and the key is tried in
 * the wrong hands. Where it ended in doubt, a person settles it.
 */
import { setTimeout as pause } from "node:timers/promises";
import { settle } from "oncekey";
import type { Random } from "../simulator/random.ts";
import type { Cell } from "./cell.ts";
import { type Reply, type Sent, type Sighting, send } from "./client.ts";
import { type Cluster, PROCESSES } from "./cluster.ts";
import { expectationOf } from "./expectation.ts";
import { roundOf } from "./fragile-store.ts";
import type { Ground } from "./ground.ts";
import type { Observation, Settling } from "./observation.ts";

/** How long a duplicate waits before it asks again: short, since a lease is short here. */
export const RETRY_MS = 25;
/** For all to be over. A key that is blocked for as long is a violation, and is judged as one. */
const DRAIN_MS = 10_000;
const SETTLED = '{"settled":true}';
/** Another principal than the one who asks first. */
const STRANGER = "bob";

export const ALL: readonly number[] = Array.from({ length: PROCESSES }, (_, index) => index);

export type Ask = (index: number, change?: Partial<Sent>) => Promise<Sighting>;

/** One key under trial, and what has been told about it so far. */
export interface Trial {
  readonly cell: Cell;
  readonly round: string;
  readonly request: Omit<Sent, "origin" | "leaves">;
  readonly ask: Ask;
  readonly sightings: Sighting[];
}

export function createTrial(
  cluster: Cluster,
  cell: Cell,
  round: string,
  chosen: Pick<Sent, "key" | "amount" | "dwellMs">,
): Trial {
  const request = { ...chosen, path: `/${cell.mode}/${round}`, guest: "ann" };
  const ask: Ask = (index, change = {}) =>
    send({ ...request, origin: cluster.origin(index), ...change });
  return { cell, round, request, ask, sightings: [] };
}

export type Aftermath = Omit<Observation, "entries" | "healedAt">;

export async function aftermathOf(
  { cell, round, request, ask, sightings }: Trial,
  ground: Ground,
  random: Random,
): Promise<Aftermath> {
  await Promise.all(ALL.map((index) => drain(index, cell, ask, sightings)));
  const finals = await Promise.all(ALL.map(async (index) => (await ask(index)).reply));
  const other = random.between(0, PROCESSES - 1);
  const amount = request.amount + 1_000;
  const mismatch = { amount, reply: (await ask(other, { amount })).reply };
  const { reply } = await untilAnswered(() => ask(other, { guest: STRANGER }));
  const isInDoubt = finals.every((final) => isDoubt(final));
  const settling = isInDoubt ? await settleDoubt(ground, round, ask) : undefined;
  return {
    ...{ cell, round, guest: request.guest, amount: request.amount },
    ...{ sightings, finals, mismatch, settling, stranger: { guest: STRANGER, reply } },
    legs: cell.mode === "transactional" ? await ground.legs(round) : [],
  };
}

/** Asks one process until it says what is final. In doubt is final only where it may be. */
async function drain(index: number, cell: Cell, ask: Ask, sightings: Sighting[]): Promise<void> {
  const { end } = expectationOf(cell);
  const deadline = performance.now() + DRAIN_MS;
  while (performance.now() < deadline) {
    const sighting = await ask(index);
    sightings.push(sighting);
    if (sighting.reply.kind === "answer" && sighting.reply.status < 500) return;
    if (sighting.reply.kind === "answer" && cell.mode === "unrepeatable") return;
    if (end !== "answered" && isDoubt(sighting.reply)) return;
    await pause(RETRY_MS);
  }
}

/** A stranger's request may be told to come again, as anybody's. */
async function untilAnswered(ask: () => Promise<Sighting>): Promise<Sighting> {
  const deadline = performance.now() + DRAIN_MS;
  for (;;) {
    const sighting = await ask();
    if (sighting.reply.kind === "answer" || performance.now() > deadline) return sighting;
    await pause(RETRY_MS);
  }
}

const isDoubt = (reply: Reply): boolean =>
  reply.kind === "problem" && reply.code === "idempotency_outcome_unknown";

/** A person looks at the list, knows that it happened, and says so. */
async function settleDoubt({ store }: Ground, round: string, ask: Ask): Promise<Settling> {
  const { records } = await store.list({ limit: 1_000, state: "in-doubt" });
  const record = records.find(({ label }) => roundOf(label) === round);
  const answer = { status: 200, headers: { "Content-Type": "application/json" }, body: SETTLED };
  const wasSettled =
    record !== undefined && (await settle(store, record, { happened: true, answer }));
  const replies = await Promise.all(ALL.map(async (index) => (await ask(index)).reply));
  return { wasListed: record !== undefined, wasSettled, body: SETTLED, replies };
}
