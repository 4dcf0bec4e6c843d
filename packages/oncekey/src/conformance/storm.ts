/** What a store promises under load: of everybody who comes at once, one is told "claimed". */
import type { Claim, Lease, Store } from "../core/store.ts";
import { type Case, equal, ok, sameBytes } from "./case.ts";
import {
  type Claimed,
  completed,
  duplicate,
  LONG_MS,
  owned,
  present,
  RESULT,
  RETENTION_MS,
  request,
  type StoreSubject,
  trues,
  unsettled,
} from "./subject.ts";

export const stormCases: readonly Case<StoreSubject>[] = [
  ...[50, 1000].map(
    (callers): Case<StoreSubject> => ({
      name: `of ${callers} concurrent claims of one key, exactly one is told "claimed"`,
      async run({ store }) {
        const first = request();
        const winner = onlyWinner(await claimAtOnce(store, first, callers));
        equal(winner.attempt, 1, "the attempt");
        equal((await unsettled(store, first.id)).token, winner.lease.token, "the token");
      },
    }),
  ),
  {
    name: "claims of many keys at once each have one winner",
    async run({ store }) {
      const keys = Array.from({ length: 40 }, () => request());
      const claims = await Promise.all(keys.map((key) => claimAtOnce(store, key, 5)));
      const winners = claims.map(onlyWinner);
      for (const [index, winner] of winners.entries()) {
        equal(winner.lease.id, keys[index]?.id, "the id of the lease");
      }
    },
  },
  {
    name: "of 50 concurrent claims of an expired record, exactly one is told so, as attempt 1",
    async run({ store, pass }) {
      const first = request({ retentionMs: RETENTION_MS });
      const lease = await owned(store, first);
      await store.complete(lease, RESULT);
      await pass(RETENTION_MS);
      const winner = onlyWinner(await claimAtOnce(store, first, 50));
      equal(winner.attempt, 1, "the attempt");
      ok(winner.lease.token > lease.token, "the token is greater");
    },
  },
  {
    name: "of 50 concurrent claims of a lease that ended, exactly one follows, as attempt 2",
    async run({ store }) {
      const first = request({ effects: "repeatable" });
      await store.renew(await owned(store, first), 0);
      const winner = onlyWinner(await claimAtOnce(store, first, 50));
      equal(winner.attempt, 2, "the attempt");
    },
  },
  {
    name: "of 50 claims with one nonce at once, each is told the same claim",
    async run({ store }) {
      const wanted = request();
      const claims = await Promise.all(Array.from({ length: 50 }, () => store.claim(wanted)));
      const { token } = await unsettled(store, wanted.id);
      for (const claim of claims) {
        equal(claim.outcome, "claimed", "the outcome of the claim");
        equal((claim as Claimed).lease.token, token, "the token");
        equal((claim as Claimed).attempt, 1, "the attempt");
      }
    },
  },
  {
    name: "of 50 concurrent completions all say true, and one result stays for good",
    async run({ store }) {
      const lease = await owned(store, request());
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) => store.complete(lease, Uint8Array.of(index))),
      );
      equal(trues(answers), 50, "the number of completions that say true");
      const { result } = await completed(store, lease.id);
      equal(result.length, 1, "the length of the result");
      equal(await store.complete(lease, RESULT), true, "a completion afterwards");
      sameBytes((await completed(store, lease.id)).result, result, "the result afterwards");
    },
  },
  {
    name: "a completion and a takeover at once exclude each other",
    async run({ store }) {
      await times(20, async (turn) => {
        const first = request({ effects: "repeatable" });
        const lease = await owned(store, first);
        await store.renew(lease, 0);
        const [kept, claim] = await atOnce(
          turn,
          () => store.complete(lease, RESULT),
          () => store.claim(duplicate(first)),
        );
        equal(claim.outcome, kept ? "taken" : "claimed", "the outcome of the claim");
        const { state } = await present(store, first.id);
        equal(state, kept ? "completed" : "in-flight", "the state");
      });
    },
  },
  {
    name: "a completion and a release at once exclude each other",
    async run({ store }) {
      await times(20, async (turn) => {
        const lease = await owned(store, request());
        const [kept, released] = await atOnce(
          turn,
          () => store.complete(lease, RESULT),
          () => store.release(lease),
        );
        equal(released, !kept, "whether the release worked");
        equal((await store.get(lease.id))?.state, kept ? "completed" : undefined, "the state");
      });
    },
  },
  {
    name: "a completion and a resolution at once exclude each other",
    async run({ store }) {
      await times(20, async (turn) => {
        const lease = await owned(store, request());
        await store.renew(lease, 0);
        const [kept, resolved] = await atOnce(
          turn,
          () => store.complete(lease, Uint8Array.of(1)),
          () => store.resolve(lease, Uint8Array.of(2)),
        );
        equal(resolved, !kept, "whether the resolution worked");
        sameBytes((await completed(store, lease.id)).result, Uint8Array.of(kept ? 1 : 2), "result");
      });
    },
  },
  {
    name: "a renewal and a resolution without a result at once exclude each other",
    async run({ store }) {
      await times(20, async (turn) => {
        const lease = await owned(store, request());
        await store.renew(lease, 0);
        const [renewed, forgotten] = await atOnce(
          turn,
          () => store.renew(lease, LONG_MS),
          () => store.resolve(lease, undefined),
        );
        equal(forgotten, !renewed, "whether the resolution worked");
        equal((await store.get(lease.id))?.state, renewed ? "in-flight" : undefined, "the state");
      });
    },
  },
  {
    name: "of 20 releases at once one says true, and the next owner is not touched",
    async run({ store }) {
      const first = request();
      const lease = await owned(store, first);
      const releases = Array.from({ length: 20 }, () => store.release(lease));
      const [claim, ...answers] = await Promise.all([store.claim(duplicate(first)), ...releases]);
      equal(trues(answers), 1, "the number of releases that say true");
      if (claim.outcome === "claimed") await stillOwned(store, claim.lease);
      else equal(await store.get(first.id), undefined, "the record");
    },
  },
];

function claimAtOnce(
  store: Store,
  first: ReturnType<typeof request>,
  callers: number,
): Promise<Claim[]> {
  return Promise.all(Array.from({ length: callers }, () => store.claim(duplicate(first))));
}

/** The one that was told "claimed". All others must have been told of its record. */
function onlyWinner(claims: readonly Claim[]): Claimed {
  const winners = claims.filter((claim): claim is Claimed => claim.outcome === "claimed");
  equal(winners.length, 1, `the number of winners among ${claims.length}`);
  const winner = winners[0] as Claimed;
  for (const claim of claims) {
    if (claim.outcome === "claimed") continue;
    equal(claim.record.token, winner.lease.token, "the token that a loser is told");
    equal(claim.record.state, "in-flight", "the state that a loser is told");
  }
  return winner;
}

async function stillOwned(store: Store, lease: Lease): Promise<void> {
  equal((await unsettled(store, lease.id)).token, lease.token, "the token of the next owner");
}

/** `count` runs at once, each over a key of its own. */
async function times(count: number, run: (turn: number) => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, turn) => run(turn)));
}

/** Both at once; in every other turn the second one starts first. */
async function atOnce<One, Other>(
  turn: number,
  one: () => Promise<One>,
  other: () => Promise<Other>,
): Promise<[One, Other]> {
  if (turn % 2 === 0) return Promise.all([one(), other()]);
  const second = other();
  return Promise.all([one(), second]);
}
