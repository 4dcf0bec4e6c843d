/** Notifiers that are wrong, in one way each. */
import { setImmediate as turn } from "node:timers/promises";
import type { NotifierSubject } from "../../src/conformance/notifier.ts";
import type { Notifier } from "../../src/core/notifier.ts";
import type { Store } from "../../src/core/store.ts";
import { type Broken, soundSubject } from "./broken.ts";

/** A signal that never fires. */
const NEVER = new AbortController().signal;
const SILENT: Promise<void> = new Promise(() => {});

function broken(
  name: string,
  fails: string,
  watch: (inner: Notifier, store: Store) => Notifier["watch"],
): Broken<NotifierSubject> {
  return {
    name,
    fails,
    makeSubject() {
      const { store, pass } = soundSubject();
      return { store, pass, notifier: { watch: watch(store.notifier, store) } };
    },
  };
}

/** Is not told of changes that leave the record as `state` says. */
function deafTo(state: "completed" | undefined) {
  return (inner: Notifier, store: Store): Notifier["watch"] =>
    (id, signal) => {
      const { ready, changed } = inner.watch(id, signal);
      const heard = changed.then(async () => {
        const after = (await store.get(id))?.state;
        return signal.aborted || after !== state ? undefined : SILENT;
      });
      return { ready, changed: heard };
    };
}

export const brokenNotifiers: readonly Broken<NotifierSubject>[] = [
  broken(
    "does not hear of completions",
    "a completion wakes whoever watches the record",
    deafTo("completed"),
  ),
  broken(
    "does not hear of releases",
    "a release wakes whoever watches the record",
    deafTo(undefined),
  ),
  broken(
    "does not hear that a record is forgotten",
    "a resolution without a result wakes whoever watches the record",
    deafTo(undefined),
  ),
  broken(
    "does not hear of resolutions",
    "a resolution wakes whoever watches the record",
    (inner, store) => (id, signal) => {
      const { ready, changed } = inner.watch(id, signal);
      const before = store.get(id);
      const heard = changed.then(async () => {
        const resolved = (await before)?.token !== (await store.get(id))?.token;
        return signal.aborted || !resolved ? undefined : SILENT;
      });
      return { ready, changed: heard };
    },
  ),
  broken(
    "forgets who watches when the record has another owner",
    "a watch outlives a takeover: what the next owner completes wakes it too",
    (inner, store) => (id, signal) => {
      const { ready, changed } = inner.watch(id, signal);
      const before = store.get(id);
      const heard = changed.then(async () => {
        const after = await store.get(id);
        const isFollowed = after !== undefined && after.attempt !== (await before)?.attempt;
        return signal.aborted || !isFollowed ? undefined : SILENT;
      });
      return { ready, changed: heard };
    },
  ),
  broken(
    "begins to listen after it said that it had",
    "a change after `ready` is never missed, however soon it comes",
    (inner) => (id, signal) => ({
      ready: Promise.resolve(),
      changed: turn().then(() => inner.watch(id, signal).changed),
    }),
  ),
  broken(
    "wakes one watcher of each key",
    "every watcher of a key is woken, also when another one has stopped",
    (inner) => {
      const watched = new Set<string>();
      return (id, signal) => {
        if (watched.has(id)) return { ready: Promise.resolve(), changed: SILENT };
        watched.add(id);
        return inner.watch(id, signal);
      };
    },
  ),
  broken(
    "listens to the key that was watched last",
    "watchers of many keys at once are each woken by their own",
    (inner) => {
      let last = "";
      return (id, signal) => {
        last = id;
        const { ready, changed } = inner.watch(id, signal);
        const heard = changed.then(() => (last === id || signal.aborted ? undefined : SILENT));
        return { ready, changed: heard };
      };
    },
  ),
  broken(
    "tells of a key once, and never again",
    "a key can be watched again after it has changed",
    (inner) => {
      const told = new Set<string>();
      return (id, signal) => {
        if (told.has(id)) return { ready: Promise.resolve(), changed: SILENT };
        const { ready, changed } = inner.watch(id, signal);
        return { ready, changed: changed.finally(() => told.add(id)) };
      };
    },
  ),
  broken(
    "does not hear the signal",
    "the signal ends a watch, also one that it ends before it begins",
    (inner) => (id) => inner.watch(id, NEVER),
  ),
  broken(
    "watches only what is there",
    "a key that nobody has claimed can be watched",
    (inner, store) => (id, signal) => {
      const there = store.get(id);
      const changed = there.then((record) =>
        record === undefined ? SILENT : inner.watch(id, signal).changed,
      );
      return { ready: there.then(() => undefined), changed };
    },
  ),
];
