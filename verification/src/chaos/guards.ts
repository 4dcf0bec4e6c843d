/** What every application under trial has: a guard for each mode, found by the first part of a path. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import type { GuardOptions, OncekeyEvent, Store, TransactionalStore } from "oncekey";
import { idempotency, idempotencyOf } from "oncekey/node";
import type { Mode } from "./cell.ts";
import { roundOf } from "./fragile-store.ts";
import type { Book } from "./ground.ts";
import type { Ledger } from "./ledger.ts";

export type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;
export type Guards = Partial<Readonly<Record<Mode, Listener>>>;

/** The handler. With transactions it is given what writes into the open one. */
export type Charge = (
  request: IncomingMessage,
  response: ServerResponse,
  book?: Book,
) => Promise<void>;

/** Broken on purpose or not: they need not be able to list. */
interface Stores {
  readonly store: Store;
  readonly transactional: TransactionalStore<Book> | undefined;
}

type Common = Omit<GuardOptions<IncomingMessage>, "store" | "effects">;

export function guardsOf(common: Common, { store, transactional }: Stores, charge: Charge): Guards {
  const alone = (request: IncomingMessage, response: ServerResponse) => charge(request, response);
  const repeatable = idempotency({ ...common, store, effects: "repeatable" }, alone);
  const guards: Guards = {
    unrepeatable: idempotency({ ...common, store, effects: "unrepeatable" }, alone),
    repeatable,
    // The same application: it is the downstream, and so the counting, that differs.
    deduplicated: repeatable,
  };
  if (transactional === undefined) return guards;
  const options = { ...common, store: transactional, effects: "transactional" } as const;
  const booked = (request: IncomingMessage, response: ServerResponse) =>
    charge(request, response, idempotencyOf<Book>(request).transaction);
  return { ...guards, transactional: idempotency(options, booked) };
}

/** Answers 404 where there is no guard of that name. */
export function serve(guards: Guards, request: IncomingMessage, response: ServerResponse): unknown {
  const [, mode = ""] = (request.url ?? "").split("/");
  const guard = guards[mode as Mode];
  if (guard !== undefined) return guard(request, response);
  return response.writeHead(404).end();
}

export const guestOf = (request: IncomingMessage): string => String(request.headers["x-guest"]);

/** What is asked for, and under which attempt: all that an effect says in the ledger. */
export interface Asked {
  readonly round: string;
  readonly guest: string;
  readonly amount: number;
  readonly token: number;
  readonly attempt: number;
  readonly derived: string;
}

export async function askedBy(request: IncomingMessage): Promise<Asked> {
  const { token, attempt, deriveKey } = idempotencyOf(request);
  const round = roundOf(request.url ?? "");
  const { amount } = JSON.parse(await text(request)) as { readonly amount: number };
  return { round, guest: guestOf(request), amount, token, attempt, derived: deriveKey("charge") };
}

/** What the library reports of an owner that fell behind. */
export function noteLatecomer(event: OncekeyEvent, ledger: Ledger): void {
  const round = "record" in event ? roundOf(event.label) : "";
  if (event.type === "superseded") ledger.write({ what: "superseded", round });
  // A lease also ends with its record: whoever lost the store's replies hears of that by renewing.
  const isLate = event.type === "lease-lost" && event.reason.includes("in time");
  if (isLate) ledger.write({ what: "lease-lost", round });
}
