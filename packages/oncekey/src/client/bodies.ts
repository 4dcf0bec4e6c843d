/**
 * A place for what was sent, under its key, so that a page that was loaded anew can send it again.
 * Only this part of the write-ahead is asynchronous: the key is written down at once, and the first
 * byte leaves when its bytes are there too.
 */
import type { Frozen } from "./frozen.ts";

export interface Bodies {
  /** Resolves when it is safe. A rejection costs no send: a reload will then find no bytes. */
  writeBody(key: string, frozen: Frozen, retentionMs: number): Promise<void>;
  readBody(key: string): Promise<Frozen | undefined>;
  removeBody(key: string): Promise<void>;
}

/** The database of `indexedDbPersistence`, which `clearIntents` removes. */
export const BODIES = "oncekey";
/** The database of `offlineQueue`: `clearIntents` removes it, or what it holds of one person. */
export const QUEUE = "oncekey-queue";
