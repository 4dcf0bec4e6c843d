/**
 * The contract of `core/notifier.ts` as cases.
 *
 * A hint may come too often, so no case asks for silence. It must not be missed once listening has
 * begun, and it must end with its signal.
 */
import type { Notifier } from "../core/notifier.ts";
import { type Case, equal, soon } from "./case.ts";
import { digest, duplicate, owned, RESULT, request, type StoreSubject } from "./subject.ts";

export interface NotifierSubject extends StoreSubject {
  readonly notifier: Notifier;
}

export const notifierCases: readonly Case<NotifierSubject>[] = [
  {
    name: "a completion wakes whoever watches the record",
    async run({ store, notifier }) {
      const lease = await owned(store, request());
      const watch = await watching(notifier, lease.id);
      equal(await store.complete(lease, RESULT), true, "the completion");
      await soon(watch.changed, "a wake-up after the completion");
      watch.stop();
    },
  },
  {
    // The waiter runs itself then: it should not have to find out by asking.
    name: "a release wakes whoever watches the record",
    async run({ store, notifier }) {
      const lease = await owned(store, request());
      const watch = await watching(notifier, lease.id);
      equal(await store.release(lease), true, "the release");
      await soon(watch.changed, "a wake-up after the release");
      watch.stop();
    },
  },
  {
    name: "a resolution wakes whoever watches the record",
    async run({ store, notifier }) {
      const lease = await owned(store, request());
      await store.renew(lease, 0);
      const watch = await watching(notifier, lease.id);
      equal(await store.resolve(lease, RESULT), true, "the resolution");
      await soon(watch.changed, "a wake-up after the resolution");
      watch.stop();
    },
  },
  {
    name: "a resolution without a result wakes whoever watches the record",
    async run({ store, notifier }) {
      const lease = await owned(store, request());
      await store.renew(lease, 0);
      const watch = await watching(notifier, lease.id);
      equal(await store.resolve(lease, undefined), true, "the resolution");
      await soon(watch.changed, "a wake-up after the resolution");
      watch.stop();
    },
  },
  {
    // Listening that begins a moment after it was said to have begun: a wake-up lost for good.
    name: "a change after `ready` is never missed, however soon it comes",
    async run({ store, notifier }) {
      for (let round = 0; round < 20; round += 1) {
        const lease = await owned(store, request());
        const controller = new AbortController();
        const { ready, changed } = notifier.watch(lease.id, controller.signal);
        const told = ready.then(() => store.complete(lease, RESULT));
        await soon(changed, `a wake-up in round ${round}`);
        await told;
        controller.abort();
      }
    },
  },
  {
    // Whoever waits waits for an answer, and not for the owner that was there when it came.
    name: "a watch outlives a takeover: what the next owner completes wakes it too",
    async run({ store, notifier }) {
      const first = request({ effects: "repeatable" });
      const lease = await owned(store, first);
      await store.renew(lease, 0);
      const watch = await watching(notifier, lease.id);
      const next = await owned(store, duplicate(first));
      equal(await store.complete(next, RESULT), true, "the completion");
      await soon(watch.changed, "a wake-up after the next owner's completion");
      watch.stop();
    },
  },
  {
    name: "every watcher of a key is woken, also when another one has stopped",
    async run({ store, notifier }) {
      const lease = await owned(store, request());
      const watches = await Promise.all(
        Array.from({ length: 8 }, () => watching(notifier, lease.id)),
      );
      const [first] = watches;
      first?.stop();
      equal(await store.complete(lease, RESULT), true, "the completion");
      await soon(Promise.all(watches.map((watch) => watch.changed)), "a wake-up for each watcher");
      for (const watch of watches) watch.stop();
    },
  },
  {
    name: "watchers of many keys at once are each woken by their own",
    async run({ store, notifier }) {
      const leases = await Promise.all(Array.from({ length: 16 }, () => owned(store, request())));
      const watches = await Promise.all(leases.map(({ id }) => watching(notifier, id)));
      for (const [index, lease] of leases.entries()) {
        equal(await store.complete(lease, RESULT), true, "the completion");
        await soon(Promise.resolve(watches[index]?.changed), "a wake-up by its own key");
      }
      for (const watch of watches) watch.stop();
    },
  },
  {
    name: "a key can be watched again after it has changed",
    async run({ store, notifier }) {
      const first = request();
      const lease = await owned(store, first);
      const before = await watching(notifier, lease.id);
      await store.release(lease);
      await soon(before.changed, "the first wake-up");
      before.stop();
      const second = await owned(store, duplicate(first));
      const after = await watching(notifier, lease.id);
      equal(await store.complete(second, RESULT), true, "the completion");
      await soon(after.changed, "the second wake-up");
      after.stop();
    },
  },
  {
    name: "the signal ends a watch, also one that it ends before it begins",
    async run({ notifier }) {
      const watch = await watching(notifier, digest());
      watch.stop();
      await soon(watch.changed, "the end of the watch");
      const late = notifier.watch(digest(), AbortSignal.abort());
      await soon(late.ready, "`ready` of a watch that was over before it began");
      await soon(late.changed, "the end of a watch that was over before it began");
    },
  },
  {
    name: "a key that nobody has claimed can be watched",
    async run({ store, notifier }) {
      const first = request();
      const watch = await watching(notifier, first.id);
      equal(await store.release(await owned(store, first)), true, "the release");
      await soon(watch.changed, "a wake-up after the release");
      watch.stop();
    },
  },
];

/** A watch that has begun. `stop` ends it, as its waiter would. */
async function watching(
  notifier: Notifier,
  id: string,
): Promise<{ changed: Promise<void>; stop(): void }> {
  const controller = new AbortController();
  const { ready, changed } = notifier.watch(id, controller.signal);
  await soon(ready, "`ready`");
  return { changed, stop: () => controller.abort() };
}
