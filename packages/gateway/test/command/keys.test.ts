/** `oncekey keys` over every database: what is there is told, and settled only as it was shown. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { type Lease, recordId } from "oncekey";
import { idempotency } from "oncekey/web";
import { ask, command, complete, doubt, onTerminal, places, withStore } from "./commands.ts";

const folder = mkdtempSync(join(tmpdir(), "oncekey-keys-"));
after(() => rmSync(folder, { recursive: true }));

const everywhere = await places();
after(() => Promise.all(everywhere.map((place) => place.remove())));

interface Listed {
  readonly now: string;
  readonly records: readonly Readonly<Record<string, unknown>>[];
  readonly next?: string;
}

const WORDS = ["--reason", "looked at the ledger"];
/** A handler that must not run: what a duplicate gets is what was settled. */
const never = () => {
  throw new Error("It ran.");
};

for (const { kind, address } of everywhere) {
  const keys = (...args: string[]) => command(["keys", ...args, "--store", address]);
  const listed = async (...args: string[]) => {
    const { stdout, code } = await keys("list", "--json", ...args);
    equal(code, 0);
    return JSON.parse(stdout) as Listed;
  };

  describe(`over ${kind}`, () => {
    test("a list filters by state, scope and age, and goes on from its cursor", async () => {
      const { done, held } = await withStore(address, async (store) => ({
        done: [await complete(store, "l1"), await complete(store, "l2")],
        held: (await doubt(store, "l3")).id,
      }));
      const states = (await listed()).records.map(({ state }) => state);
      deepEqual(states.toSorted(), ["completed", "completed", "in-doubt"]);
      deepEqual(
        (await listed("--state", "in-doubt")).records.map(({ id }) => id),
        [held],
      );
      const mine = await listed("--scope", "tenant", "--scope", "user-1");
      deepEqual(mine.records.map(({ id }) => id).toSorted(), done.toSorted());
      deepEqual((await listed("--scope", "user-1")).records, []);
      deepEqual((await listed("--older-than", "1h")).records, []);
      equal((await listed("--older-than", "0s")).records.length, 3);
      match((await listed()).now, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

      const seen = new Set<unknown>();
      let page = await listed("--limit", "1");
      for (let pages = 0; pages < 10; pages++) {
        for (const { id } of page.records) seen.add(id);
        if (page.next === undefined) break;
        page = await listed("--limit", "1", "--after", page.next);
      }
      deepEqual(page.next, undefined, "the last page has no cursor");
      deepEqual([...seen].toSorted(), [...done, held].toSorted());
    });

    test("people get a table, with ids as in the logs", async () => {
      const { stdout, stderr, code } = await keys("list", "--state", "in-doubt");
      const lines = stdout.trimEnd().split("\n");
      match(lines[0] ?? "", /^ID +STATE +LABEL +ATTEMPT +TOKEN +CLAIMED +LEASE ENDS +EXPIRES$/);
      match(lines[1] ?? "", /^[0-9a-f]{12} {2}in-doubt {2}POST \/pay .*\d{4}-\d\d-\d\dT/);
      deepEqual({ code, stderr, rows: lines.length }, { code: 0, stderr: "", rows: 2 });
      const none = await keys("list", "--scope", "nobody");
      deepEqual(none, { code: 0, stdout: "", stderr: "No record is so.\n" });
    });

    test("one record is shown by its id, by how the id begins, and by scope and key", async () => {
      const id = recordId("global", "l3");
      const ways = [[id], [id.slice(0, 12)], ["--scope", "global", "--key", "l3"]];
      for (const way of [...ways, ["--scope", "global", "--key", '"l3"']]) {
        const { stdout, code } = await keys("show", "--json", ...way);
        equal(code, 0);
        equal((JSON.parse(stdout) as { id: string }).id, id);
      }
      match((await keys("show", id)).stdout, /^state +in-doubt$/m);
      const none = await keys("show", "0".repeat(64));
      deepEqual({ code: none.code, stdout: none.stdout }, { code: 1, stdout: "" });
      match(none.stderr, /^oncekey: There is no such record[^\n]+\n$/);
      equal((await keys("show", "--scope", "another", "--key", "l3")).code, 1);
      const lost = await keys("list", "--after", "not a cursor");
      deepEqual({ code: lost.code, stdout: lost.stdout }, { code: 2, stdout: "" });
      match(lost.stderr, /^oncekey: Expected --after [^\n]+\n$/);
    });

    test("as happened, duplicates get the answer from now on, and the audit has a line", async () => {
      const { id, token } = await withStore(address, (store) => doubt(store, "r1"));
      const body = join(folder, "answer.json");
      writeFileSync(body, '{"id":7}');
      const audit = join(folder, `${kind}.audit`);
      const answer = ["--happened", "--status", "201", "--body", body];
      const { code, stdout, stderr } = await keys(
        ...["resolve", id.slice(0, 12), ...answer, "--header", "Location: /pay/7"],
        ...["--audit", audit, "--yes", "--json", ...WORDS],
      );
      deepEqual(JSON.parse(stdout), { id, token, outcome: "happened", settled: true });
      equal(code, 0);
      match(stderr, /^state +in-doubt$/m, "the record is shown first");
      const { at, by, bodySha256, ...line } = JSON.parse(readFileSync(audit, "utf8"));
      ok(typeof by === "string" && /^\d{4}-/.test(at) && /^[0-9a-f]{64}$/.test(bodySha256));
      const label = "POST /pay";
      const { scope, ...said } = line;
      match(scope, /^[0-9a-f]{64}$/);
      deepEqual(said, {
        ...{ act: "settle", outcome: "happened", status: 201, bodyBytes: 8, id, label, token },
        ...{ reason: "looked at the ledger", settled: true },
      });
      await withStore(address, async (store) => {
        const record = await store.get(id);
        equal(record?.state, "completed");
        ok((record?.token ?? 0) > token, "its owner is fenced out");
        // The claim was made up, with a fingerprint that no request has.
        const guarded = idempotency({ store, scope: "global" }, never);
        equal((await ask(guarded, "r1")).status, 422);
      });
    });

    test("a duplicate gets the answer that was attached, byte for byte", async () => {
      await withStore(address, async (store) => {
        // An owner that falls silent: its handler never ends while the lease does.
        const owner = idempotency(
          { store, scope: "global" },
          () => new Promise<Response>(() => {}),
        );
        void ask(owner, "r2").catch(() => {});
        const id = recordId("global", "r2");
        let record = await store.get(id);
        for (let tries = 0; record === undefined && tries < 500; tries++) {
          await new Promise((resolve) => setTimeout(resolve, 10));
          record = await store.get(id);
        }
        ok(record !== undefined, "the claim was never made");
        await store.renew(record, 0);
        const answer = ["--happened", "--status", "200", "--body", "-"];
        const settled = await command(
          ["keys", "resolve", id, ...answer, "--yes", ...WORDS, "--store", address],
          { stdin: "paid" },
        );
        equal(settled.code, 0, settled.stderr);
        const replay = await ask(idempotency({ store, scope: "global" }, never), "r2");
        equal(replay.headers.get("idempotent-replayed"), "true");
        equal(replay.headers.get("content-type"), "text/plain; charset=utf-8");
        equal(await replay.text(), "paid");
      });
    });

    test("as not happened, the record goes and a retry runs; release is its short form", async () => {
      for (const [key, ...act] of [
        ["n1", "resolve", "--did-not-happen"],
        ["n2", "release"],
      ] as const) {
        const { id } = await withStore(address, (store) => doubt(store, key));
        const [verb, ...flags] = act;
        const { code, stderr, stdout } = await keys(verb, id, ...flags, "--yes", ...WORDS);
        deepEqual(
          { code, stdout },
          { code: 0, stdout: "Settled as not happened: the next retry runs.\n" },
        );
        match(stderr, /an owner that merely stands still may go on/);
        match(stderr, /^\{.*"outcome":"did-not-happen".*"settled":true.*\}$/m);
        await withStore(address, async (store) => {
          equal(await store.get(id), undefined);
          const guarded = idempotency({ store, scope: "global" }, () => new Response("ran"));
          equal(await (await ask(guarded, key)).text(), "ran");
        });
      }
    });

    test("what changed since it was shown is not overwritten", async () => {
      const { id, token } = await withStore(address, async (store) => {
        const lease = await doubt(store, "c1");
        await store.release(lease);
        await doubt(store, "c1");
        return lease;
      });
      const act = ["release", id, "--token", String(token), "--yes", ...WORDS];
      const { code, stderr, stdout } = await keys(...act);
      deepEqual({ code, stdout }, { code: 1, stdout: "" });
      match(stderr, /The record has changed: its token is \d+ now\. Look again\.\n$/);
      await withStore(address, async (store) => equal((await store.get(id))?.state, "in-doubt"));
    });

    test("only what is in doubt is settled, and only HTTP gets an answer of HTTP", async () => {
      const { done, running, work } = await withStore(address, async (store) => {
        const lease = await doubt(store, "o1");
        await store.renew(lease, 60_000);
        const work = (await doubt(store, "o2", "run")).id;
        return { done: await complete(store, "o3"), running: lease.id, work };
      });
      for (const [id, why] of [
        [done, /is completed: only one in doubt/],
        [running, /is in-flight: only one in doubt/],
        [work, /does not seem to be of an HTTP request/],
      ] as const) {
        const { code, stderr } = await keys(
          ...["resolve", id, "--happened", "--status", "200", "--yes", ...WORDS],
        );
        equal(code, 1);
        match(stderr, why);
      }
      const { code } = await keys("release", running, "--yes", ...WORDS);
      equal(code, 1);
      await withStore(address, async (store) => {
        equal((await store.get(done))?.state, "completed");
        equal((await store.get(running))?.state, "in-flight");
        equal((await store.get(work))?.state, "in-doubt");
      });
    });

    test("on a terminal it asks, and no other word than yes is one", async () => {
      const { id } = await withStore(address, (store) => doubt(store, "t1"));
      const act = ["keys", "release", id, "--store", address, "--reason", "seen"];
      for (const typed of ["no\n", "y\n", "\u0004"]) {
        const { code, stdout } = await onTerminal(act, typed);
        match(stdout, /Let the next retry run\? \(yes\/no\)/);
        match(stdout, /Nothing was changed\./);
        equal(code, 1);
      }
      await withStore(address, async (store) => equal((await store.get(id))?.state, "in-doubt"));
      const { code, stdout } = await onTerminal(act, "yes\n");
      equal(code, 0, stdout);
      await withStore(address, async (store) => equal(await store.get(id), undefined));
    });

    test("what healed, or runs again, while the question stood is left alone, and the try is noted", async () => {
      const audit = join(folder, `${kind}-late.audit`);
      const where = ["--store", address, "--reason", "seen", "--audit", audit];
      const healed = {
        state: "completed",
        act: (lease: Lease) =>
          withStore(address, (store) => store.complete(lease, Uint8Array.of(1))),
      };
      // Back at work under the same token: a retry beside it would be a second effect.
      const back = {
        state: "in-flight",
        act: (lease: Lease) => withStore(address, (store) => store.renew(lease, 600_000)),
      };
      for (const [key, meanwhile, verb, ...flags] of [
        ["h1", healed, "release"],
        ["h2", healed, "resolve", "--happened", "--status", "200"],
        ["h3", back, "release"],
        ["h4", back, "resolve", "--did-not-happen"],
        ["h5", back, "resolve", "--happened", "--status", "200"],
      ] as const) {
        const lease = await withStore(address, (store) => doubt(store, key));
        const act = ["keys", verb, lease.id, ...flags, ...where];
        const { code, stdout } = await onTerminal(act, "yes\n", () => meanwhile.act(lease));
        equal(code, 1);
        match(stdout, /Nothing was changed: the record is not in doubt any more/);
        await withStore(address, async (store) => {
          equal((await store.get(lease.id))?.token, lease.token);
          equal((await store.get(lease.id))?.state, meanwhile.state);
        });
      }
      const noted = readFileSync(audit, "utf8").trimEnd().split("\n");
      deepEqual(
        noted.map((line) => (JSON.parse(line) as { settled: unknown }).settled),
        [false, false, false, false, false],
      );
    });

    test("what has expired is reaped, and nothing else", async () => {
      const held = await withStore(address, async (store) => {
        const guarded = idempotency(
          { store, scope: "global", retentionMs: 1 },
          () => new Response("done"),
        );
        await (await ask(guarded, "e1")).text();
        return (await doubt(store, "e2")).id;
      });
      await new Promise((resolve) => setTimeout(resolve, 50));
      const { code, stdout, stderr } = await keys("reap");
      deepEqual({ code, stderr }, { code: 0, stderr: "" });
      match(
        stdout,
        kind === "redis" ? /^Nothing to do: Redis/ : /^Removed \d+ expired records?\.\n$/,
      );
      deepEqual(JSON.parse((await keys("reap", "--json")).stdout), { reaped: 0 });
      equal((await keys("show", held)).code, 0);
    });
  });
}

test("without a word nothing is done where nobody can be asked", async () => {
  const [place] = everywhere;
  ok(place !== undefined);
  const { id } = await withStore(place.address, (store) => doubt(store, "w1"));
  const { code, stderr } = await command(["keys", "release", id, "--reason", "seen"], {
    env: { ONCEKEY_STORE: place.address },
  });
  equal(code, 2);
  match(stderr, /oncekey: Expected --yes/);
  await withStore(place.address, async (store) => equal((await store.get(id))?.state, "in-doubt"));
});

test("a label cannot move the cursor of whoever looks", async () => {
  const [place] = everywhere;
  ok(place !== undefined);
  const label = "POST /\u001b[2J\u202eyap";
  const { id } = await withStore(place.address, (store) => doubt(store, "x1", label));
  for (const act of [
    ["list", "--state", "in-doubt"],
    ["show", id],
  ]) {
    const { stdout, code } = await command(["keys", ...act, "--store", place.address]);
    equal(code, 0);
    ok(stdout.includes("POST /?[2J?yap"), stdout);
  }
});
