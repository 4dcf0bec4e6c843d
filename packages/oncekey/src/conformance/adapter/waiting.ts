/** Waiting duplicates: protocol.md, section 12. */
import { type Case, equal, ok, soon } from "../case.ts";
import type { AdapterSubject } from "./application.ts";
import { LEASE_MS } from "./crash.ts";
import type { Link } from "./faults.ts";
import { releasing } from "./replies.ts";
import {
  type Answer,
  EFFECTS,
  pause,
  problem,
  replays,
  type Scene,
  type SceneOptions,
  scene,
  unanswered,
} from "./scene.ts";
import { type ManualTime, manualTime } from "./time.ts";

const OTHER = { body: '{"amount":11}' };

/** Whose time is the case's, for each kind of effects. */
async function waitingFor(
  subject: AdapterSubject,
  waitMs: number,
  play: (scene: Scene, time: ManualTime, effects: string) => Promise<void>,
  wanted: SceneOptions = {},
): Promise<void> {
  for (const effects of EFFECTS) {
    const time = manualTime();
    const options = { effects, ports: time.ports, waitMs, leaseMs: LEASE_MS, ...wanted.options };
    await scene(subject, { ...wanted, options }, (played) => play(played, time, effects));
  }
}

/** So many have asked once, and wait. */
async function waiters({ calls }: Link, count: number): Promise<void> {
  const asked = async () => {
    while (calls.filter(({ verb }) => verb === "claim").length < count) await pause(1);
  };
  await soon(asked(), `${count} waiters`);
}

/** Whether a promise is settled by now. */
function watched(sent: Promise<Answer>): { readonly isAnswered: () => boolean } {
  let isAnswered = false;
  void sent.finally(() => {
    isAnswered = true;
  });
  return { isAnswered: () => isAnswered };
}

const long = { options: { leaseMs: 60_000 } };

export const waitingCases: readonly Case<AdapterSubject>[] = [
  {
    name: "P-120: a waiter on another process has the replay within a second of the first's end",
    run: (subject) =>
      waitingFor(
        subject,
        5_000,
        async ({ send, hold, join, runs }, { advance, until }) => {
          const held = hold(1);
          const running = send();
          await held.reached;
          const other = await join();
          const waiter = send({}, other);
          await waiters(other.link, 1);
          await advance(1_000);
          held.goOn();
          const first = await running;
          const { value: answer } = await until(waiter, 1_000);
          replays(answer, first);
          equal(runs(), 1, "the runs");
        },
        long,
      ),
  },
  {
    name: "P-121: when the wait is over, a waiter is told that the first still runs",
    run: (subject) =>
      waitingFor(
        subject,
        2_000,
        async ({ send, hold, join, runs }, { advance }) => {
          const held = hold(1);
          const running = send();
          await held.reached;
          const other = await join();
          const waiter = send({}, other);
          const { isAnswered } = watched(waiter);
          await waiters(other.link, 1);
          await advance(1_999);
          equal(isAnswered(), false, "whether the waiter is answered before its time");
          await advance(1);
          problem(
            await soon(waiter, "an answer when the wait is over"),
            409,
            "idempotency_in_flight",
          );
          held.goOn();
          equal((await running).status, 201, "the status of the first");
          equal(runs(), 1, "the runs");
        },
        long,
      ),
  },
  {
    name: "P-121: a mismatch is answered at once, and never waits",
    run: (subject) =>
      waitingFor(
        subject,
        5_000,
        async ({ send, hold, join }) => {
          const held = hold(1);
          const running = send();
          await held.reached;
          const other = await join();
          // No time goes by here, so whoever waits would wait for ever.
          const answer = await soon(send(OTHER, other), "an answer at once");
          problem(answer, 422, "idempotency_conflict");
          held.goOn();
          await running;
        },
        long,
      ),
  },
  {
    name: "P-122: when the first is released, one of ten waiters runs, and the others wait for it",
    run: (subject) =>
      waitingFor(
        subject,
        50_000,
        async ({ send, hold, join, runs, effects }, { advance, until }, mode) => {
          const [first, second] = [hold(1), hold(2)];
          const running = send();
          await first.reached;
          const two = [await join(), await join()] as const;
          const ten = Array.from({ length: 10 }, (_, index) =>
            send({}, index % 2 === 0 ? two[0] : two[1]),
          );
          for (const { link } of two) await waiters(link, 5);
          first.goOn();
          equal((await running).status, 503, "the status of the first");
          await until(second.reached, 2_000);
          await advance(2_000);
          equal(runs(), 2, "the runs while the second runs");
          second.goOn();
          const { value: answers } = await until(Promise.all(ten), 2_000);
          const [ran, ...more] = answers.filter(({ isReplay }) => !isReplay);
          ok(ran !== undefined && more.length === 0, "exactly one of them runs");
          equal(ran.status, 201, "the status of the one that runs");
          for (const answer of answers) if (answer !== ran) replays(answer, ran);
          equal(runs(), 2, "the runs");
          equal(await effects(), mode === "transactional" ? 1 : 2, "the effects");
        },
        { ...long, handler: releasing },
      ),
  },
  {
    name: "P-123: a waiter whose client leaves, or whose wait ends, touches nothing",
    run: (subject) =>
      waitingFor(
        subject,
        1_000,
        async ({ send, hold, join, runs, store }, { advance }) => {
          const held = hold(1);
          const running = send();
          await held.reached;
          const owner = async () => {
            const { records } = await store.list({ limit: 2 });
            return records
              .map(({ token, state, attempt }) => `${token} ${state} ${attempt}`)
              .join();
          };
          const before = await owner();
          const other = await join();
          const leaving = new AbortController();
          const left = unanswered(send({ signal: leaving.signal }, other));
          const stays = send({}, other);
          await waiters(other.link, 2);
          leaving.abort();
          await left;
          await advance(1_100);
          problem(await soon(stays, "an answer to the waiter"), 409, "idempotency_in_flight");
          equal(await owner(), before, "the record");
          held.goOn();
          const first = await running;
          equal(first.status, 201, "the status of the first");
          replays(await send({}, other), first);
          equal(runs(), 1, "the runs");
        },
        long,
      ),
  },
  {
    name: "P-124: when the owner is killed while others wait, they hear of it at the end of its lease",
    run: (subject) =>
      waitingFor(subject, 50_000, async (played, { advance, until }, effects) => {
        const { send, hold, join, mounted, pass, runs } = played;
        const held = hold(1);
        const gone = unanswered(send());
        await held.reached;
        const other = await join();
        const sent = [send({}, other), send({}, other), send({}, other)];
        await waiters(other.link, 3);
        await mounted.kill();
        await gone;
        await advance(1_000);
        equal(runs(), 1, "the runs before the lease has ended");
        await pass(LEASE_MS);
        const { value: answers } = await until(Promise.all(sent), 5_000);
        if (effects === "unrepeatable") {
          for (const answer of answers) problem(answer, 409, "idempotency_outcome_unknown");
          equal(runs(), 1, "the runs");
          return;
        }
        const [ran, ...more] = answers.filter(({ isReplay }) => !isReplay);
        ok(ran !== undefined && more.length === 0, "exactly one of them runs");
        equal(ran.status, 201, "the status of the one that runs");
        for (const answer of answers) if (answer !== ran) replays(answer, ran);
        equal(runs(), 2, "the runs");
        equal(await played.effects(), effects === "transactional" ? 1 : 2, "the effects");
      }),
  },
  {
    name: "P-125, S-12: beyond a hundred waiters on one key, one more is told at once",
    async run(subject) {
      const { ports } = manualTime();
      const options = { ports, waitMs: 60_000 };
      await scene(subject, { options }, async ({ send, hold, mounted }) => {
        const held = hold(1);
        const running = send();
        await held.reached;
        const hundred = Array.from({ length: 100 }, () => send());
        await waiters(mounted.link, 101);
        // No time goes by here either.
        const more = await soon(send(), "an answer at once");
        problem(more, 409, "idempotency_in_flight");
        for (const sent of hundred) void sent.catch(() => {});
        held.goOn();
        equal((await running).status, 201, "the status of the first");
      });
    },
  },
  {
    name: "P-125, S-12: beyond a thousand waiters in one process, one more is told at once",
    async run(subject) {
      const { ports } = manualTime();
      const options = { ports, waitMs: 60_000 };
      await scene(subject, { options }, async ({ send, hold, mounted }) => {
        for (let run = 1; run <= 11; run++) {
          const held = hold(run);
          void send({ key: `k${run}` });
          await held.reached;
        }
        for (let run = 1; run <= 10; run++) {
          for (let count = 0; count < 100; count++) void send({ key: `k${run}` });
        }
        await waiters(mounted.link, 1_011);
        const more = await soon(send({ key: "k11" }), "an answer at once");
        problem(more, 409, "idempotency_in_flight");
      });
    },
  },
];
