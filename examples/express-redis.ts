/** Express 5 over Redis: three clicks, one payment, and the two others wait for its answer. */
import express, { type Request } from "express";
import { Redis } from "ioredis";
import { idempotency, idempotencyOf } from "oncekey/express";
import { redisNotifier, redisStore } from "oncekey/redis";

const client = new Redis(process.env.REDIS_URL ?? "redis://127.0.0.1:6379", { lazyConnect: true });
client.on("error", (error) => console.error(error.message));

const app = express();
app.use(express.json());

const once = idempotency({
  store: redisStore(client),
  notifier: redisNotifier(client.duplicate({ enableOfflineQueue: true })),
  scope: (req: Request) => req.get("x-user-id"), // from your authentication, as a rule
  required: true,
  waitMs: 10_000,
});

const payments: { id: number; amount: number; charge: string }[] = [];
app.post("/payments", once, (req, res) => {
  // The same in every attempt: give it to the bank as *its* idempotency key.
  const charge = idempotencyOf(req).deriveKey("charge");
  payments.push({ id: payments.length + 1, amount: req.body.amount, charge });
  res.status(201).json({ id: payments.length });
});
app.get("/payments", (_req, res) => {
  res.json(payments);
});

const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log("listening on", server.address());
});
