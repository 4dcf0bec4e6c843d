/** What a store promises about a record that cannot be read: it is there, and it is never absent. */
import { type Case, equal, rejection } from "./case.ts";
import { duplicate, owned, RESULT, request, type StoreSubject } from "./subject.ts";

export interface CorruptionSubject extends StoreSubject {
  /** Damages the kept record behind the store's back, as a bad disk or a newer version would. */
  corrupt(id: string): Promise<void>;
}

export const corruptionCases: readonly Case<CorruptionSubject>[] = [
  {
    // Read as absent, a bad byte would be a second charge.
    name: "a record that cannot be read is neither absent nor claimed",
    async run({ store, corrupt }) {
      for (const effects of ["unrepeatable", "repeatable"] as const) {
        const wanted = request({ effects });
        await store.complete(await owned(store, wanted), RESULT);
        await corrupt(wanted.id);
        await refused(store.get(wanted.id), "a read");
        await refused(store.claim(duplicate(wanted)), "a claim");
        await refused(store.get(wanted.id), "a read after the claim");
      }
    },
  },
  {
    name: "a record that cannot be read troubles no other key",
    async run({ store, corrupt }) {
      const broken = await owned(store, request());
      await store.complete(broken, RESULT);
      await corrupt(broken.id);
      const lease = await owned(store, request());
      equal(await store.complete(lease, RESULT), true, "the completion");
    },
  },
];

/** By name: whoever bundles the library twice has two classes of that name. */
async function refused(promise: Promise<unknown>, what: string): Promise<void> {
  const error = await rejection(promise, what);
  equal(error instanceof Error && error.name, "RecordCorrupt", `the error of ${what}`);
}
