/**
 * Effects within a transaction. They have happened when they are committed, and only the database
 * knows of that: so they are counted in its orders table, over a connection of our own, whenever a
 * process has answered, fallen silent, or died.
 */
import type { Happening } from "./happening.ts";
import type { Ledger } from "./ledger.ts";
import type { SignedOrder } from "./stores.ts";

export interface Commits {
  /** To be told what processes tell. */
  heard(happening: Happening): void;
  /** Counts what has been committed since. */
  count(): Promise<void>;
}

interface Settings {
  /** The rows that are committed. */
  signed(): Promise<readonly SignedOrder[]>;
  readonly ledger: Ledger;
  tell(happening: Happening): void;
}

export function createCommits({ signed, ledger, tell }: Settings): Commits {
  /** Written, and not yet known to be committed or gone. */
  const open = new Map<number, SignedOrder>();
  const counted = new Set<number>();
  let turn: Promise<void> = Promise.resolve();

  async function look(): Promise<void> {
    for (const { dish, request, instance, token } of await signed()) {
      if (counted.has(request)) continue;
      counted.add(request);
      open.delete(request);
      ledger.append({ what: "effect", instance, token, dish });
      tell({ what: "effect", request, instance, token, dish });
    }
  }
  /** One after the other: two that look at once would count a row twice. */
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    turn = turn.then(work).catch((error: unknown) => console.error(error));
    return turn;
  };

  return {
    count: () => inTurn(look),
    heard(happening) {
      if (happening.what === "written") open.set(happening.request, happening);
      if (happening.what !== "killed") return;
      const gone = [...open.values()].filter(({ instance }) => instance === happening.instance);
      if (gone.length === 0) return;
      void inTurn(async () => {
        await look();
        for (const { request } of gone) {
          if (open.delete(request)) tell({ what: "rolled-back", request });
        }
      });
    },
  };
}
