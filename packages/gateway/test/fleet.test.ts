/** Five gateways, as processes, in front of one upstream in Python: each key reaches it once. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { startPostgres, startRedis } from "local-servers";
import { type GatewayProcess, gatewayProcess, type Said, send } from "./gateways.ts";
import { type PythonUpstream, pythonUpstream } from "./python-upstream.ts";

const GATEWAYS = 5;
const DUPLICATES = 12;
/** 25 in every run; 300, as often as it was first played, with ONCEKEY_TEST_ROUNDS=300. */
const ROUNDS = Number(process.env.ONCEKEY_TEST_ROUNDS ?? 25);
/** Of the one that dies. No lease of the others ends while they work, however busy the machine is. */
const SHORT_LEASE_MS = 1_000;

interface Place {
  readonly address: string;
  stop(): Promise<void>;
}

/** The run's shared server, or one for this file. */
async function place(shared: string | undefined, start: typeof startRedis): Promise<Place> {
  if (shared !== undefined) return { address: shared, stop: async () => {} };
  const { url, stop } = await start();
  return { address: url, stop };
}

const PLACES: Readonly<Record<string, () => Promise<Place>>> = {
  redis: () => place(process.env.ONCEKEY_TEST_REDIS, startRedis),
  postgres: () => place(process.env.ONCEKEY_TEST_POSTGRES, startPostgres),
  async sqlite() {
    const folder = mkdtempSync(join(tmpdir(), "oncekey-gateway-"));
    const stop = async () => rmSync(folder, { recursive: true });
    return { address: `sqlite:${join(folder, "a.db")}`, stop };
  },
};

for (const [name, open] of Object.entries(PLACES)) {
  describe(`five gateways over ${name}`, () => {
    let where: Place;
    let upstream: PythonUpstream;
    let fleet: GatewayProcess[] = [];
    /** Apart from every other run's keys in a shared server. */
    const run = `${name}-${process.pid}-${Date.now()}`;

    const start = (...more: readonly string[]) =>
      gatewayProcess([
        ...["--upstream", upstream.url, "--store", where.address],
        ...["--scope", "header:x-user-id", "--health", "/-/health"],
        ...["--log-level", "debug", "--json", ...more],
      ]);

    before(async () => {
      where = await open();
      upstream = await pythonUpstream();
      // At once: all of them find no tables, and make them.
      fleet = await Promise.all(Array.from({ length: GATEWAYS }, () => start()));
    });
    after(async () => {
      await Promise.all(fleet.map((gateway) => gateway.end("SIGKILL")));
      await upstream.stop();
      await where.stop();
    });

    const through = (gateway: GatewayProcess | undefined, key: string, sleep = "0") => {
      ok(gateway !== undefined);
      const headers = { "idempotency-key": key, "x-user-id": "ann", "x-sleep": sleep };
      return send(gateway, { headers });
    };

    test(`P-35: of ${DUPLICATES} duplicates one reaches the upstream, in each of ${ROUNDS} rounds`, async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const key = `${run}-${round}`;
        const all = await Promise.all(
          Array.from({ length: DUPLICATES }, (_, at) =>
            through(fleet[(round + at) % GATEWAYS], key, "0.01"),
          ),
        );
        const firsts = all.filter(({ status, isReplay }) => status === 201 && !isReplay);
        equal(firsts.length, 1, "the first answers");
        for (const said of all) {
          if (said.status === 201) equal(said.text, firsts[0]?.text);
          else deepEqual([said.status, said.code], [409, "idempotency_in_flight"]);
        }
        const later = await through(fleet[round % GATEWAYS], key, "0.01");
        deepEqual([later.status, later.isReplay, later.text], [201, true, firsts[0]?.text]);
      }
      const hits = await upstream.hits();
      for (let round = 0; round < ROUNDS; round++) equal(hits[`${run}-${round}`], 1);
    });

    test("P-127: a gateway that is killed in mid-request leaves it in doubt", async () => {
      const key = `${run}-killed`;
      const victim = await start("--lease", `${SHORT_LEASE_MS}ms`);
      // No answer of the upstream's comes first, however long the kill takes.
      const first = through(victim, key, "600").catch(() => "cut" as const);
      await untilHit(upstream, key);
      await victim.end("SIGKILL");
      equal(await first, "cut");
      const meanwhile = await through(fleet[0], key, "0.5");
      equal(meanwhile.status, 409);
      await pause(SHORT_LEASE_MS + 100);
      for (const gateway of fleet) {
        const said: Said = await through(gateway, key, "0.5");
        deepEqual([said.status, said.code], [409, "idempotency_outcome_unknown"]);
      }
      equal((await upstream.hits())[key], 1);
    });

    test("SIGTERM: what runs is answered, nothing new is taken, and the process ends with 0", async () => {
      const key = `${run}-stopped`;
      const leaving = fleet[0];
      const first = through(leaving, key, "0.5");
      await untilHit(upstream, key);
      const code = leaving?.end("SIGTERM");
      await untilItLeaves(leaving);
      await through(leaving, `${run}-new`).then(
        (said) => equal(said.status, 503),
        () => "refused",
      );
      const answered = await first;
      deepEqual([answered.status, answered.isReplay], [201, false]);
      equal(await code, 0, leaving?.log());
      const again = await through(fleet[1], key, "0.5");
      deepEqual([again.status, again.isReplay, again.text], [201, true, answered.text]);
      equal((await upstream.hits())[`${run}-new`], undefined);
      fleet[0] = await start();
    });

    test("S-30: what the gateways write holds no key, no owner and no body", () => {
      const written = fleet.map((gateway) => gateway.log()).join("");
      for (const secret of [run, "ann", "amount"]) ok(!written.includes(secret));
      for (const line of written.trimEnd().split("\n")) ok(JSON.parse(line));
    });
  });
}

/** A signal takes its time where the machine is busy. */
async function untilItLeaves(gateway: GatewayProcess | undefined): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    const isReady = await fetch(`${gateway?.url}/-/health/ready`).then(
      ({ status }) => status === 200,
      () => false,
    );
    if (!isReady) return;
    await pause(10);
  }
  throw new Error("The gateway was ready 5 s after SIGTERM.");
}

async function untilHit(upstream: PythonUpstream, key: string): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if ((await upstream.hits())[key] !== undefined) return;
    await pause(10);
  }
  throw new Error("The request did not reach the upstream within 5 s.");
}
