/** What is wrong in one way, and the case that must notice. */
import { ok, rejects } from "node:assert/strict";
import type { Case } from "../../src/conformance/case.ts";
import { type MemoryStore, memoryStore } from "../../src/stores/memory.ts";
import { fakeClock } from "../register.ts";

export interface Broken<Subject> {
  /** What is wrong. */
  readonly name: string;
  /** The name of the case that was written for it. */
  readonly fails: string;
  makeSubject(): Subject;
}

export interface MemorySubject {
  readonly store: MemoryStore;
  clock(): number;
  pass(ms: number): Promise<void>;
}

/** A sound store and its clock: what the broken ones are made of. */
export function soundSubject(): MemorySubject {
  const { clock, pass } = fakeClock();
  return { store: memoryStore({ clock }), clock, pass };
}

/** A memory store with some of its verbs replaced. */
export function broken(
  name: string,
  fails: string,
  verbs: (inner: MemoryStore, clock: () => number) => Partial<MemoryStore>,
): Broken<MemorySubject> {
  const makeSubject = () => {
    const { store, clock, pass } = soundSubject();
    return { store: { ...store, ...verbs(store, clock) }, clock, pass };
  };
  return { name, fails, makeSubject };
}

/** Held to its own case, and noticed by an assertion: a crash would prove nothing. */
export async function failsItsCase<Subject>(
  cases: readonly Case<Subject>[],
  { fails, makeSubject }: Broken<Subject>,
): Promise<void> {
  const found = cases.find((one) => one.name === fails);
  ok(found !== undefined, `No case is named "${fails}".`);
  const broken = makeSubject();
  await rejects(async () => found.run(broken), { name: "Error", message: /^Expected / });
}
