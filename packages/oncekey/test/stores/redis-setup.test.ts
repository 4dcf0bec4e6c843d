/** What `setup` finds out: a Redis that forgets, and a client that does not do what it is told. */
import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { owned, RESULT, request } from "../../src/conformance/subject.ts";
import { StoreUnavailable } from "../../src/core/errors.ts";
import { redisStore } from "../../src/stores/redis.ts";
import { startRedis } from "../servers.ts";

const server = await startRedis();
const forgetful = await startRedis(["--appendonly", "no", "--maxmemory-policy", "volatile-lru"]);
const admin = new Redis(server.url);
const nodeRedis = await createClient({ url: server.url }).connect();
const elsewhere = await createClient({ url: forgetful.url }).connect();
const forgetfulIoredis = new Redis(forgetful.url);

after(async () => {
  admin.disconnect();
  forgetfulIoredis.disconnect();
  nodeRedis.destroy();
  elsewhere.destroy();
  await server.stop();
  await forgetful.stop();
});

for (const [name, keeping, forgetting] of [
  ["ioredis", admin, forgetfulIoredis],
  ["nodeRedis", nodeRedis, elsewhere],
] as const) {
  describe(name, () => {
    test("a Redis that keeps what it acknowledges is not warned about, nor changed", async () => {
      deepEqual(await redisStore(keeping).setup(), []);
      deepEqual(await admin.keys("{oncekey:??}:??????????*"), []);
    });

    test("what Redis is set up to forget is said in sentences", async () => {
      const warnings = await redisStore(forgetting).setup();
      equal(warnings.length, 2);
      match(warnings[0] ?? "", /^appendonly is off: .+ Set appendonly yes\.$/);
      match(warnings[1] ?? "", /^maxmemory-policy is volatile-lru: .+ noeviction\.$/);
    });
  });
}

test("a Redis that hides its settings is said to be unchecked", async () => {
  // As little as the store needs, and the list of it in docs/stores/redis.md.
  const rules = ["on", ">secret", "resetkeys", "~{oncekey:*", "resetchannels", "-@all"];
  const commands = "+eval +evalsha +time +exists +hget +hset +del +get +set +pexpireat +scan";
  await admin.acl("SETUSER", "app", ...rules, ...commands.split(" "));
  const limited = new Redis(server.url, {
    username: "app",
    password: "secret",
    enableReadyCheck: false,
  });
  const store = redisStore(limited);
  const warnings = await store.setup();
  const lease = await owned(store, request());
  // Even the channel is refused: a hint that is lost must not fail the write.
  equal(await store.complete(lease, RESULT), true);
  equal(warnings.length, 1);
  match(warnings[0] ?? "", /^CONFIG GET is refused, so it could not be checked/);
  limited.disconnect();
});

describe("a client that is refused by `setup`", () => {
  // Both know the scripts then: one that does not is asked twice, and each claim is to be one call.
  before(() => Promise.all([redisStore(nodeRedis).setup(), redisStore(elsewhere).setup()]));

  type Send = (args: readonly (string | Uint8Array)[], options?: object) => Promise<unknown>;
  const send: Send = (args, options) => nodeRedis.sendCommand(args as string[], options);
  let turn = 0;
  const broken: Record<string, { sendCommand: Send; message: RegExp }> = {
    "each call reaches another Redis": {
      sendCommand: async (args, options) => {
        turn += 1;
        const client = turn % 2 === 0 ? nodeRedis : elsewhere;
        return client.sendCommand(args as string[], options);
      },
      message: /does not honour conditional writes/,
    },
    "strings come back as text": {
      sendCommand: (args) => nodeRedis.sendCommand(args as string[]),
      message: /replies in a form that nobody knows/,
    },
    "bytes are taken for text on the way": {
      sendCommand: async (args, options) => {
        const reply = await send(args, options);
        if (!Array.isArray(reply)) return reply;
        return reply.map((one) => (one instanceof Buffer ? Buffer.from(one.toString()) : one));
      },
      message: /does not hand out the bytes it was given/,
    },
    "nothing comes back": {
      sendCommand: async () => undefined,
      message: /replies in a form that nobody knows/,
    },
  };
  for (const [name, { sendCommand, message }] of Object.entries(broken)) {
    test(name, async () => {
      const store = redisStore({ isOpen: true, sendCommand });
      await rejects(
        store.setup(),
        (error) => error instanceof StoreUnavailable && message.test(error.message),
      );
    });
  }
});
