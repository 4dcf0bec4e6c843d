/** Retention: protocol.md, section 8. */
import { type Case, equal, ok } from "../case.ts";
import type { AdapterSubject } from "./application.ts";
import { firstly } from "./replies.ts";
import { inEachMode, problem, replays, runsAgain, type Scene, scene, unanswered } from "./scene.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Those whose store has a clock that can be turned. */
const TURNED = ["unrepeatable", "repeatable"] as const;
/** Long enough for a few requests on a busy machine, where the clock cannot be turned. */
const REAL_RETENTION_MS = 1_500;

/** An HTTP date, `ms` after the store's own clock. */
async function dateOf({ send, store }: Scene, ms: number): Promise<string> {
  await send({ key: `clock${ms}` });
  const { records } = await store.list({ limit: 100 });
  const now = Math.max(...records.map(({ claimedAt }) => claimedAt));
  return new Date(now + ms).toUTCString();
}

const sentAt = (date: string) => ({ headers: { "repeatability-first-sent": date } });

export const retentionCases: readonly Case<AdapterSubject>[] = [
  {
    name: "P-82: an answer is kept for a day after its completion, and no replay makes it longer",
    run: (subject) =>
      inEachMode(
        subject,
        { options: { leaseMs: 10 * MINUTE_MS } },
        async (played) => {
          const held = played.hold(1);
          const running = played.send();
          await held.reached;
          // A retention that were counted from the claim would end too soon.
          await played.pass(2 * MINUTE_MS);
          held.goOn();
          const first = await running;
          await played.pass(DAY_MS - MINUTE_MS);
          replays(await played.send(), first);
          equal(played.runs(), 1, "the runs");
          await played.pass(MINUTE_MS);
          await runsAgain(played, 2);
        },
        TURNED,
      ),
  },
  {
    name: "P-82: given thirty days, an answer is there on the 29th",
    run: (subject) =>
      inEachMode(
        subject,
        { options: { retentionMs: 30 * DAY_MS } },
        async (played) => {
          const first = await played.send();
          await played.pass(29 * DAY_MS);
          replays(await played.send(), first);
          await played.pass(DAY_MS);
          await runsAgain(played, 2);
        },
        TURNED,
      ),
  },
  {
    name: "P-82: transactional: an answer is kept for its retention, and no replay makes it longer",
    run: (subject) =>
      scene(
        subject,
        { options: { effects: "transactional", retentionMs: REAL_RETENTION_MS } },
        async (played) => {
          const first = await played.send();
          await played.pass(REAL_RETENTION_MS / 2);
          replays(await played.send(), first);
          await played.pass(REAL_RETENTION_MS / 2);
          await runsAgain(played, 2);
          equal(await played.effects(), 2, "the rows");
        },
      ),
  },
  ...[true, false].map(
    (isPurged): Case<AdapterSubject> => ({
      name: `P-83: of two after the retention one runs as new, ${isPurged ? "" : "not "}purged`,
      run: (subject) =>
        inEachMode(subject, { options: { retentionMs: 300 } }, async (played) => {
          const { send, store, pass, runs, hold } = played;
          await send();
          await pass(300);
          if (isPurged) equal(await store.reap(10), 1, "how many were purged");
          const held = hold(2);
          const two = [send(), send()];
          await held.reached;
          const other = await Promise.race(two);
          problem(other, 409, "idempotency_in_flight");
          held.goOn();
          const answers = await Promise.all(two);
          const ran = answers.filter(({ code }) => code === undefined);
          equal(ran.length, 1, "how many ran");
          equal(ran[0]?.status, 201, "the status of the one that ran");
          equal(ran[0]?.isReplay, false, "the marker of the one that ran");
          equal(runs(), 2, "the runs");
        }),
    }),
  ),
  {
    name: "P-84: a record under a live lease does not expire",
    run: (subject) =>
      inEachMode(subject, { options: { retentionMs: 300 } }, async (played) => {
        const { send, pass, runs, hold, store } = played;
        const held = hold(1);
        const running = send();
        await held.reached;
        await pass(400);
        problem(await send(), 409, "idempotency_in_flight");
        equal(await store.reap(10), 0, "how many were purged");
        problem(await send(), 409, "idempotency_in_flight");
        held.goOn();
        const first = await running;
        equal(first.status, 201, "the status of the first");
        equal(runs(), 1, "the runs");
      }),
  },
  {
    // The record may have been there and gone: to run would be to run twice.
    name: "P-85: a request that was first sent longer ago than records are kept does not run",
    run: (subject) =>
      inEachMode(subject, { options: { retentionMs: HOUR_MS } }, async (played) => {
        const { send, runs, store } = played;
        const late = await dateOf(played, -HOUR_MS - MINUTE_MS);
        const before = runs();
        problem(await send(sentAt(late)), 412, "idempotency_too_late");
        equal(runs(), before, "the runs");
        equal((await store.list({ limit: 10 })).records.length, before, "the records");
        await runsAgain(played, before + 1);
      }),
  },
  {
    name: "P-85: a date that cannot be read makes the key not valid",
    run: (subject) =>
      inEachMode(subject, {}, async ({ send, runs }) => {
        for (const date of ["yesterday", "2026-01-01T00:00:00Z", "Thu, 99 Foo 2026 00:00:00 GMT"]) {
          const answer = await send(sentAt(date));
          problem(answer, 400, "idempotency_key_invalid");
        }
        equal(runs(), 0, "the runs");
      }),
  },
  {
    name: "P-85: otherwise the date changes nothing",
    run: (subject) =>
      inEachMode(subject, { options: { retentionMs: HOUR_MS } }, async (played) => {
        const { send, runs } = played;
        const late = await dateOf(played, -HOUR_MS - MINUTE_MS);
        const recent = await dateOf(played, -HOUR_MS + MINUTE_MS);
        const future = await dateOf(played, DAY_MS);
        const before = runs();
        for (const [index, date] of [recent, future].entries()) {
          const key = `dated-${index}`;
          const first = await send({ key, ...sentAt(date) });
          equal(first.status, 201, "the status of the run");
          equal(first.isReplay, false, "the marker of the run");
          equal(runs(), before + index + 1, "the runs");
          // There is a record, so nothing is forgotten, whatever the date says.
          replays(await send({ key, ...sentAt(late) }), first);
          replays(await send({ key }), first);
        }
      }),
  },
  {
    name: "P-86: unrepeatable: a record in doubt outlives every retention",
    run: (subject) =>
      scene(
        subject,
        { options: { retentionMs: 1_000 }, handler: firstly({ status: 200, cut: true }) },
        async ({ send, pass, store, runs }) => {
          await unanswered(send());
          for (const ms of [1_000, DAY_MS, 400 * DAY_MS]) {
            await pass(ms);
            equal(await store.reap(10), 0, "how many were purged");
            problem(await send(), 409, "idempotency_outcome_unknown");
          }
          equal(runs(), 1, "the runs");
          const { records } = await store.list({ limit: 10, state: "in-doubt" });
          ok(records.length === 1, "the record is listed as in doubt");
        },
      ),
  },
];
