/** What stands before the handler, by the switches: nothing, the deck's lock, or a guard. */
import type express from "express";
import { idempotency } from "oncekey/express";
import { createGuarding, type Place } from "./guard.ts";
import { deckLock } from "./lock.ts";
import type { Kitchen } from "./stores.ts";
import { isGated, type Wish, wishOf } from "./wish.ts";

export function protection(
  place: Place,
  { store, transactions }: Pick<Kitchen, "store" | "transactions">,
): express.RequestHandler {
  const { about, aboutOf, cuttable, options, told } = createGuarding(place);
  const lock = deckLock(cuttable(store), place.leaseMs, (type) => told({ type }));
  const guards = new Map<string, express.RequestHandler>();

  const guardFor = ({ effects, duplicates }: Wish): express.RequestHandler => {
    const name = `${effects} ${duplicates}`;
    const made = guards.get(name) ?? newGuard(effects, duplicates);
    guards.set(name, made);
    return made;
  };
  const newGuard = (effects: Wish["effects"], duplicates: Wish["duplicates"]) => {
    if (effects === "transactional" && transactions !== undefined) {
      const transactional = cuttable(transactions.store);
      return idempotency<express.Request, unknown>({
        ...options(duplicates),
        store: transactional,
        effects,
      });
    }
    // A store without transactions has one way less, and the page does not offer it.
    const kind = effects === "repeatable" ? effects : "unrepeatable";
    return idempotency<express.Request>({
      ...options(duplicates),
      store: cuttable(store),
      effects: kind,
    });
  };

  return function protection(request, response, next) {
    const wish = wishOf(new URL(request.url, "http://playground").searchParams);
    about.run(aboutOf(request), () => {
      if (wish.protection === "off" || isGated(wish)) next();
      else (wish.protection === "lock" ? lock : guardFor(wish))(request, response, next);
    });
  };
}
