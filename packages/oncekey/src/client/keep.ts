/**
 * The write-ahead of an intent: what must outlive the page is written down before the first byte
 * leaves. Default `sessionStorage`, or `localStorage` where an intent has a name that tabs share.
 *
 * No body is kept. What stands for it, and for the principal, is a short hash salted with the key:
 * it answers "the same?", and no security rests on it.
 */
import type { ClientPorts } from "./ports.ts";
import type { Kept, State } from "./reduce.ts";

export interface Entry extends Kept {
  readonly bodyHash: string | undefined;
  readonly principal: string | undefined;
}

/** A place for text, such as `sessionStorage`. A call may throw: the request goes out all the same. */
export interface Persistence {
  getItem(name: string): string | null;
  setItem(name: string, text: string): void;
  removeItem(name: string): void;
}

export interface Keep {
  read(): Entry | undefined;
  write(entry: Entry): void;
  remove(): void;
}

export const STORAGE_PREFIX = "oncekey:";

export function createKeep(
  name: string,
  open: () => Persistence | undefined,
  ports: ClientPorts,
): Keep {
  let warned = false;
  const attempt = <Result>(call: (storage: Persistence) => Result): Result | undefined => {
    try {
      // Each time, since even naming the storage throws where a person has turned it off.
      const storage = open();
      return storage && call(storage);
    } catch {
      if (!warned) ports.warn(`oncekey: "${name}" cannot be kept; a reload will forget its key.`);
      warned = true;
      return undefined;
    }
  };
  const place = STORAGE_PREFIX + name;
  return {
    read: () => attempt((storage) => parse(storage.getItem(place))),
    write: (entry) => attempt((storage) => storage.setItem(place, JSON.stringify(entry))),
    remove: () => attempt((storage) => storage.removeItem(place)),
  };
}

/** What is kept of a state under this key, which may be one that it has just given up. */
export function entryOf(
  state: State,
  key: string | null,
  bodyHash: string | undefined,
): Entry | undefined {
  if (key === null) return undefined;
  const { status, reason, attempt, firstSentAt, since, server } = state;
  const principal = state.principal === null ? undefined : salted(key, state.principal);
  return { status, reason, key, attempt, firstSentAt, since, server, bodyHash, principal };
}

/** What another script has written over, or an older version wrote, is no entry. */
export function parse(text: string | null): Entry | undefined {
  if (text === null) return undefined;
  try {
    const value = JSON.parse(text) as Partial<Entry> | null;
    const whole = typeof value?.key === "string" && value.status && value.server;
    return whole ? (value as Entry) : undefined;
  } catch {
    return undefined;
  }
}

/** Stands for a body or a principal, and says nothing to whoever does not know the key. */
export const salted = (key: string, text: string): string => shortHash(`${key} ${text}`);

/** 53 bits: by accident two texts are never alike, and a page waits for no promise (cyrb53). */
function shortHash(text: string): string {
  let one = 0xdeadbeef;
  let two = 0x41c6ce57;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    one = Math.imul(one ^ code, 2654435761);
    two = Math.imul(two ^ code, 1597334677);
  }
  one = Math.imul(one ^ (one >>> 16), 2246822507) ^ Math.imul(two ^ (two >>> 13), 3266489909);
  two = Math.imul(two ^ (two >>> 16), 2246822507) ^ Math.imul(one ^ (one >>> 13), 3266489909);
  return (4294967296 * (2097151 & two) + (one >>> 0)).toString(36);
}
