/** What is kept is found again, by who knows whose key it was. */
import { equal, notEqual } from "node:assert/strict";
import { test } from "node:test";
import { idempotency } from "../../src/adapters/web.ts";
import { oncekey } from "../../src/core/run.ts";
import { recordId, scopeDigest } from "../../src/http/lookup.ts";
import { memoryStore } from "../../src/stores/memory.ts";

type Named = "global" | (() => string | readonly string[]);

async function kept(scope: Named, header: string) {
  const store = memoryStore();
  const guarded = idempotency({ store, scope }, () => new Response("done"));
  const headers = { "idempotency-key": header };
  await (await guarded(new Request("http://h/pay", { method: "POST", headers }))).text();
  const [record] = (await store.list({ limit: 2 })).records;
  return { store, record };
}

const SCOPES = [
  { scope: "global" as const, named: "global" },
  { scope: () => "user-1", named: "user-1" },
  { scope: () => ["tenant", "user-1"], named: ["tenant", "user-1"] },
  { scope: () => "global", named: ["global"] },
];

for (const { scope, named } of SCOPES) {
  test(`a record of the scope ${JSON.stringify(named)} is found by scope and key`, async () => {
    const { store, record } = await kept(scope, '"k-1"');
    for (const sent of ["k-1", '"k-1"']) equal(recordId(named, sent), record?.id);
    equal(scopeDigest(named), record?.scope);
    equal((await store.list({ limit: 2, scope: scopeDigest(named) })).records.length, 1);
    notEqual(recordId(named, "k-2"), record?.id);
    notEqual(recordId("another", "k-1"), record?.id);
  });
}

test("the work of run() is found by its own door, and by no other", async () => {
  const store = memoryStore();
  await oncekey({ store }).run({ scope: "global", key: "event-1" }, () => 1);
  equal((await store.get(recordId("global", "event-1", "run")))?.state, "completed");
  equal(await store.get(recordId("global", "event-1")), undefined);
  equal((await store.list({ limit: 1, scope: scopeDigest("global", "run") })).records.length, 1);
});
