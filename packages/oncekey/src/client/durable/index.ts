/** What a page adds to `createSubmit` where a reload, or a second tab, has to be more than safe. */
export type { Bodies } from "../bodies.ts";
export type { Frozen } from "../frozen.ts";
export type { Persistence } from "../keep.ts";
export type { Claim, Tabs, Watcher } from "../tabs.ts";
export { type IndexedDbOptions, indexedDbPersistence } from "./indexed-db-persistence.ts";
export { localPersistence } from "./local-persistence.ts";
export {
  type OfflineQueue,
  type OfflineQueueOptions,
  offlineQueue,
  type Queued,
  type Settled,
} from "./offline-queue.ts";
export { tabLock } from "./tab-lock.ts";
