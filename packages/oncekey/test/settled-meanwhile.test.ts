/**
 * Whoever says "it did not happen" of a record that is in doubt no longer must not set free a run
 * that is alive: over real databases, with each step held back by hand.
 */
import { equal, ok } from "node:assert/strict";
import { after, test } from "node:test";
import { addressOf } from "../src/core/address.ts";
import { platform } from "../src/core/ports.ts";
import type { IdempotencyRecord } from "../src/core/record.ts";
import { oncekey } from "../src/core/run.ts";
import type { Store } from "../src/core/store.ts";
import { settle } from "../src/http/settle.ts";
import { memoryStore } from "../src/stores/memory.ts";
import { virtualTime } from "./core/virtual-time.ts";
import { databases } from "./processes/databases.ts";
import { open, type Place } from "./processes/places.ts";

/** Ends only where a test ends it: no machine is so slow. */
const LEASE_MS = 600_000;

const kinds: readonly Place["kind"][] = ["sqlite", "redis", "postgres"];
const made = await databases(kinds);
after(() => made.stop());

interface Processes {
  readonly owner: Store;
  readonly other: Store;
}

/** Two processes of a service: of its memory there is only one. */
async function processes(kind: Place["kind"] | "memory"): Promise<Processes> {
  if (kind === "memory") {
    const store = memoryStore();
    return { owner: store, other: store };
  }
  const place = await made.fresh(kind);
  const [owner, other] = await Promise.all([open(place), open(place)]);
  after(async () => {
    await owner.close();
    await other.close();
  });
  return { owner: owner.store, other: other.store };
}

function gate(): { readonly opened: Promise<void>; open(): void } {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** A run that stands between its claim and its effect, while its record came to be in doubt. */
async function doubted({ owner, other }: Processes) {
  const time = virtualTime();
  const effects: string[] = [];
  const [begun, goOn] = [gate(), gate()];
  const work = { scope: "global", key: "k1" };
  const running = oncekey({ store: owner, leaseMs: LEASE_MS, ports: time.ports }).run(
    work,
    async () => {
      begun.open();
      await goOn.opened;
      effects.push("the owner");
    },
  );
  await begun.opened;
  const { id } = addressOf(platform, "run", work.scope, work.key);
  const read = async (): Promise<IdempotencyRecord> => {
    const record = await other.get(id);
    ok(record !== undefined, "there is a record");
    return record;
  };
  // As long as its owner is silent: the lease ends.
  equal(await other.renew({ id, token: (await read()).token }, 0), true);
  return {
    effects,
    seen: await read(),
    read,
    retry: (reconcile?: () => Promise<{ happened: false }>) =>
      oncekey({ store: other, leaseMs: LEASE_MS, ...(reconcile && { reconcile }) }).run(
        work,
        () => {
          effects.push("a retry");
        },
      ),
    /** The owner's next beat renews its lease, under the same token. */
    async comesBack(): Promise<void> {
      await time.advance(LEASE_MS / 3);
      while ((await read()).state !== "in-flight") await new Promise((go) => setTimeout(go, 5));
    },
    async ends() {
      goOn.open();
      return running;
    },
  };
}

for (const kind of ["memory", ...kinds] as const) {
  test(`over ${kind}: a person who saw it in doubt does not free what its owner has renewed since`, async () => {
    const { other, owner } = await processes(kind);
    const { seen, effects, comesBack, retry, ends } = await doubted({ owner, other });
    equal(seen.state, "in-doubt");
    await comesBack();
    equal(await settle(other, seen, { happened: false }), false, "whether it was settled");
    equal((await retry()).kind, "in-flight");
    const ended = await ends();
    ok(ended.kind === "completed" && !ended.replayed);
    const again = await retry();
    ok(again.kind === "completed" && again.replayed);
    equal(effects.join(), "the owner");
  });

  test(`over ${kind}: \`reconcile\` that looked while it was in doubt does not free it either`, async () => {
    const { effects, comesBack, retry, ends } = await doubted(await processes(kind));
    const retried = await retry(async () => {
      await comesBack();
      return { happened: false };
    });
    equal(retried.kind, "in-flight");
    await ends();
    equal(effects.join(), "the owner");
  });

  test(`over ${kind}: what is in doubt still is freed, and its owner is fenced out`, async () => {
    const { other, owner } = await processes(kind);
    const { seen, effects, retry, ends } = await doubted({ owner, other });
    equal(await settle(other, seen, { happened: false }), true, "whether it was settled");
    equal((await retry()).kind, "completed");
    // Hasty, as guarantees.md says: it stood still, and acts beside the retry.
    const ended = await ends();
    ok(ended.kind === "completed" && ended.replayed);
    equal(effects.join(), "a retry,the owner");
  });
}
