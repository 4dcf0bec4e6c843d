/** Every adapter plays every case of the protocol: same requests, same bytes. */
import { describe } from "node:test";
import { adapterCases } from "../../src/conformance/adapter.ts";
import type { Deviation } from "../../src/conformance/case.ts";
import { register } from "../register.ts";
import { MOUNTS } from "./mounts.ts";
import { subjectOf } from "./subject.ts";

/** Of the database behind the adapters, not of theirs: over Postgres both cases are kept. */
const deviations: readonly Deviation[] = [
  {
    case: "P-98: transactional: an owner that was overtaken in mid-handler is rolled back",
    reason: "SQLite has one writer: while a transaction is open, nobody can commit another.",
  },
  {
    case: "P-104: transactional: after `maxRunMs` and its lease a request that hangs runs again",
    reason: "SQLite has one writer: a handler that hangs in its transaction keeps the lock.",
  },
];

for (const [name, mount] of Object.entries(MOUNTS)) {
  describe(`oncekey/${name}`, () => register(adapterCases, () => subjectOf(mount), { deviations }));
}
