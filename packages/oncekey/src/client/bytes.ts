/**
 * What goes out under the key of an intent, and what went out first under it, if that was something
 * else. Only their hash is kept beside the key; the bytes themselves where a place for them is given.
 */
import type { Bodies } from "./bodies.ts";
import { contentOf, type Frozen, isSame } from "./frozen.ts";
import { type Entry, salted } from "./keep.ts";
import type { ClientPorts } from "./ports.ts";

export interface Bytes {
  readonly current: Frozen | undefined;
  readonly hash: string | undefined;
  /** There is a place for them. */
  readonly areKept: boolean;
  forget(): void;
  /** What an earlier page, or another tab, has sent; or its hash alone. */
  adopt(bytes: Frozen | undefined, hash: string | undefined): void;
  /** Says whether others were sent under this key. Where the server compares, these go out now. */
  take(next: Frozen, asked: { key: string; first: boolean; comparesBody: boolean }): boolean;
  /** Back to what was sent first. False: there was nothing else. */
  revert(): boolean;
  /** Whether the bytes that are here may go out for those of another tab. */
  standFor(entry: Entry): boolean;
  /** The write-ahead of the bytes. Where it fails they go out all the same. */
  write(key: string, retentionMs: number): Promise<void>;
  read(key: string): Promise<Frozen | undefined>;
  drop(key: string): void;
}

export function createBytes(name: string, place: Bodies | undefined, ports: ClientPorts): Bytes {
  let current: Frozen | undefined;
  let earlier: Frozen | undefined;
  let hash: string | undefined;
  return {
    get current() {
      return current;
    },
    get hash() {
      return hash;
    },
    areKept: place !== undefined,
    forget() {
      current = earlier = hash = undefined;
    },
    adopt(bytes, theirs) {
      [current, hash] = [bytes, theirs];
    },
    take(next, { key, first, comparesBody }) {
      const own = salted(key, contentOf(next));
      if (first) [current, earlier, hash] = [undefined, undefined, own];
      // A stream has no content to compare, so it counts as other bytes.
      const edited = current ? !isSame(current, next) : own !== hash || next.once;
      if (current === undefined || (edited && comparesBody)) {
        earlier ??= current;
        current = next;
      }
      return edited;
    },
    revert() {
      if (!earlier) return false;
      [current, earlier] = [earlier, undefined];
      return true;
    },
    // Other bytes than theirs may go out only where the server would notice.
    standFor: ({ key, server, bodyHash }) =>
      current !== undefined &&
      !current.once &&
      (server.comparesBody || salted(key, contentOf(current)) === bodyHash),
    async write(key, retentionMs) {
      try {
        if (current) await place?.writeBody(key, current, retentionMs);
      } catch {
        ports.warn(
          `oncekey: the body of "${name}" cannot be kept; a reload will not send it again.`,
        );
      }
    },
    read: async (key) => place?.readBody(key).catch(() => undefined),
    drop(key) {
      // What cannot be removed now is removed when it has expired.
      place?.removeBody(key).catch(() => {});
    },
  };
}
