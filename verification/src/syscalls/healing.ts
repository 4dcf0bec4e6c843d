/**
 * What comes after a fault: somebody whom nothing has happened to opens the same records, asks for
 * the key until it is answered or in doubt, and a person settles what is in doubt.
 */
import { setTimeout as pause } from "node:timers/promises";
import { settle } from "oncekey";
import type { Mode } from "../chaos/cell.ts";
import { type Reply, send } from "../chaos/client.ts";
import { roundOf } from "../chaos/fragile-store.ts";
import type { Ground } from "../chaos/ground.ts";
import type { Entry } from "../chaos/ledger.ts";
import type { Settling } from "./observation.ts";

export interface Keyed {
  readonly mode: Mode;
  readonly round: string;
}

/** Short, since a lease is short here. */
const RETRY_MS = 25;
/** A key that is blocked for as long is a violation, and is judged as one. */
const DRAIN_MS = 15_000;
const SETTLED = '{"settled":true}';

export async function ask(origin: string, { mode, round }: Keyed, dwellMs = 0): Promise<Reply> {
  const path = `/${mode}/${round}`;
  const { reply } = await send({ origin, path, key: round, guest: "ann", amount: 5, dwellMs });
  return reply;
}

/** Asks until the reply is one that stays. In doubt stays only where it may. */
export async function drain(origin: string, keyed: Keyed): Promise<Reply> {
  const deadline = performance.now() + DRAIN_MS;
  for (;;) {
    const reply = await ask(origin, keyed);
    const isOver = reply.kind === "answer" && reply.status === 201;
    if (isOver || (keyed.mode === "unrepeatable" && isInDoubt(reply))) return reply;
    if (performance.now() > deadline) return reply;
    await pause(RETRY_MS);
  }
}

export const isInDoubt = (reply: Reply): boolean =>
  reply.kind === "problem" && reply.code === "idempotency_outcome_unknown";

/** A person looks at the list, then into the ledger, and says what is true. */
export async function settleDoubt(
  { store }: Ground,
  entries: readonly Entry[],
  origin: string,
  keyed: Keyed,
): Promise<Settling> {
  const { records } = await store.list({ limit: 1_000, state: "in-doubt" });
  const record = records.find(({ label }) => roundOf(label) === keyed.round);
  const happened = entries.some(
    ({ what, round }) => what === "effect" && round === keyed.round,
  );
  const answer = { status: 200, headers: { "Content-Type": "application/json" }, body: SETTLED };
  const known = happened ? ({ happened, answer } as const) : ({ happened: false } as const);
  const isSettled = record !== undefined && (await settle(store, record, known));
  const reply = await ask(origin, keyed);
  return { isListed: record !== undefined, happened, isSettled, body: SETTLED, reply };
}
