/** The slides, replayed: three requests, five processes, one Redis, and the deck's own options. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { databases } from "./processes/databases.ts";
import { type Answer, createFleet, type ServerProcess } from "./processes/fleet.ts";
import type { Place } from "./processes/places.ts";

const HEADER = "x-airsorted-idempotency-key";
const LEASE_MS = 1_500;
const ROUNDS = 20;

const DECK = {
  header: HEADER,
  methods: ["POST", "PUT", "PATCH", "DELETE"],
  blankKey: "absent",
  onDuplicate: "refuse",
  leaseMs: LEASE_MS,
};

const made = await databases(["redis"]);
after(() => made.stop());

describe("the deck's slides over five processes", () => {
  const fleet = createFleet();
  const five: ServerProcess[] = [];
  let place: Place;
  after(() => fleet.stop());

  before(async () => {
    place = await made.fresh("redis");
    const spec = { place, options: DECK, runMs: 5 };
    five.push(...(await Promise.all(Array.from({ length: 5 }, () => fleet.start(spec)))));
  });

  const send = (server: number, key: string, body?: string): Promise<Answer> =>
    (five[server % 5] as ServerProcess).ask(undefined, {
      headers: { [HEADER]: key },
      ...(body === undefined ? {} : { body }),
    });

  test(`P-155: of three at once one gets through, in each of ${ROUNDS} rounds`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const key = `round-${round}`;
      const sent = [0, 1, 2].map((index) => send(round + index, key));
      const answers = await Promise.all(sent);
      const [first, ...others] = answers.sort((one, other) => one.status - other.status);
      equal(first?.status, 201);
      equal(first?.isReplay, false);
      for (const answer of others) isRegistered(answer);
      equal(fleet.happened("run").get(key)?.length, 1);
      equal(fleet.happened("effect").get(key)?.length, 1);
    }
  });

  test("P-156: after the answer the key stays registered, on every process", async () => {
    const key = "answered";
    equal((await send(0, key)).status, 201);
    for (let server = 0; server < 5; server++) {
      isRegistered(await send(server, key));
      conflicts(await send(server, key, '{"amount":11}'));
    }
    equal(fleet.happened("run").get(key)?.length, 1);
  });

  test("P-156: after a crash, and after its lease, the key stays registered", async () => {
    const key = "crashed";
    const doomed = await fleet.start({ place, options: DECK, holds: true });
    const asked = doomed.ask(undefined, { headers: { [HEADER]: key } });
    asked.catch(() => {});
    await doomed.told("reached");
    await doomed.kill();
    await rejects(asked);
    isRegistered(await send(0, key));
    // Here the slide's lock is gone, and its second dinner is cooked.
    await pause(LEASE_MS + 300);
    for (let server = 0; server < 5; server++) {
      isRegistered(await send(server, key));
      conflicts(await send(server, key, '{"amount":11}'));
    }
    equal(fleet.happened("run").get(key)?.length, 1);
    equal(fleet.happened("effect").get(key)?.length, 1);
  });

  test("P-157: without a key, with a blank one, and by GET, everything passes and runs", async () => {
    const [server] = five as [ServerProcess];
    // A request that passes has no context, so it is written down without a key.
    const ran = () => fleet.happened("run").get("")?.length ?? 0;
    const passing = [
      () => server.ask(undefined),
      () => server.ask(undefined, { headers: { [HEADER]: "" } }),
      () => server.ask(undefined, { headers: { [HEADER]: "  \t " } }),
      () => server.ask(undefined, { method: "GET", headers: { [HEADER]: "answered" } }),
    ];
    for (const ask of passing) {
      for (let times = 0; times < 2; times++) {
        const before = ran();
        const answer = await ask();
        deepEqual([answer.status, answer.isReplay], [201, false]);
        equal(ran(), before + 1);
      }
    }
  });
});

function isRegistered(answer: Answer): void {
  deepEqual([answer.status, answer.code], [409, "idempotency_key_registered"]);
  equal(answer.isReplay, false);
}

function conflicts(answer: Answer): void {
  deepEqual([answer.status, answer.code], [422, "idempotency_conflict"]);
}
