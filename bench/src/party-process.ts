/** The process of one party. */
import { type Notifier, type Oncekey, oncekey, type Store } from "oncekey";
import { postgresNotifier, postgresStore } from "oncekey/postgres";
import { redisNotifier, redisStore } from "oncekey/redis";
import type { Counts } from "./contestant.ts";
import { poolOf, redisOf } from "./contestants/clients.ts";
import type { Order, Wait } from "./party.ts";

const [place = "", address = ""] = process.argv.slice(2);
const counts: Counts = { executions: 0, trips: 0, commits: 0 };
const WAIT_MS = 120_000;

interface Held {
  readonly letGo: () => void;
  readonly answered: Promise<number>;
}

const held = new Map<string, Held>();
/** How many keys are listened for, of those that were asked for. */
let watched = 0;
const heardOf: (() => void)[] = [];

/** What is said of a watch once it has begun, for whoever waits until then. */
function counted(notifier: Notifier): Notifier {
  return {
    watch(id, signal) {
      const watch = notifier.watch(id, signal);
      void watch.ready.then(() => {
        watched += 1;
        for (const hear of heardOf.splice(0)) hear();
      });
      return watch;
    },
  };
}

async function sides(): Promise<{ readonly store: Store; readonly notifier: Notifier }> {
  const setting = { address, counts };
  if (place === "redis") {
    const store = redisStore(redisOf(setting));
    await store.setup();
    return { store, notifier: redisNotifier(redisOf(setting)) };
  }
  const pool = poolOf(setting);
  const store = postgresStore(pool);
  await store.setup();
  return { store, notifier: postgresNotifier(pool) };
}

const { store, notifier } = await sides();
const options = { store, notifier: counted(notifier), waitMs: WAIT_MS, storeTimeoutMs: WAIT_MS };
/** Of the machine, so that two processes can compare what they read. */
const now = () => Number(process.hrtime.bigint()) / 1e6;
const owning = oncekey(options);
const work = (key: string) => ({ scope: "global", key }) as const;

function hold(key: string): Promise<void> {
  return new Promise((resolve) => {
    const answered = owning
      .run(work(key), () => {
        resolve();
        return new Promise<string>((end) => {
          held.set(key, { letGo: () => end("done"), answered });
        });
      })
      .then(now);
  });
}

async function end(key: string) {
  const each = held.get(key);
  if (each === undefined) throw new Error("Nobody holds this key.");
  held.delete(key);
  const endedAt = now();
  each.letGo();
  return { endedAt, answeredAt: await each.answered };
}

function wait({ keys, engines, perKey }: Wait): Promise<readonly number[]> {
  watched = 0;
  const many: readonly Oncekey[] = Array.from({ length: engines }, () => oncekey(options));
  return Promise.all(
    keys.flatMap((key, index) =>
      Array.from({ length: perKey }, async () => {
        const outcome = await many[index % engines]?.run(work(key), () => {
          throw new Error("A waiter ran.");
        });
        if (outcome?.kind !== "completed") throw new Error(`A waiter was told ${outcome?.kind}.`);
        return now();
      }),
    ),
  );
}

async function watches(count: number): Promise<void> {
  while (watched < count) await new Promise<void>((resolve) => heardOf.push(resolve));
}

function obey(order: Order): Promise<unknown> | unknown {
  switch (order.kind) {
    case "hold":
      return hold(order.key);
    case "end":
      return end(order.key);
    case "wait":
      return wait(order.wait);
    case "watches":
      return watches(order.count);
    case "trips":
      return counts.trips;
  }
}

process.on("message", async ({ number, order }: { number: number; order: Order }) => {
  process.send?.({ number, answer: await obey(order) });
});
process.on("disconnect", () => process.exit());
process.send?.("ready");
