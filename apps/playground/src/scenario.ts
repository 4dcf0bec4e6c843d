/** The deck's scenario without a browser: one intent, several requests at once, one effect. */
import { randomUUID } from "node:crypto";
import type { Restaurant } from "./restaurant.ts";

/** What came of it. `effects` is counted in the ledger, and not taken from the answers. */
export interface Outcome {
  readonly requests: number;
  readonly executions: number;
  readonly replays: number;
  readonly conflicts: number;
  readonly effects: number;
  /** All answers that are not a 409 have the same status and bytes. */
  readonly answersIdentical: boolean;
}

/** One run, one effect, and one answer for everybody who was not told to come again. */
export const isHeld = (outcome: Outcome): boolean =>
  outcome.executions === 1 &&
  outcome.effects === 1 &&
  outcome.replays + outcome.conflicts === outcome.requests - 1 &&
  outcome.answersIdentical;

/** One request, for the table. */
export interface Sent {
  /** Which process answered it. */
  readonly instance: string;
  readonly status: number;
  readonly isReplay: boolean;
  readonly body: string;
}

export async function play(
  restaurant: Restaurant,
  duplicates: number,
): Promise<{ readonly outcome: Outcome; readonly sent: readonly Sent[] }> {
  const key = randomUUID();
  const sent = await Promise.all(
    Array.from({ length: duplicates }, () => send(restaurant.origin, key)),
  );
  const ledger = restaurant.ledger();
  const rows = await restaurant.orders();
  const effects = ledger.filter(({ what }) => what === "effect").length;
  if (rows !== effects) {
    throw new Error(`The ledger holds ${effects} effects, and the orders table ${rows} rows.`);
  }
  const answers = sent.filter(({ status }) => status !== 409);
  return {
    sent,
    outcome: {
      requests: sent.length,
      executions: ledger.filter(({ what }) => what === "run").length,
      replays: sent.filter(({ isReplay }) => isReplay).length,
      conflicts: sent.length - answers.length,
      effects,
      answersIdentical: new Set(answers.map(({ status, body }) => `${status} ${body}`)).size === 1,
    },
  };
}

async function send(origin: string, key: string): Promise<Sent> {
  const response = await fetch(`${origin}/orders`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": key, "x-guest": "ann" },
    body: JSON.stringify({ dish: "soup" }),
  });
  return {
    instance: response.headers.get("x-instance") ?? "?",
    status: response.status,
    isReplay: response.headers.get("idempotent-replayed") === "true",
    body: await response.text(),
  };
}
