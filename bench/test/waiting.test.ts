/** Two processes of the bench on one store: one holds a key, the other waits for it. */
import { equal, ok } from "node:assert/strict";
import { after, describe, test } from "node:test";
import { createDatabases } from "../src/databases.ts";
import { startParty } from "../src/party.ts";

describe("a party", () => {
  const databases = createDatabases();
  after(() => databases.stop());

  for (const kind of ["redis", "postgres"] as const) {
    test(`${kind}: waiters of all engines wake when the owner in another process ends`, async (context) => {
      const { address } = await databases.of(kind);
      const [owner, waiter] = await Promise.all([
        startParty(kind, address),
        startParty(kind, address),
      ]);
      context.after(() => Promise.all([owner.stop(), waiter.stop()]));
      const keys = ["one", "two"];
      for (const key of keys) await owner.hold(key);
      const answered = waiter.wait({ keys, engines: 2, perKey: 3 });
      await waiter.watches(keys.length);
      ok((await waiter.trips()) > 0);
      const ends = [await owner.end("one"), await owner.end("two")];
      const woken = await answered;
      equal(woken.length, keys.length * 3);
      for (const at of woken) ok(at > Math.min(...ends.map(({ endedAt }) => endedAt)));
    });
  }
});
