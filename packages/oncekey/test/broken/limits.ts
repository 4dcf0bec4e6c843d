/** Stores that are wrong when they are full, or when a record cannot be read. */
import type { CorruptionSubject } from "../../src/conformance/corruption.ts";
import { RecordCorrupt } from "../../src/core/errors.ts";
import type { Lease } from "../../src/core/store.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import type { FullSubject } from "../stores/full.ts";
import { type Broken, soundSubject } from "./broken.ts";

/** Evicts the oldest record, whatever it is, as a cache does. */
function evicting(): FullSubject {
  const store = memoryStore();
  const leases: Lease[] = [];
  return {
    store: {
      ...store,
      async claim(request) {
        const oldest = leases.length < 5 ? undefined : leases.shift();
        if (oldest !== undefined) await store.release(oldest);
        const claim = await store.claim(request);
        if (claim.outcome === "claimed") leases.push(claim.lease);
        return claim;
      },
    },
  };
}

/** Counts whoever follows as one record more. */
function overcounting(): FullSubject {
  const store = memoryStore();
  let room = 5;
  return {
    store: {
      ...store,
      async claim(request) {
        if (room === 0) throw new Error("Expected room for one more.");
        const claim = await store.claim(request);
        if (claim.outcome === "claimed") room -= 1;
        return claim;
      },
    },
  };
}

export const brokenLimits: readonly Broken<FullSubject>[] = [
  {
    name: "evicts when it is full",
    fails: "a full store refuses a new key, and forgets no live record (P-74)",
    makeSubject: evicting,
  },
  {
    name: "needs room for whoever follows",
    fails: "a full store lets an owner be followed, and takes a new key once one is released",
    makeSubject: overcounting,
  },
];

type Reading = "throws" | "reads as absent";

/** A store with records that cannot be read: what a read and what a claim make of them. */
export function corruptible(get: Reading, claim: Reading): CorruptionSubject {
  const { store, pass } = soundSubject();
  const corrupted = new Set<string>();
  const unreadable = (id: string, reading: Reading): boolean => {
    if (!corrupted.has(id)) return false;
    if (reading === "throws") throw new RecordCorrupt("The record cannot be read.");
    return true;
  };
  return {
    pass,
    store: {
      ...store,
      get: async (id) => (unreadable(id, get) ? undefined : store.get(id)),
      async claim(request) {
        if (!unreadable(request.id, claim)) return store.claim(request);
        const lease = { id: request.id, token: Number.MAX_SAFE_INTEGER };
        return { outcome: "claimed", lease, attempt: 1, claimedAt: 0 };
      },
    },
    async corrupt(id) {
      corrupted.add(id);
    },
  };
}

const NEVER_ABSENT = "a record that cannot be read is neither absent nor claimed";

export const brokenCorruptions: readonly Broken<CorruptionSubject>[] = [
  {
    name: "reads a corrupt record as absent",
    fails: NEVER_ABSENT,
    makeSubject: () => corruptible("reads as absent", "throws"),
  },
  {
    name: "claims a corrupt record",
    fails: NEVER_ABSENT,
    makeSubject: () => corruptible("throws", "reads as absent"),
  },
  {
    name: "breaks down altogether over one corrupt record",
    fails: "a record that cannot be read troubles no other key",
    makeSubject() {
      const subject = corruptible("throws", "throws");
      let down = false;
      return {
        ...subject,
        async corrupt(id) {
          down = true;
          await subject.corrupt(id);
        },
        store: {
          ...subject.store,
          async claim(request) {
            if (down) throw new Error("Expected every record to be readable.");
            return subject.store.claim(request);
          },
        },
      };
    },
  },
];
