/**
 * Requests in IndexedDB, so that a page that was loaded anew in mid-flight finds out by itself what
 * came of it. The key stays where it is without this: it must be written down at once, and IndexedDB
 * cannot do that.
 */
import { BODIES, type Bodies } from "../bodies.ts";
import type { Frozen } from "../frozen.ts";
import { opener } from "./database.ts";
import { initOf } from "./request-init.ts";

export interface IndexedDbOptions {
  /** To be said in words: what a person has typed then lies on the disk of their device. */
  readonly persistBody: true;
}

interface Row {
  readonly url: string;
  readonly init: RequestInit;
  readonly bytes: Frozen["bytes"];
  readonly expiresAt: number;
}

const transact = opener(BODIES, "bodies", (database) => {
  database.createObjectStore("bodies").createIndex("expiresAt", "expiresAt");
});

export function indexedDbPersistence({ persistBody }: IndexedDbOptions): Bodies {
  if (persistBody !== true) {
    throw new TypeError(
      "Expected `persistBody` to be `true`: without it nothing is kept in IndexedDB.",
    );
  }
  return {
    async writeBody(key, { request, bytes, once }, retentionMs) {
      if (once) return;
      const now = Date.now();
      const row: Row = {
        url: request.url,
        init: initOf(request),
        bytes,
        expiresAt: now + Math.min(retentionMs, RETENTION_MAX_MS),
      };
      await transact("readwrite", (store) => {
        // A tab that was closed never comes back for its own.
        const expired = store.index("expiresAt").openKeyCursor(IDBKeyRange.upperBound(now));
        expired.onsuccess = () => {
          if (!expired.result) return;
          store.delete(expired.result.primaryKey);
          expired.result.continue();
        };
        return store.put(row, key);
      });
    },
    async readBody(key) {
      const row: Row | undefined = await transact("readonly", (store) => store.get(key));
      if (row === undefined || row.expiresAt <= Date.now()) return undefined;
      return { request: new Request(row.url, row.init), bytes: row.bytes, once: false };
    },
    async removeBody(key) {
      await transact("readwrite", (store) => store.delete(key));
    },
  };
}

/** An instant that is infinite has no order. */
const RETENTION_MAX_MS = 31_536_000_000;
