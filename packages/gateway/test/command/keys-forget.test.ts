/** `oncekey keys forget` over every database: what was kept goes, and what must stay is told. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { oncekey, recordId, scopeDigest } from "oncekey";
import { idempotency } from "oncekey/web";
import { ask, command, complete, doubt, onTerminal, places, withStore } from "./commands.ts";

const folder = mkdtempSync(join(tmpdir(), "oncekey-forget-"));
after(() => rmSync(folder, { recursive: true }));

const everywhere = await places();
after(() => Promise.all(everywhere.map((place) => place.remove())));

/** The principal that `complete` makes records of. */
const WHOSE = ["--scope", "tenant", "--scope", "user-1"];
const PRINCIPAL = ["tenant", "user-1"];
const NONE = { erased: 0, inFlight: 0, inDoubt: 0, unreadable: 0 };

for (const { kind, address } of everywhere) {
  const forget = (...args: string[]) =>
    command(["keys", "forget", ...args, "--store", address, "--yes"]);
  const retried = (key: string) =>
    withStore(address, async (store) => {
      const again = idempotency({ store, scope: () => PRINCIPAL }, () => new Response("ran"));
      const response = await ask(again, key);
      return { status: response.status, text: await response.text() };
    });

  describe(`over ${kind}`, () => {
    test("what was kept is erased, the record stays, and a late retry does not run", async () => {
      const id = await withStore(address, (store) => complete(store, "f1"));
      const { code, stdout, stderr } = await forget(...WHOSE, "--reason", "request 4711");
      deepEqual({ code, stdout }, { code: 0, stdout: "Erased what was kept of 1 record.\n" });
      match(stderr, /a late retry does not run again/);
      ok(!stderr.includes("user-1"), "the audit holds no scope");
      const line = JSON.parse(/^\{.*\}$/m.exec(stderr)?.[0] ?? "") as Record<string, unknown>;
      const { at, by, ...said } = line;
      ok(typeof by === "string" && /^\d{4}-/.test(String(at)));
      const scopes = [scopeDigest(PRINCIPAL), scopeDigest(PRINCIPAL, "run")];
      const reason = "request 4711";
      deepEqual(said, { act: "forget", purge: false, scopes, reason, ...NONE, erased: 1 });
      await withStore(address, async (store) => equal((await store.get(id))?.label, ""));
      match((await retried("f1")).text, /idempotency_response_not_kept/);
    });

    test("--purge removes the records, says what that means, and a late retry runs", async () => {
      const id = await withStore(address, (store) => complete(store, "f2"));
      const audit = join(folder, `${kind}.audit`);
      const { code, stdout, stderr } = await forget(...WHOSE, "--purge", "--audit", audit);
      equal(code, 0);
      match(stdout, /^Removed \d records?\.\n$/);
      match(stderr, /a late retry runs again\.\n$/);
      match(readFileSync(audit, "utf8"), /^\{.*"purge":true.*"erased":\d.*\}\n$/);
      await withStore(address, async (store) => equal(await store.get(id), undefined));
      deepEqual(await retried("f2"), { status: 200, text: "ran" });
    });

    test("what is in flight or in doubt is left and counted, and that is not done", async () => {
      const { running, held } = await withStore(address, async (store) => {
        const lease = await doubt(store, "f3");
        await store.renew(lease, 60_000);
        return { running: lease.id, held: (await doubt(store, "f4")).id };
      });
      const { code, stdout } = await forget("--scope", "global", "--purge", "--json");
      equal(code, 1);
      deepEqual(JSON.parse(stdout), { ...NONE, inFlight: 1, inDoubt: 1 });
      const inWords = await forget("--scope", "global");
      match(inWords.stdout, /^Left 1 record in flight: .*\nLeft 1 record in doubt: .*\n$/m);
      await withStore(address, async (store) => {
        equal((await store.get(running))?.state, "in-flight");
        equal((await store.get(held))?.state, "in-doubt");
      });
    });

    test("--door erases only what came in so, and no other principal's", async () => {
      const { run } = await withStore(address, async (store) => {
        await complete(store, "f5");
        await oncekey({ store }).run({ key: "f5", scope: PRINCIPAL }, () => "value");
        return { run: recordId(PRINCIPAL, "f5", "run") };
      });
      const other = await forget("--scope", "user-1", "--json");
      deepEqual(JSON.parse(other.stdout), NONE);
      const one = await forget(...WHOSE, "--door", "run", "--purge", "--json");
      deepEqual(JSON.parse(one.stdout), { ...NONE, erased: 1 });
      await withStore(address, async (store) => {
        equal(await store.get(run), undefined);
        equal((await store.get(recordId(PRINCIPAL, "f5")))?.label, "POST /pay");
      });
    });

    test("on a terminal it asks, and no other word than yes is one", async () => {
      const id = await withStore(address, (store) => complete(store, "f6"));
      const act = ["keys", "forget", ...WHOSE, "--purge", "--store", address];
      const refused = await onTerminal(act, "no\n");
      match(refused.stdout, /Remove them\? \(yes\/no\)[\s\S]*Nothing was changed\./);
      equal(refused.code, 1);
      await withStore(address, async (store) => equal((await store.get(id))?.state, "completed"));
      equal((await onTerminal(act, "yes\n")).code, 0);
      await withStore(address, async (store) => equal(await store.get(id), undefined));
    });
  });
}

test("without a word nothing is erased where nobody can be asked", async () => {
  const [place] = everywhere;
  ok(place !== undefined);
  const id = await withStore(place.address, (store) => complete(store, "f7"));
  const { code, stderr } = await command(["keys", "forget", ...WHOSE, "--store", place.address]);
  equal(code, 2);
  match(stderr, /oncekey: Expected --yes/);
  await withStore(place.address, async (store) => equal((await store.get(id))?.label, "POST /pay"));
});
