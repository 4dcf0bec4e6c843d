/** `oncekey doctor` finds what would lose records, and what a proxy has taken off. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { startPostgres, startRedis } from "local-servers";
import { CORS_ALLOW_HEADERS, CORS_EXPOSE_HEADERS } from "oncekey";
import { memoryStore } from "oncekey/memory";
import { idempotency } from "oncekey/web";
import type { Finding } from "../../src/command/finding.ts";
import { command, places } from "./commands.ts";

const folder = mkdtempSync(join(tmpdir(), "oncekey-doctor-"));
after(() => rmSync(folder, { recursive: true }));

const everywhere = await places();
after(() => Promise.all(everywhere.map((place) => place.remove())));
const addressOf = (kind: string) => everywhere.find((place) => place.kind === kind)?.address ?? "";

async function doctor(...args: string[]) {
  const { code, stdout, stderr } = await command(["doctor", "--json", ...args]);
  equal(stderr, "");
  const { findings } = JSON.parse(stdout) as { readonly findings: readonly Finding[] };
  const verdicts = Object.fromEntries(findings.map(({ check, verdict }) => [check, verdict]));
  for (const { verdict, mend } of findings) {
    if (verdict === "problem") ok(mend !== undefined && mend !== "", "each problem has its mend");
  }
  return { code, findings, verdicts };
}

describe("of a store", () => {
  test("Postgres and SQLite without tables have a problem, and none once they are made", async () => {
    for (const kind of ["postgres", "sqlite"]) {
      const address = addressOf(kind);
      if (kind === "sqlite") writeFileSync(address.slice("sqlite:".length), "");
      const before = await doctor("--store", address);
      deepEqual([before.code, before.verdicts.tables], [1, "problem"]);
      equal((await command(["migrate", "--apply", "--store", address])).code, 0);
      const { code, verdicts, findings } = await doctor("--store", address);
      equal(code, 0);
      ok(findings.length > 4);
      deepEqual([...new Set(Object.values(verdicts))], ["ok"]);
    }
  });

  test("the clock's difference is told, with the word that nothing depends on it", async () => {
    const { findings } = await doctor("--store", addressOf("postgres"));
    const clock = findings.find(({ check }) => check === "clock");
    match(clock?.says ?? "", /^The store's clock is \d+ ms .* No decision depends on it/);
  });

  test("Redis as it comes is fine but for the last second", async () => {
    const { code, verdicts } = await doctor("--store", addressOf("redis"));
    equal(code, 0);
    const { settings, appendfsync, replicas, clock, lease } = verdicts;
    deepEqual(
      { settings, appendfsync, replicas, clock, lease },
      { settings: "ok", appendfsync: "warning", replicas: "ok", clock: "ok", lease: "ok" },
    );
  });

  test("a Redis that forgets is a problem, and the mend names the setting", async () => {
    const redis = await startRedis(["--appendonly", "no", "--maxmemory-policy", "allkeys-lru"]);
    try {
      const { code, findings } = await doctor("--store", redis.url);
      const mends = findings.filter(({ verdict }) => verdict === "problem").map(({ mend }) => mend);
      deepEqual(mends, ["Set appendonly yes.", "Set maxmemory-policy noeviction."]);
      equal(code, 1);
    } finally {
      await redis.stop();
    }
  });

  test("a replica is no place for records, and its primary may lose some", async () => {
    const { port } = new URL(addressOf("redis"));
    const replica = await startRedis(["--replicaof", `127.0.0.1 ${port}`]);
    try {
      const ofReplica = await doctor("--store", replica.url);
      deepEqual([ofReplica.code, ofReplica.verdicts.settings], [1, "problem"]);
      let replicas: string | undefined;
      for (let tries = 0; replicas !== "warning" && tries < 30; tries++) {
        replicas = (await doctor("--store", addressOf("redis"))).verdicts.replicas;
      }
      equal(replicas, "warning", "the primary never saw its replica");
    } finally {
      await replica.stop();
    }
  });

  test("a Postgres that answers before the disk is a problem", async () => {
    const postgres = await startPostgres(["synchronous_commit=off", "fsync=off"]);
    try {
      const { code, verdicts } = await doctor("--store", postgres.url);
      const { synchronous_commit, fsync, writable } = verdicts;
      deepEqual({ synchronous_commit, fsync }, { synchronous_commit: "problem", fsync: "problem" });
      deepEqual([code, writable], [1, "ok"]);
    } finally {
      await postgres.stop();
    }
  });

  test("a lease that one slow call costs, or that outlasts every request, is a warning", async () => {
    for (const [lease, verdict] of [
      ["30s", "ok"],
      ["9s", "warning"],
      ["61s", "warning"],
    ] as const) {
      const { code, verdicts } = await doctor("--store", "memory:", "--lease", lease);
      deepEqual([code, verdicts.lease, verdicts.store], [0, verdict, "warning"]);
    }
  });

  test("people get a line a finding, and the mend below it", async () => {
    const { code, stdout } = await command(["doctor", "--store", addressOf("redis")]);
    equal(code, 0);
    match(stdout, /^ok +clock +The store's clock is/m);
    match(stdout, /^warning +appendfsync +appendfsync is everysec.*\n +-> Set appendfsync always/m);
  });
});

/** A guard, and what stands in front of it: `strips` are the headers that do not come through. */
async function served({
  strips = [] as readonly string[],
  cors = {},
  status = 200,
  token = "",
} = {}) {
  const store = memoryStore();
  let effects = 0;
  const guarded = idempotency({ store, scope: "global", effects: "repeatable" }, () => {
    effects += 1;
    return new Response("done", { status });
  });
  const server = createServer(async (incoming, outgoing) => {
    if (incoming.method === "OPTIONS") {
      outgoing.writeHead(204, cors).end();
      return;
    }
    const headers = new Headers(incoming.headers as Record<string, string>);
    for (const name of strips) headers.delete(name);
    if (token !== "" && headers.get("authorization") !== token) {
      outgoing.writeHead(401).end();
      return;
    }
    const body = await incoming.toArray().then((chunks) => Buffer.concat(chunks));
    const request = new Request("http://h/pay", { method: "POST", headers, body });
    const answer = await guarded(request);
    for (const name of strips) answer.headers.delete(name);
    outgoing.writeHead(answer.status, { ...Object.fromEntries(answer.headers), ...cors });
    outgoing.end(await answer.text());
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  after(() => server.close());
  return { url: `http://127.0.0.1:${port}`, effects: () => effects };
}

const PROBE = ["--probe", "--path", "/pay"];

describe("of a URL", () => {
  test("without --probe only a preflight is sent", async () => {
    const { url, effects } = await served();
    const { code, verdicts } = await doctor("--url", url);
    deepEqual({ code, verdicts }, { code: 0, verdicts: { cors: "ok" } });
    equal(effects(), 0);
  });

  test("a guard that is reached is seen: two requests, one effect", async () => {
    const { url, effects } = await served();
    const { code, verdicts } = await doctor("--url", url, ...PROBE);
    const fine = { cors: "ok", answers: "ok", key: "ok", replay: "ok", retry: "ok" };
    deepEqual({ code, verdicts }, { code: 0, verdicts: fine });
    equal(effects(), 1);
  });

  test("a key that is stripped on its way is a problem: both ran", async () => {
    const { url, effects } = await served({ strips: ["idempotency-key"] });
    const { code, verdicts } = await doctor("--url", url, ...PROBE);
    deepEqual([code, verdicts.key, verdicts.replay], [1, "problem", "problem"]);
    equal(effects(), 2);
  });

  test("a marker that is stripped on its way back is a problem", async () => {
    const { url } = await served({ strips: ["idempotent-replayed"] });
    const { code, verdicts } = await doctor("--url", url, ...PROBE);
    deepEqual([code, verdicts.key, verdicts.replay], [1, "ok", "problem"]);
  });

  test("answers that are not kept, and come without Retry-After, are worth a look", async () => {
    const { url } = await served({ status: 503 });
    const { code, verdicts } = await doctor("--url", url, ...PROBE);
    deepEqual([code, verdicts.replay, verdicts.retry], [0, "warning", "warning"]);
  });

  test("CORS that lists too little is found on both sides", async () => {
    const origin = { "access-control-allow-origin": "*" };
    const bare = await served({
      cors: { ...origin, "access-control-allow-headers": "content-type" },
    });
    const short = await doctor("--url", bare.url, ...PROBE);
    equal(short.code, 1);
    const says = short.findings.filter(({ check }) => check === "cors").map((each) => each.says);
    match(says[0] ?? "", /may not send Idempotency-Key\./);
    match(
      says[1] ?? "",
      /cannot read Idempotent-Replayed, Idempotency-Key, Retry-After, Location\./,
    );
    const full = await served({
      cors: {
        ...origin,
        "access-control-allow-headers": CORS_ALLOW_HEADERS.join(", "),
        "access-control-expose-headers": CORS_EXPOSE_HEADERS.join(", "),
      },
    });
    const { code, verdicts } = await doctor("--url", full.url, ...PROBE);
    deepEqual([code, verdicts.cors], [0, "ok"]);
  });

  test("a path that asks who is there is probed with the headers of a file", async () => {
    const { url, effects } = await served({ token: "Bearer abc" });
    const refused = await doctor("--url", url, ...PROBE);
    deepEqual([refused.code, refused.verdicts.key, effects()], [1, "problem", 0]);
    const headers = join(folder, "headers");
    writeFileSync(headers, "Authorization: Bearer abc\n");
    const { code, verdicts } = await doctor("--url", url, ...PROBE, "--headers", headers);
    deepEqual([code, verdicts.replay, effects()], [0, "ok", 1]);
  });

  test("where nobody answers is a problem, and no stack", async () => {
    const { code, verdicts } = await doctor("--url", "http://127.0.0.1:1", ...PROBE);
    deepEqual({ code, verdicts }, { code: 1, verdicts: { url: "problem" } });
  });
});
