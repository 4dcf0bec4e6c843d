/**
 * One intent in several tabs: one of them sends, and the others show what it tells. The client asks
 * for no more than this; how tabs agree is told by `oncekey/client/durable`.
 */
import type { Entry } from "./keep.ts";

export interface Tabs {
  /** Asks to be the tab that sends. Whoever is not watches, until `release`. It never rejects. */
  claim(name: string, watcher: Watcher): Promise<Claim>;
}

export interface Claim {
  /** Whether this tab sends. It may become so while it watches. */
  owns(): boolean;
  /** Tells those who watch. */
  tell(entry: Entry): void;
  release(): void;
}

export interface Watcher {
  /** What the tab that sends has told. */
  observed(entry: Entry): void;
  /** The tab that was sending is gone, and this one owns the intent now. */
  inherited(): void;
}
