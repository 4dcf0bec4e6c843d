/** A store that is down, hangs, or loses its replies: protocol.md, section 10. */
import { levelOf } from "../../core/events.ts";
import type { ClaimRequest, Lease } from "../../core/store.ts";
import { type Case, equal, ok, soon } from "../case.ts";
import type { AdapterSubject } from "./application.ts";
import { LEASE_MS } from "./crash.ts";
import { always, type Fate, firstOf, type Link } from "./faults.ts";
import { firstly, text } from "./replies.ts";
import {
  answerAfter,
  EFFECTS,
  inEachMode,
  pause,
  problem,
  replays,
  runsAgain,
  type Scene,
  scene,
} from "./scene.ts";
import { manualTime } from "./time.ts";

/** Those that complete their record in a write of its own. */
const ON_THEIR_OWN = ["unrepeatable", "repeatable"] as const;
const TRANSACTIONAL = { effects: "transactional" };

/** Sends until what is tried again in the background has landed. */
const landed = ({ send }: Scene, code: string) => answerAfter(code, send);

const claimsOf = ({ calls }: Link): readonly ClaimRequest[] =>
  calls.filter(({ verb }) => verb === "claim").map(({ given }) => given[0] as ClaimRequest);

export const storeFailureCases: readonly Case<AdapterSubject>[] = [
  ...(["refused", "lost"] as const).flatMap((fate) =>
    [true, false].map(
      (required): Case<AdapterSubject> => ({
        name: `P-105: with a store that is ${fate === "lost" ? "silent" : "down"} nothing runs, a key being ${required ? "required" : "optional"}`,
        run: (subject) => outOfReach(subject, fate, required),
      }),
    ),
  ),
  {
    name: "P-105: with a store that is down, a request without a key runs as usual",
    run: (subject) =>
      inEachMode(subject, {}, async ({ send, mounted, runs }) => {
        mounted.link.fate = always("refused");
        const answer = await send({ key: null });
        equal(answer.status, 201, "the status");
        equal(answer.isReplay, false, "the marker");
        equal(runs(), 1, "the runs");
        equal(mounted.link.calls.length, 0, "the calls to the store");
      }),
  },
  {
    name: 'P-106, S-31: with `onStoreDown: "run"` the handler runs unprotected, and each run is said',
    run: (subject) =>
      inEachMode(
        subject,
        { options: { onStoreDown: "run" } },
        async ({ send, mounted, runs, events, effects }) => {
          mounted.link.fate = always("refused");
          for (let run = 1; run <= 2; run++) {
            const answer = await send();
            equal(answer.status, 201, "the status");
            equal(answer.text, '{"id":1}', "the body");
            equal(answer.isReplay, false, "the marker");
            equal(runs(), run, "the runs");
            const said = events.filter(({ type }) => type === "ran-unprotected");
            equal(said.length, run, "the warnings");
            ok(
              said.every((event) => levelOf(event) === "warning"),
              "each is a warning",
            );
          }
          equal(await effects(), 2, "the effects");
        },
        ON_THEIR_OWN,
      ),
  },
  ...(["reply-refused", "reply-lost"] as const).map(
    (fate): Case<AdapterSubject> => ({
      name: `P-107: a claim that was applied and ${fate === "reply-lost" ? "never answered" : "failed"} is asked again, and wins`,
      run: (subject) =>
        inEachMode(subject, { options: { storeTimeoutMs: 400 } }, async (played) => {
          const { link } = played.mounted;
          link.fate = firstOf("claim", 1, fate);
          const first = await runsAgain(played, 1);
          const [one, two, ...more] = claimsOf(link);
          equal(more.length, 0, "the claims beyond the second");
          equal(two?.nonce, one?.nonce, "the nonce of the second claim");
          replays(await played.send(), first);
          equal(await played.effects(), 1, "the effects");
        }),
    }),
  ),
  {
    name: "P-107: a claim that is never heard of is let go when the store is back",
    async run(subject) {
      const { ports, advance } = manualTime();
      await inEachMode(subject, { options: { ports } }, async (played) => {
        const { send, mounted, runs, store } = played;
        const { link } = mounted;
        link.fate = always("reply-refused", "claim");
        const refused = send();
        await soon(link.called("claim"), "a claim");
        await advance(5_000);
        problem(await refused, 503, "idempotency_store_unavailable");
        equal(runs(), 0, "the runs");
        const { records } = await store.list({ limit: 2 });
        equal(records.map(({ state }) => state).join(), "in-flight", "the record");
        const [first] = claimsOf(link);
        link.fate = () => "through";
        // As long as it may take until the background tries again.
        await advance(15_000);
        await runsAgain(played, 1);
        const [released] = link.calls.filter(({ verb }) => verb === "release");
        const lease = released?.given[0] as Lease | undefined;
        equal(lease?.token, records[0]?.token, "the token of the release");
        const ofFirst = claimsOf(link).filter(({ nonce }) => nonce === first?.nonce);
        ok(ofFirst.length > 1, "the claim is found again by its nonce");
      });
    },
  },
  {
    name: "P-108: a completion that fails, and then works, costs the caller nothing but time",
    run: (subject) =>
      // A 402, because in a transaction only such an answer is kept in a write of its own.
      inEachMode(subject, { handler: firstly(text(402, "declined")) }, async (played) => {
        const { send, mounted, store, runs } = played;
        mounted.link.fate = firstOf("complete", 2, "refused");
        const first = await send();
        equal(first.status, 402, "the status");
        equal(first.text, "declined", "the body");
        equal(first.isReplay, false, "the marker");
        const { records } = await store.list({ limit: 2 });
        equal(records.map(({ state }) => state).join(), "completed", "the record by then");
        replays(await send(), first);
        equal(runs(), 1, "the runs");
      }),
  },
  {
    name: "P-109: unrepeatable: what cannot be recorded is said to be so, and is replayed when it is",
    run: (subject) =>
      unrecorded(subject, "unrepeatable", async (played, mend) => {
        await played.pass(LEASE_MS);
        problem(await played.send(), 409, "idempotency_outcome_unknown");
        const again = await mend();
        equal(again.text, '{"id":1}', "the body of the replay");
        equal(again.status, 201, "the status of the replay");
        equal(again.isReplay, true, "the marker of the replay");
        equal(played.runs(), 1, "the runs");
        equal(await played.effects(), 1, "the effects");
      }),
  },
  {
    name: "P-109: repeatable: what cannot be recorded is replayed when it lands in time",
    run: (subject) =>
      unrecorded(subject, "repeatable", async ({ runs, effects }, mend) => {
        equal((await mend()).isReplay, true, "the marker of the replay");
        equal(runs(), 1, "the runs");
        equal(await effects(), 1, "the effects");
      }),
  },
  {
    name: "P-109: repeatable: until what cannot be recorded lands, there is one new run",
    run: (subject) =>
      unrecorded(subject, "repeatable", async (played, mend) => {
        await played.pass(LEASE_MS);
        const other = await played.join({ options: { ports: undefined } });
        const second = await runsAgain(played, 2, other);
        replays(await played.send({}, other), second);
        // What lands now is refused: the second answer is the one that was told.
        replays(await mend(), second);
        equal(played.runs(), 2, "the runs");
      }),
  },
  {
    name: "P-110: transactional: a COMMIT that fails leaves nothing, and again runs",
    run: (subject) =>
      scene(subject, { options: TRANSACTIONAL }, async (played) => {
        played.mounted.link.fate = firstOf("transaction", 1, "commit-refused");
        await notRecorded(played, 0);
        await runsAgain(played, 2);
        equal(await played.effects(), 1, "the rows in all");
      }),
  },
  {
    name: "P-110: transactional: a COMMIT that fails, and a store that then is down: again runs",
    run: (subject) =>
      scene(subject, { options: TRANSACTIONAL }, async (played) => {
        let isDown = true;
        played.mounted.link.fate = (verb) => {
          if (verb === "transaction") return isDown ? "commit-refused" : "through";
          return isDown && (verb === "get" || verb === "release") ? "refused" : "through";
        };
        await notRecorded(played, 0);
        isDown = false;
        const again = await landed(played, "idempotency_in_flight");
        equal(again.status, 201, "the status");
        equal(again.isReplay, false, "the marker");
        equal(played.runs(), 2, "the runs");
        equal(await played.effects(), 1, "the rows in all");
      }),
  },
  ...(["reply-refused", "reply-lost"] as const).map(
    (fate): Case<AdapterSubject> => ({
      name: `P-111: transactional: a COMMIT that worked and ${fate === "reply-lost" ? "is never answered" : "seems to fail"} is read again`,
      run: (subject) =>
        scene(subject, { options: { ...TRANSACTIONAL, storeTimeoutMs: 400 } }, async (played) => {
          played.mounted.link.fate = firstOf("transaction", 1, fate);
          const first = await runsAgain(played, 1);
          equal(await played.effects(), 1, "the rows");
          replays(await played.send(), first);
          equal(await played.effects(), 1, "the rows in all");
          equal(played.runs(), 1, "the runs");
        }),
    }),
  ),
  {
    name: "P-111: transactional: a COMMIT that cannot be read again is said to be not recorded",
    run: (subject) =>
      scene(subject, { options: TRANSACTIONAL }, async (played) => {
        let isDown = true;
        played.mounted.link.fate = (verb) => {
          if (!isDown) return "through";
          if (verb === "transaction") return "reply-refused";
          return verb === "get" || verb === "release" ? "refused" : "through";
        };
        await notRecorded(played, 1);
        isDown = false;
        const again = await played.send();
        equal(again.text, '{"id":1}', "the body of the replay");
        equal(again.isReplay, true, "the marker of the replay");
        equal(played.runs(), 1, "the runs");
        // The release that is tried on in the background must not undo what was committed.
        await played.mounted.link.called("release");
        await pause(400);
        equal((await played.send()).isReplay, true, "the marker of a later replay");
        equal(await played.effects(), 1, "the rows in all");
      }),
  },
];

async function outOfReach(subject: AdapterSubject, fate: Fate, required: boolean): Promise<void> {
  for (const effects of EFFECTS) {
    const { ports, advance } = manualTime();
    const options = { effects, ports, required, storeTimeoutMs: 1_000 };
    await scene(subject, { options }, async ({ send, mounted, runs }) => {
      mounted.link.fate = always(fate);
      const sent = send();
      await soon(mounted.link.called("claim"), "a claim");
      // All the time there is: whatever took longer would never be answered.
      await advance(1_000);
      const answer = await soon(sent, "an answer within `storeTimeoutMs`");
      problem(answer, 503, "idempotency_store_unavailable");
      equal(answer.headers.get("retry-after"), "5", "Retry-After");
      equal(runs(), 0, "the runs");
    });
  }
}

/** Its completion fails for as long as the lease can be held; `mend` lets it land. */
async function unrecorded(
  subject: AdapterSubject,
  effects: "unrepeatable" | "repeatable",
  play: (scene: Scene, mend: () => ReturnType<Scene["send"]>) => Promise<void>,
): Promise<void> {
  const { ports, advance } = manualTime();
  const options = { effects, ports, leaseMs: LEASE_MS };
  await scene(subject, { options }, async (played) => {
    const { link } = played.mounted;
    link.fate = always("refused", "complete", "renew");
    const sent = played.send();
    await soon(link.called("complete"), "a completion");
    let isAnswered = false;
    void sent.then(() => {
      isAnswered = true;
    });
    await advance(LEASE_MS / 2);
    equal(isAnswered, false, "whether anything is said while the lease can be held");
    await advance(LEASE_MS / 2 + 1_000);
    const answer = await soon(sent, "an answer once the lease is lost");
    problem(answer, 503, "idempotency_not_recorded");
    equal(answer.headers.get("retry-after"), "1", "Retry-After");
    equal(await played.effects(), 1, "the effects");
    await play(played, async () => {
      link.fate = () => "through";
      // As long as it may take until the background tries again.
      await advance(15_000);
      return played.send();
    });
  });
}

async function notRecorded({ send, effects }: Scene, rows: number): Promise<void> {
  const answer = await send();
  problem(answer, 503, "idempotency_not_recorded");
  equal(answer.headers.get("retry-after"), "1", "Retry-After");
  equal(await effects(), rows, "the rows");
}
