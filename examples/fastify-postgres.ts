/** Fastify over Postgres: the order, the record and the answer are one commit. */
import fastify from "fastify";
import { idempotency, idempotencyOf } from "oncekey/fastify";
import { postgresStore } from "oncekey/postgres";
import { Pool, type PoolClient } from "pg";

const pool = new Pool({ connectionString: process.env.DATABASE_URL });
pool.on("error", (error) => console.error(error.message));
await pool.query(
  "create table if not exists orders (id bigserial primary key, dish text not null)",
);

const store = postgresStore(pool);
await store.setup();

const app = fastify();
await app.register(
  idempotency({
    store,
    scope: (request) => request.raw.headers["x-user-id"]?.toString(),
    effects: "transactional",
    required: true,
    waitMs: 10_000,
  }),
);
app.post<{ Body: { dish: string } }>("/orders", async (request, reply) => {
  // Whatever is written through `transaction` is there if, and only if, the answer is kept.
  const { transaction } = idempotencyOf<PoolClient>(request);
  const insert = "insert into orders (dish) values ($1) returning id";
  const { rows } = await transaction.query(insert, [request.body.dish]);
  return reply.code(201).send({ id: Number(rows[0].id) });
});
app.get("/orders", async () => (await pool.query("select id, dish from orders order by id")).rows);

await app.listen({ port: Number(process.env.PORT ?? 3000), host: "127.0.0.1" });
console.log("listening on", app.server.address());
