/** The requests of `offlineQueue`, oldest first. The body and the key are written with the request. */
import { QUEUE } from "../bodies.ts";
import type { UnknownReason } from "../finding.ts";
import type { Frozen } from "../frozen.ts";
import { opener } from "./database.ts";

/** A request that waits for a definite answer. Instants are in milliseconds since 1970. */
export interface Row {
  /** Its place in the queue. */
  readonly place?: number;
  readonly intent: string;
  readonly key: string;
  readonly url: string;
  readonly init: RequestInit;
  readonly bytes: Frozen["bytes"];
  readonly addedAt: number;
  readonly firstSentAt: number | undefined;
  /** An earlier send may have been executed. */
  readonly open: boolean;
  readonly attempts: number;
  /** Why nothing is sent until somebody asks for it. */
  readonly held: UnknownReason | undefined;
  /** Salted with the key. */
  readonly principal: string | undefined;
}

const transact = opener(QUEUE, "requests", (database) => {
  database.createObjectStore("requests", { keyPath: "place", autoIncrement: true });
});

export const rows = {
  all: (): Promise<Row[]> => transact("readonly", (store) => store.getAll()),
  put: (row: Row): Promise<unknown> => transact("readwrite", (store) => store.put(row)),
  /** False: it was removed. A send that ends after that must not bring it back. */
  async update(row: Row): Promise<boolean> {
    const place = await transact("readwrite", (store) => {
      const found = store.getKey(row.place as number);
      found.onsuccess = () => {
        if (found.result !== undefined) store.put(row);
      };
      return found;
    });
    return place !== undefined;
  },
  remove: ({ place }: Row): Promise<unknown> =>
    transact("readwrite", (store) => store.delete(place as number)),
};
