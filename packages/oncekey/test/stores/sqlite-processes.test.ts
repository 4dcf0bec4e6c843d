/** Several processes over one SQLite file: one owner for each key, and what was said stays true. */
import { equal, ok } from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { duplicate, request } from "../../src/conformance/subject.ts";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import { clients, fileFor, type TestClient, type TestFile } from "./sqlite-clients.ts";
import type { Command, Reply } from "./sqlite-worker.ts";

const WORKER = fileURLToPath(new URL("./sqlite-worker.js", import.meta.url));

interface Worker {
  readonly child: ChildProcess;
  tell(command: Command): Promise<Reply>;
  kill(): Promise<void>;
}

async function startWorker({ file }: TestFile, client: TestClient): Promise<Worker> {
  const child = fork(WORKER, [file, client.name], { execArgv: ["--no-warnings"] });
  await once(child, "message");
  return {
    child,
    async tell(command) {
      child.send(command);
      const [reply] = (await once(child, "message")) as [Reply];
      equal(reply.error, undefined, "what the worker says");
      return reply;
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

for (const client of clients) {
  describe(`processes over ${client.name}`, () => {
    const file = fileFor(client);
    const workers: Worker[] = [];

    before(async () => {
      workers.push(
        ...(await Promise.all(Array.from({ length: 4 }, () => startWorker(file, client)))),
      );
    });
    after(async () => {
      await Promise.all(workers.map((worker) => worker.kill()));
      file.remove();
    });

    test("four processes set up one new file at once", async () => {
      await Promise.all(workers.map((worker) => worker.tell({ do: "setup" })));
      const migrations = "SELECT version FROM oncekey_records_migrations";
      equal(file.open().prepare(migrations).all().length, 1);
    });

    test("of two processes that claim one key, one wins each of 200 rounds", async () => {
      const racers = workers.slice(0, 2);
      const wins = new Map(racers.map((racer) => [racer, 0]));
      let before = 0;
      for (let round = 0; round < 200; round += 1) {
        // Each of them is asked first in turn, or the second could only ever lose.
        racers.reverse();
        const wanted = request();
        const claims = await Promise.all(
          racers.map(async (racer) => {
            const { claim } = await racer.tell({ do: "claim", request: duplicate(wanted) });
            return { racer, claim };
          }),
        );
        const [winner, ...others] = claims.filter(({ claim }) => claim?.outcome === "claimed");
        ok(winner?.claim?.outcome === "claimed" && others.length === 0, `one wins round ${round}`);
        const { token } = winner.claim.lease;
        ok(token > before, "the token is greater than the one before");
        before = token;
        wins.set(winner.racer, (wins.get(winner.racer) ?? 0) + 1);
        const loser = claims.find((other) => other !== winner)?.claim;
        equal(loser?.outcome === "taken" && loser.record.token, token, "what the loser is told");
      }
      // Or it was no race, and the rounds have shown nothing.
      for (const count of wins.values()) ok(count > 0, "both win now and then");
    });

    test("what a process was told is kept when it is killed at once", async () => {
      const store = sqliteStore(file.open());
      for (let round = 0; round < 5; round += 1) {
        const worker = await startWorker(file, client);
        workers.push(worker);
        const [claimedOnly, done] = [request(), request()];
        const { claim } = await worker.tell({ do: "claim", request: done });
        ok(claim?.outcome === "claimed");
        await worker.tell({ do: "claim", request: claimedOnly });
        const text = `answer ${round}`;
        equal((await worker.tell({ do: "complete", lease: claim.lease, text })).kept, true);
        await worker.kill();

        equal((await store.get(claimedOnly.id))?.state, "in-flight", "what was claimed");
        const record = await store.get(done.id);
        ok(record?.state === "completed", "what was completed");
        equal(new TextDecoder().decode(record.result), text);
      }
    });

    test("while another process has the write lock, timers fire, reads are answered, writes wait", async () => {
      const [other] = workers;
      const store = sqliteStore(file.open());
      const first = request();
      const claim = await store.claim(first);
      ok(claim.outcome === "claimed");
      await other?.tell({ do: "lock" });

      let ticks = 0;
      const clock = setInterval(() => {
        ticks += 1;
      }, 5);
      let isTold = false;
      const completed = store.complete(claim.lease, Uint8Array.of(1)).finally(() => {
        isTold = true;
      });
      while (ticks < 20) await new Promise((resolve) => setImmediate(resolve));
      clearInterval(clock);
      equal((await store.claim(duplicate(first))).outcome, "taken");
      equal((await store.get(first.id))?.state, "in-flight");
      equal(isTold, false, "whether the completion was told while it could not be made");

      await other?.tell({ do: "unlock" });
      equal(await completed, true);
    });
  });
}
