/** Signing out: what one person meant is nothing that the next one may see or send again. */
import { BODIES, QUEUE } from "./bodies.ts";
import { clearQueue } from "./clear-queue.ts";
import { parse, STORAGE_PREFIX, salted } from "./keep.ts";
import { announceCleared } from "./page.ts";

/** Removes what is kept in every storage and open tab: all of it, or one person's. */
export function clearIntents(principal?: string): void {
  for (const name of ["sessionStorage", "localStorage"] as const) {
    try {
      clear(globalThis[name], principal);
    } catch {
      // A person has turned it off, and so nothing was kept in it.
    }
  }
  try {
    // Of everybody: without its bytes an intent of another person is still asked about by its key.
    globalThis.indexedDB?.deleteDatabase(BODIES);
    // Another person's requests have nobody else to remember them.
    if (principal === undefined) globalThis.indexedDB?.deleteDatabase(QUEUE);
    else if (globalThis.indexedDB) clearQueue(principal);
  } catch {
    // As above.
  }
  announceCleared(principal);
}

function clear(storage: Storage, principal: string | undefined): void {
  for (const name of Object.keys(storage)) {
    if (!name.startsWith(STORAGE_PREFIX)) continue;
    const entry = parse(storage.getItem(name));
    const mine =
      principal === undefined || (entry && entry.principal === salted(entry.key, principal));
    if (mine) storage.removeItem(name);
  }
}
