/**
 * A Postgres that dies says so once more, and its last words may come in one piece with the reply
 * before them: nobody has a turn between the two.
 */
import { equal, ok, rejects } from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { after, test } from "node:test";
import { Pool } from "pg";
import { RESULT, request } from "../../src/conformance/subject.ts";
import { StoreUnavailable } from "../../src/core/errors.ts";
import { postgresNotifier, postgresStore } from "../../src/stores/postgres.ts";
import { postgresForTests } from "../servers.ts";

const server = await postgresForTests();
const pool = new Pool({ connectionString: server.url });
pool.on("error", () => {});
const store = postgresStore(pool);
await store.setup();

/** What a backend of Postgres sends when it finds its postmaster gone. */
const LAST_WORDS = errorOf({
  S: "FATAL",
  V: "FATAL",
  C: "57P01",
  M: "terminating connection due to unexpected postmaster exit",
});
/** Ready for the next query, and in no transaction. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

function errorOf(fields: Readonly<Record<string, string>>): Buffer {
  const body = Object.entries(fields).map(([type, value]) => `${type}${value}\0`);
  const text = Buffer.from(`${body.join("")}\0`);
  const head = Buffer.from([0x45, 0, 0, 0, 0]);
  head.writeInt32BE(text.length + 4, 1);
  return Buffer.concat([head, text]);
}

let replies = Number.POSITIVE_INFINITY;
/** The next reply but so many is the last one, with the last words behind it. */
function dieAfter(count: number): void {
  replies = count;
}

const sockets = new Set<Socket>();
const between = createServer((client) => {
  const upstream = connect(Number(new URL(server.url).port), "127.0.0.1");
  for (const socket of [client, upstream]) {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => {
      client.destroy();
      upstream.destroy();
    });
  }
  client.pipe(upstream);
  upstream.on("data", (chunk) => {
    const isReply = chunk.subarray(-READY.length).equals(READY);
    if (!isReply || replies-- > 0) return void client.write(chunk);
    client.end(Buffer.concat([chunk, LAST_WORDS]));
  });
}).listen(0, "127.0.0.1");
await once(between, "listening");
const url = new URL(server.url);
url.port = String((between.address() as AddressInfo).port);

function poolOfOne(): Pool {
  const one = new Pool({ connectionString: url.href, max: 1 });
  one.on("error", () => {});
  return one;
}

after(async () => {
  for (const socket of sockets) socket.destroy();
  between.close();
  await pool.end();
  await server.stop();
});

async function claimed() {
  const claim = await store.claim(request({ effects: "transactional" }));
  ok(claim.outcome === "claimed");
  return claim.lease;
}

test("last words behind the greeting fail the transaction, and not the process", async () => {
  const dying = poolOfOne();
  const lease = await claimed();
  let hasRun = false;
  dieAfter(0);
  const failed = postgresStore(dying).transaction(lease, async () => {
    hasRun = true;
    return RESULT;
  });
  await rejects(failed, StoreUnavailable);
  equal(hasRun, false);
  await dying.end();
});

test("last words behind another's reply fail the transaction that was waiting", async () => {
  const dying = poolOfOne();
  const lease = await claimed();
  dieAfter(1);
  const before = dying.query("SELECT 1 AS one");
  const failed = postgresStore(dying).transaction(lease, async () => RESULT);
  failed.catch(() => {});
  equal((await before).rows[0].one, 1);
  await rejects(failed, StoreUnavailable);
  equal((await store.get(lease.id))?.state, "in-flight");
  await dying.end();
});

test("last words behind the greeting are told to whoever waits for a notification", async () => {
  const dying = poolOfOne();
  const { id } = await claimed();
  let heard: (error: unknown) => void = () => {};
  const told = new Promise((resolve) => {
    heard = resolve;
  });
  dieAfter(0);
  const notifier = postgresNotifier(dying, { onError: heard });
  const leaving = new AbortController();
  const { changed } = notifier.watch(id, leaving.signal);
  ok((await told) instanceof Error);
  leaving.abort();
  await changed;
  await notifier.close();
  await dying.end();
});
