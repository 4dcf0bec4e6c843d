/** Which of an application's hooks stand outside the guard, and refuse without burning a key. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import fastify, { type FastifyInstance } from "fastify";
import { idempotency } from "../../src/adapters/fastify.ts";
import { memoryStore } from "../../src/stores/memory.ts";

interface Played {
  readonly runs: () => number;
  send(headers?: Readonly<Record<string, string>>, body?: string): Promise<Response>;
}

/** An application whose own hooks come first, then the guard, then one route. */
async function played(
  hooks: (app: FastifyInstance) => unknown,
  play: (played: Played) => Promise<void>,
): Promise<void> {
  let runs = 0;
  const app = fastify();
  app.decorateRequest("person", "");
  hooks(app);
  const scope = (request: object) => Reflect.get(request, "person") as string;
  await app.register(idempotency({ store: memoryStore(), scope }) as never);
  const schema = { body: { type: "object", required: ["amount"] } };
  app.post("/pay", { schema }, async (_request, reply) => reply.code(201).send({ run: ++runs }));
  const address = await app.listen({ port: 0, host: "127.0.0.1" });
  const send: Played["send"] = (headers = {}, body = '{"amount":10}') =>
    fetch(`${address}/pay`, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": "k1", ...headers },
      body,
    });
  try {
    await play({ runs: () => runs, send });
  } finally {
    await app.close();
  }
}

for (const name of ["onRequest", "preHandler"] as const) {
  test(`P-69: what a hook before the guard refuses in ${name} reads no kept answer`, () => {
    const revoked = new Set<unknown>();
    const hooks = (app: FastifyInstance) =>
      app.addHook(name, async (request, reply) => {
        if (revoked.has(request.headers.authorization)) return reply.code(401).send("revoked");
        Reflect.set(request, "person", "ann");
        return undefined;
      });
    return played(hooks, async ({ send, runs }) => {
      const headers = { authorization: "Bearer t" };
      equal((await send(headers)).status, 201);
      revoked.add("Bearer t");
      const again = await send(headers);
      deepEqual([again.status, await again.text()], [401, "revoked"]);
      equal(again.headers.get("idempotent-replayed"), null);
      equal(runs(), 1);
    });
  });

  test(`P-52: what a hook before the guard refuses in ${name} burns no key`, () => {
    let isOpen = false;
    const hooks = (app: FastifyInstance) =>
      app.addHook(name, async (request, reply) => {
        if (!isOpen) return reply.code(403).send("not yet");
        Reflect.set(request, "person", "ann");
        return undefined;
      });
    return played(hooks, async ({ send, runs }) => {
      equal((await send()).status, 403);
      isOpen = true;
      const again = await send();
      deepEqual([again.status, again.headers.get("idempotent-replayed")], [201, null]);
      equal(runs(), 1);
    });
  });
}

test("P-65: whose request it is may be settled in a preHandler before the guard", () => {
  const hooks = (app: FastifyInstance) =>
    app.addHook("preHandler", async (request) => {
      Reflect.set(request, "person", String(request.headers.authorization));
    });
  return played(hooks, async ({ send, runs }) => {
    equal((await send({ authorization: "ann" })).status, 201);
    const bob = await send({ authorization: "bob" });
    deepEqual([bob.status, bob.headers.get("idempotent-replayed")], [201, null]);
    equal(runs(), 2);
  });
});

test("P-52: a body that the schema refuses burns no key", () => {
  const hooks = (app: FastifyInstance) =>
    app.addHook("onRequest", async (request) => {
      Reflect.set(request, "person", "ann");
    });
  return played(hooks, async ({ send, runs }) => {
    equal((await send({}, "{}")).status, 400);
    equal((await send()).status, 201);
    equal(runs(), 1);
  });
});
