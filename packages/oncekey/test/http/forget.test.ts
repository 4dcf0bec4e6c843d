/** Forgetting a principal: what is gone, what stays and why, and what a late retry gets. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { idempotency } from "../../src/adapters/web.ts";
import { oncekey } from "../../src/core/run.ts";
import { aesGcm } from "../../src/core/seal.ts";
import { forget } from "../../src/http/forget.ts";
import { memoryStore } from "../../src/stores/memory.ts";

const CANARY = "born 1970-01-01";
const NONE = { erased: 0, inFlight: 0, inDoubt: 0, unreadable: 0 };
const seal = aesGcm([{ id: "k", key: new Uint8Array(32).fill(3) }]);

function service(options: { readonly seal?: typeof seal } = {}) {
  const store = memoryStore();
  let runs = 0;
  const scope = (request: Request) => request.headers.get("x-user");
  const guarded = idempotency({ store, scope, ...options }, async () => {
    runs++;
    return new Response(CANARY, { status: 201 });
  });
  const post = (user: string, key: string) =>
    guarded(
      new Request(`http://localhost/patients/${user}`, {
        method: "POST",
        headers: { "x-user": user, "idempotency-key": key },
        body: "{}",
      }),
    );
  const dump = async () => {
    const { records } = await store.list({ limit: 1000 });
    return records.map((record) => ({
      label: record.label,
      result: record.state === "completed" ? Buffer.from(record.result).toString("latin1") : "",
    }));
  };
  return { store, post, dump, runs: () => runs };
}

test("S-41: the answers and labels of one principal are gone, and another's are not", async () => {
  const { store, post, dump } = service();
  for (let index = 0; index < 120; index++) await post("ann", `a${index}`);
  await post("bob", "b");
  deepEqual(await forget(store, { scope: "ann" }), { ...NONE, erased: 120 });
  const after = await dump();
  equal(after.length, 121);
  const telling = after.filter(({ label, result }) => label !== "" || result.includes(CANARY));
  deepEqual(
    telling.map(({ label }) => label),
    ["POST /patients/bob"],
  );
  deepEqual(await forget(store, { scope: "nobody" }), NONE);
});

test("S-41: a retry after it does not run again, and is told that it happened", async () => {
  const { store, post, runs } = service();
  await post("ann", "a");
  await forget(store, { scope: "ann" });
  const retry = await post("ann", "a");
  equal(retry.status, 409);
  const problem = JSON.parse(await retry.text());
  equal(problem.code, "idempotency_response_not_kept");
  equal(runs(), 1);
});

test("S-41: purging removes the records too, and then a retry runs", async () => {
  const { store, post, dump, runs } = service();
  await post("ann", "a");
  deepEqual(await forget(store, { scope: "ann", purge: true }), { ...NONE, erased: 1 });
  deepEqual(await dump(), []);
  equal((await post("ann", "a")).status, 201);
  equal(runs(), 2);
});

test("S-41: what is in flight or in doubt is counted and left, also when purging", async () => {
  const store = memoryStore();
  const once = oncekey({ store });
  const failing = once.run({ scope: "ann", key: "doubt" }, () => Promise.reject(new Error("no")));
  await rejects(failing, /no/);
  let end = () => {};
  const running = once.run({ scope: "ann", key: "runs" }, () => {
    return new Promise<void>((resolve) => {
      end = resolve;
    });
  });
  while ((await store.list({ limit: 10, state: "in-flight" })).records.length === 0);
  for (const purge of [false, true]) {
    deepEqual(await forget(store, { scope: "ann", purge }), { ...NONE, inFlight: 1, inDoubt: 1 });
  }
  end();
  equal((await running).kind, "completed");
});

test("S-41: what `run` kept is replayed without its value", async () => {
  const store = memoryStore();
  const once = oncekey({ store });
  await once.run({ scope: ["t", "ann"], key: "k" }, () => CANARY);
  deepEqual(await forget(store, { scope: ["t", "ann"] }), { ...NONE, erased: 1 });
  deepEqual(await once.run({ scope: ["t", "ann"], key: "k" }, () => "again"), {
    kind: "completed",
    value: undefined,
    replayed: true,
  });
});

test("S-41: sealed answers are erased under their seal, and without it only purged", async () => {
  const { store, post } = service({ seal });
  await post("ann", "a");
  deepEqual(await forget(store, { scope: "ann" }), { ...NONE, unreadable: 1 });
  deepEqual(await forget(store, { scope: "ann", seal }), { ...NONE, erased: 1 });
  equal((await post("ann", "a")).status, 409);
  deepEqual(await forget(store, { scope: "ann", purge: true }), { ...NONE, erased: 1 });
});

test("a scope that names nobody is refused", async () => {
  for (const scope of ["", [], ["", "x"], undefined, ["a", 7]]) {
    await rejects(forget(memoryStore(), { scope: scope as never }), {
      name: "TypeError",
      message: /`scope`/,
    });
  }
});
