/** What stands before the handler, by the switches: nothing, the deck's lock, or a guard. */
import { AsyncLocalStorage } from "node:async_hooks";
import type express from "express";
import { type Notifier, type OncekeyEvent, type Store, StoreUnavailable } from "oncekey";
import { idempotency } from "oncekey/express";
import { deckLock } from "./lock.ts";
import { REQUEST_FIELD, TRAP_FIELD } from "./trap.ts";
import { type Wish, wishOf } from "./wish.ts";

/** The part of a guard's event that is shown. */
export interface Told {
  readonly type: OncekeyEvent["type"];
  readonly waitedMs?: number;
  readonly attempt?: number;
}

export interface Place {
  readonly store: Store;
  readonly notifier: Notifier | undefined;
  readonly leaseMs: number;
  tell(request: number, event: Told): void;
}

/** Longer than any cooking: the duplicates of a form are to see the answer, and not a 409. */
const WAIT_MS = 10_000;
/** The standard's field, and the one on the deck's slide. */
const HEADERS = ["idempotency-key", "x-airsorted-idempotency-key"];

interface About {
  readonly request: number;
  readonly isCut: boolean;
}

export function protection(place: Place): express.RequestHandler {
  // A guard's events name no request: which one it is about is known by where it was said.
  const about = new AsyncLocalStorage<About>();
  const store = cuttable(place.store, () => about.getStore()?.isCut === true);
  const told = (event: Told): void => {
    const { request } = about.getStore() ?? { request: 0 };
    if (request !== 0 && event.type !== "store-called") place.tell(request, event);
  };
  const lock = deckLock(store, place.leaseMs, (type) => told({ type }));
  const guards = new Map<string, express.RequestHandler>();

  const guardFor = ({ effects, duplicates }: Wish): express.RequestHandler => {
    const name = `${effects} ${duplicates}`;
    const made =
      guards.get(name) ??
      idempotency({
        store,
        ...(place.notifier && { notifier: place.notifier }),
        scope: (request: express.Request) => request.get("x-guest") ?? "ann",
        header: HEADERS,
        formField: "_idempotency_key",
        effects,
        required: duplicates !== "refuse",
        leaseMs: place.leaseMs,
        ...(duplicates === "wait" && { waitMs: WAIT_MS }),
        ...(duplicates === "refuse" && { onDuplicate: "refuse", blankKey: "absent" }),
        onEvent: told,
      });
    guards.set(name, made);
    return made;
  };

  return function protection(request, response, next) {
    const wish = wishOf(new URL(request.url, "http://playground").searchParams);
    const number = Number(request.get(REQUEST_FIELD) ?? 0);
    const isCut = request.get(TRAP_FIELD) === "cut-store";
    about.run({ request: number, isCut }, () => {
      if (wish.protection === "off") next();
      else (wish.protection === "lock" ? lock : guardFor(wish))(request, response, next);
    });
  };
}

/** The store, unless the wire to it is cut: then nothing reaches it. */
function cuttable(store: Store, isCut: () => boolean): Store {
  return {
    ...store,
    claim: async (wanted) => {
      if (isCut()) throw new StoreUnavailable("claim", { cause: new Error("The wire is cut.") });
      return store.claim(wanted);
    },
  };
}
