/** A record that cannot be read back is never absent: protocol.md, P-112. */
import { unwrap, wrap } from "../../core/envelope.ts";
import { RecordCorrupt } from "../../core/errors.ts";
import { levelOf } from "../../core/events.ts";
import { platform } from "../../core/ports.ts";
import type { Completed, IdempotencyRecord } from "../../core/record.ts";
import type { Store } from "../../core/store.ts";
import { type Case, each, equal, ok } from "../case.ts";
import type { AdapterSubject } from "./application.ts";
import { inEachMode, problem, replays } from "./scene.ts";

interface Damage {
  readonly what: string;
  /** The kept bytes, as they come back. */
  readonly of: (record: Completed) => Uint8Array;
}

const flipped = (bytes: Uint8Array, at: number): Uint8Array =>
  bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));

const damages: readonly Damage[] = [
  { what: "its first bit", of: ({ result }) => flipped(result, 0) },
  { what: "a bit in its middle", of: ({ result }) => flipped(result, result.length >> 1) },
  { what: "its last bit", of: ({ result }) => flipped(result, result.length - 1) },
  { what: "its second half", of: ({ result }) => result.slice(0, result.length >> 1) },
  { what: "everything", of: () => new Uint8Array(0) },
  {
    what: "nothing, but it is of a newer version",
    of: ({ id, result }) => {
      const newer = unwrap(platform, id, result).slice();
      newer[0] = 250;
      return wrap(platform, id, newer);
    },
  },
  {
    what: "nothing, but it is another record's",
    of: ({ id, result }) => wrap(platform, "f".repeat(64), unwrap(platform, id, result)),
  },
  {
    what: "so much that its store cannot read it",
    of: () => {
      throw new RecordCorrupt("The row makes no sense.");
    },
  },
];

/** The same store, whose completed records come back damaged. */
function damaging(store: Store, { of }: Damage): Store {
  const seen = (record: IdempotencyRecord): IdempotencyRecord =>
    record.state === "completed" ? { ...record, result: of(record) } : record;
  return {
    ...store,
    async claim(request) {
      const claim = await store.claim(request);
      return claim.outcome === "taken" ? { ...claim, record: seen(claim.record) } : claim;
    },
    async get(id) {
      const record = await store.get(id);
      return record && seen(record);
    },
  };
}

export const damageCases: readonly Case<AdapterSubject>[] = [
  {
    name: "P-112, S-8: a record that cannot be read back is neither replayed nor run again",
    run: (subject) =>
      inEachMode(subject, {}, async ({ send, join, store, runs, events }, effects) => {
        const first = await send();
        const onStoreDown = effects === "transactional" ? "refuse" : "run";
        await each(damages, async (damage) => {
          const { length } = events;
          // Not even where a store that is down would let it run: this one is not down.
          const options = { onStoreDown };
          const other = await join({ store: damaging(store, damage), options });
          const answer = await send({}, other);
          problem(answer, 503, "idempotency_store_unavailable");
          equal(runs(), 1, "the runs");
          const [event] = events.slice(length).filter(({ type }) => type === "record-corrupt");
          ok(event !== undefined && levelOf(event) === "error", "it is reported as an error");
          await other.close();
        });
        replays(await send(), first);
        equal(runs(), 1, "the runs");
      }),
  },
];
