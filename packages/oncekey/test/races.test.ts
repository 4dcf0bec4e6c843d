/** Equal requests that race over processes, for real (P-35): one runs, and all hear of that one. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { databases } from "./processes/databases.ts";
import { type Answer, createFleet, type ServerProcess } from "./processes/fleet.ts";
import type { Place } from "./processes/places.ts";

const REQUESTS = 12;

/** SQLite waits for the disk at each commit, and two processes for each other's lock. */
const ROUNDS: Readonly<Record<Place["kind"], number>> = { redis: 300, postgres: 300, sqlite: 30 };

const kinds = Object.keys(ROUNDS) as Place["kind"][];
const made = await databases(kinds);
after(() => made.stop());

for (const kind of kinds) {
  describe(`two processes over ${kind}`, () => {
    const fleet = createFleet();
    const servers: ServerProcess[] = [];
    after(() => fleet.stop());

    before(async () => {
      const place = await made.fresh(kind);
      const spec = { place, options: { effects: "unrepeatable" }, runMs: 2 };
      servers.push(...(await Promise.all([fleet.start(spec), fleet.start(spec)])));
    });

    test(`P-35: in none of ${ROUNDS[kind]} rounds of ${REQUESTS} there are two executions`, async () => {
      let inFlight = 0;
      for (let round = 0; round < ROUNDS[kind]; round++) {
        // Each of them is asked first in turn, or the second could only ever lose.
        servers.reverse();
        const answers = await race(servers, `round-${round}`);
        judge(answers, `round-${round}`);
        inFlight += answers.filter(({ code }) => code !== undefined).length;
      }

      const winners = new Set<number>();
      for (const what of ["run", "effect"] as const) {
        const happened = fleet.happened(what);
        equal(happened.size, ROUNDS[kind], `the rounds with a ${what}`);
        for (const [key, entries] of happened) {
          equal(entries.length, 1, `the times of a ${what} in ${key}`);
          for (const { pid } of entries) winners.add(pid);
        }
      }
      // Or it was no race, and the rounds have shown nothing.
      equal(winners.size, 2, "how many processes win now and then");
      ok(inFlight > 0, "some requests come while the first runs");
    });
  });
}

function race(servers: readonly ServerProcess[], key: string): Promise<readonly Answer[]> {
  const sent = Array.from({ length: REQUESTS }, (_, index) =>
    (servers[index % servers.length] as ServerProcess).ask(key),
  );
  return Promise.all(sent);
}

/** One is the first; every other is its replay, or says that it runs. */
function judge(answers: readonly Answer[], key: string): void {
  const firsts = answers.filter(({ code, isReplay }) => code === undefined && !isReplay);
  const [first] = firsts;
  ok(first !== undefined && firsts.length === 1, `one answer to ${key} is the first`);
  equal(first.status, 201, `the status of the first answer to ${key}`);
  for (const answer of answers) {
    if (answer === first) continue;
    if (answer.isReplay) {
      deepEqual([answer.status, answer.text], [first.status, first.text], `a replay for ${key}`);
      equal(answer.headers.location, first.headers.location, `its Location for ${key}`);
    } else {
      deepEqual([answer.status, answer.code], [409, "idempotency_in_flight"], `a 409 for ${key}`);
    }
  }
}
