/**
 * Tabs that agree by a Web Lock: who holds it sends, and tells the others over a BroadcastChannel of
 * the same name. The browser gives the lock on when the owner's tab dies, however it dies.
 *
 * Without Web Locks every tab may send. Their key is the same, so the server makes that harmless.
 */
import { type Entry, STORAGE_PREFIX } from "../keep.ts";
import type { Claim, Tabs, Watcher } from "../tabs.ts";

/** Lock and channel are two ways: an owner's last word may come after its lock. */
const LAST_WORD_MS = 200;

const ALONE: Claim = { owns: () => true, tell() {}, release() {} };

export function tabLock(): Tabs {
  return {
    async claim(name, watcher) {
      const locks = globalThis.navigator?.locks;
      if (!locks) return ALONE;
      const place = STORAGE_PREFIX + name;
      let release = (): void => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      const owns = await new Promise<boolean>((resolve, reject) => {
        const granted = (lock: unknown): Promise<void> | undefined => {
          resolve(lock !== null);
          return lock === null ? undefined : held;
        };
        locks.request(place, { ifAvailable: true }, granted).catch(reject);
      }).catch(() => undefined);
      // A page of an opaque origin has no locks either.
      if (owns === undefined) return ALONE;
      return owns ? own(place, release) : watch(place, watcher, { held, release });
    },
  };
}

function own(place: string, release: () => void): Claim {
  const channel = new BroadcastChannel(place);
  let last: Entry | undefined;
  const tell = (entry: Entry): void => {
    last = entry;
    channel.postMessage({ entry });
  };
  channel.onmessage = ({ data }) => {
    if (data === "who" && last) tell(last);
  };
  return {
    owns: () => true,
    tell,
    release() {
      channel.close();
      release();
    },
  };
}

interface Lock {
  /** Until then the lock is held. */
  readonly held: Promise<void>;
  release(): void;
}

function watch(place: string, watcher: Watcher, { held, release }: Lock): Claim {
  const channel = new BroadcastChannel(place);
  const leaving = new AbortController();
  let owned: Claim | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  channel.onmessage = ({ data }) => {
    if (data?.entry) watcher.observed(data.entry);
  };
  channel.postMessage("who");
  const granted = (): Promise<void> => {
    timer = setTimeout(() => {
      channel.close();
      owned = own(place, release);
      watcher.inherited();
    }, LAST_WORD_MS);
    return held;
  };
  // It rejects when we leave before it is our turn.
  navigator.locks.request(place, { signal: leaving.signal }, granted).catch(() => {});
  return {
    owns: () => owned !== undefined,
    tell: (entry) => owned?.tell(entry),
    release() {
      clearTimeout(timer);
      channel.close();
      leaving.abort();
      owned?.release();
      release();
    },
  };
}
