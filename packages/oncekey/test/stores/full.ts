/** What a store promises that has a limit of its own: it refuses a new key, and forgets no live one. */
import { type Case, equal, rejection } from "../../src/conformance/case.ts";
import {
  duplicate,
  owned,
  present,
  RESULT,
  request,
  taken,
} from "../../src/conformance/subject.ts";
import type { Store } from "../../src/core/store.ts";

export interface FullSubject {
  /** An empty store, which holds five records. */
  readonly store: Store;
}

export const fullCases: readonly Case<FullSubject>[] = [
  {
    name: "a full store refuses a new key, and forgets no live record (P-74)",
    async run({ store }) {
      const first = request();
      await store.complete(await owned(store, first), RESULT);
      const doubtful = await owned(store, request());
      await store.renew(doubtful, 0);
      const running = [];
      while (running.length < 3) running.push(await owned(store, request()));
      for (let round = 0; round < 10; round += 1) {
        const error = await rejection(store.claim(request()), "a claim of a new key");
        equal(error instanceof Error && error.name, "StoreUnavailable", "the error");
      }
      equal((await taken(store, duplicate(first))).state, "completed", "the oldest record");
      equal((await present(store, doubtful.id)).state, "in-doubt", "the doubtful record");
      for (const lease of running) {
        equal(await store.complete(lease, RESULT), true, "an owner's completion");
      }
    },
  },
  {
    name: "a full store lets an owner be followed, and takes a new key once one is released",
    async run({ store }) {
      const first = request({ effects: "repeatable" });
      await store.renew(await owned(store, first), 0);
      for (let count = 1; count < 5; count += 1) await owned(store, request());
      const second = await owned(store, duplicate(first));
      equal(await store.release(second), true, "the release");
      await owned(store, request());
      await rejection(store.claim(duplicate(first)), "a claim of the released key");
    },
  },
];
