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
import type { Running } from "./hampered.ts";
import type { Settling } from "./observation.ts";

export interface Keyed {
  readonly mode: Mode;
  readonly round: string;
}

/** Short, since a lease is short here. */
const RETRY_MS = 25;
/** A key that is blocked for as long is a violation, and is judged as one. */
export const PATIENCE_MS = 20_000;
const SETTLED = '{"settled":true}';

/** Whoever gets no word in time hears nothing. */
export async function ask(
  origin: string,
  { mode, round }: Keyed,
  patienceMs = PATIENCE_MS,
): Promise<Reply> {
  const path = `/${mode}/${round}`;
  const timer = new AbortController();
  const { signal } = timer;
  const silence = pause(patienceMs, { kind: "cut" } as const, { signal });
  silence.catch(() => {});
  try {
    const sent = send({ origin, path, key: round, guest: "ann", amount: 5 });
    return await Promise.race([sent.then(({ reply }) => reply), silence]);
  } finally {
    timer.abort();
  }
}

export interface Patience {
  readonly ms: number;
  /** Nobody lives who could still say what became of an unrepeatable effect. */
  readonly isOwnerDead: boolean;
}

/** Asks until the reply is one that stays. */
async function drain(origin: string, keyed: Keyed, { ms, isOwnerDead }: Patience): Promise<Reply> {
  const deadline = performance.now() + ms;
  for (;;) {
    const reply = await ask(origin, keyed, ms);
    if (reply.kind === "answer" && reply.status === 201) return reply;
    if (keyed.mode === "unrepeatable" && isOwnerDead && isInDoubt(reply)) return reply;
    if (performance.now() > deadline) return reply;
    await pause(RETRY_MS);
  }
}

/**
 * Everybody's last word: of one whom nothing has happened to, of the owner if it lives, and once
 * more of the first when the owner is gone.
 */
export async function lastWords(
  heir: string,
  owner: Running,
  keyed: Keyed,
  ms = PATIENCE_MS,
): Promise<readonly Reply[]> {
  const finals = [await drain(heir, keyed, { ms, isOwnerDead: !owner.isAlive() })];
  if (owner.isAlive()) finals.push(await drain(owner.origin, keyed, { ms, isOwnerDead: false }));
  await owner.end();
  finals.push(await ask(heir, keyed, ms));
  return finals;
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
  const happened = entries.some(({ what, round }) => what === "effect" && round === keyed.round);
  const answer = { status: 200, headers: { "Content-Type": "application/json" }, body: SETTLED };
  const known = happened ? ({ happened, answer } as const) : ({ happened: false } as const);
  const isSettled = record !== undefined && (await settle(store, record, known));
  const reply = await ask(origin, keyed);
  return { isListed: record !== undefined, happened, isSettled, body: SETTLED, reply };
}
