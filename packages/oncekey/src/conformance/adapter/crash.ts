/** A process that dies in the middle: protocol.md, section 9, as far as nobody knows of its end. */
import { type Case, equal, ok } from "../case.ts";
import type { AdapterSubject } from "./application.ts";
import { always } from "./faults.ts";
import { CREATED } from "./replies.ts";
import {
  eventually,
  inEachMode,
  type Process,
  problem,
  replays,
  runsAgain,
  type Scene,
  type SceneHandler,
  scene,
  unanswered,
} from "./scene.ts";

/** Ends within the case where the clock is real, and never by chance where it is not. */
export const LEASE_MS = 600;

/** Run 1 is killed in mid-handler, behind its effect. Another process goes on. */
export async function crashed(played: Scene): Promise<Process> {
  const held = played.hold(1);
  const gone = unanswered(played.send());
  await held.reached;
  const survivor = await played.join();
  await played.mounted.kill();
  await gone;
  return survivor;
}

export const crashCases: readonly Case<AdapterSubject>[] = [
  {
    name: "P-87: before the lease of a killed process ends, its request is in flight",
    run: (subject) =>
      inEachMode(subject, {}, async (played) => {
        const survivor = await crashed(played);
        for (let times = 0; times < 2; times++) {
          problem(await played.send({}, survivor), 409, "idempotency_in_flight");
        }
        equal(played.runs(), 1, "the runs");
      }),
  },
  {
    name: "P-88: unrepeatable: once the lease has ended, the outcome is unknown on every process",
    run: (subject) =>
      scene(subject, { options: { leaseMs: LEASE_MS } }, async (played) => {
        const survivor = await crashed(played);
        await played.pass(LEASE_MS);
        const third = await played.join();
        for (const process of [survivor, third, survivor, third]) {
          const answer = await played.send({}, process);
          problem(answer, 409, "idempotency_outcome_unknown");
          equal(answer.headers.get("retry-after"), null, "Retry-After");
          equal(JSON.parse(answer.text).retryable, false, "whether it may be retried");
        }
        equal(played.runs(), 1, "the runs");
        equal(await played.effects(), 1, "the effects");
      }),
  },
  {
    name: "P-94: repeatable: once the lease has ended, one of ten takes over as attempt 2",
    async run(subject) {
      const attempts: (number | undefined)[] = [];
      const handler: SceneHandler = async (call, act) => {
        attempts.push(call.idempotency?.attempt);
        await act();
        return CREATED;
      };
      const options = { effects: "repeatable", leaseMs: LEASE_MS };
      await scene(subject, { options, handler }, async (played) => {
        const survivor = await crashed(played);
        await played.pass(LEASE_MS);
        const third = await played.join();
        const ten = Array.from({ length: 10 }, (_, index) =>
          played.send({}, index % 2 === 0 ? survivor : third),
        );
        const answers = await Promise.all(ten);
        const [first, ...more] = answers.filter((one) => one.code === undefined && !one.isReplay);
        ok(first !== undefined && more.length === 0, "exactly one takes over");
        equal(first.status, 201, "the status of the one that took over");
        for (const answer of answers) {
          if (answer.isReplay) replays(answer, first);
          else if (answer !== first) problem(answer, 409, "idempotency_in_flight");
        }
        equal(attempts.join(), "1,2", "the attempts");
        equal(played.runs(), 2, "the runs");
        replays(await played.send({}, survivor), first);
      });
    },
  },
  {
    name: "P-96: repeatable: every attempt derives the same key for a name, and never the client's",
    async run(subject) {
      const derived: (readonly string[])[] = [];
      const handler: SceneHandler = async ({ idempotency }, act) => {
        ok(idempotency !== undefined, "the request is guarded");
        const { deriveKey } = idempotency;
        derived.push([deriveKey("charge"), deriveKey("mail"), deriveKey("charge")]);
        await act();
        return CREATED;
      };
      const options = { effects: "repeatable", leaseMs: LEASE_MS };
      await scene(subject, { options, handler }, async (played) => {
        const survivor = await crashed(played);
        await played.pass(LEASE_MS);
        await runsAgain(played, 2, survivor);
        const [[charge, mail, chargeAgain] = [], second = []] = derived;
        equal(second.join(), [charge, mail, charge].join(), "the keys of attempt 2");
        equal(chargeAgain, charge, "the key when it is asked for again");
        ok(charge !== mail, "another name has another key");
        ok(charge !== "k1" && !charge?.includes("k1"), "it is not the client's key");
        // Nor the same for whoever else sends that key.
        await played.send({ user: "bob" }, survivor);
        ok(derived[2]?.[0] !== charge, "another person's key derives another one");
      });
    },
  },
  {
    name: "P-97: transactional: the row of a killed process is rolled back, and again runs",
    run: (subject) =>
      scene(
        subject,
        { options: { effects: "transactional", leaseMs: LEASE_MS } },
        async (played) => {
          const survivor = await crashed(played);
          equal(await played.effects(), 0, "the rows after the crash");
          await played.pass(LEASE_MS);
          const second = await runsAgain(played, 2, survivor);
          equal(await played.effects(), 1, "the rows");
          replays(await played.send({}, survivor), second);
        },
      ),
  },
  {
    name: "P-99: what was completed before the process was killed is replayed",
    run: (subject) =>
      inEachMode(subject, {}, async (played) => {
        const { mounted, send, join, runs, store } = played;
        mounted.link.fate = always("reply-lost", "complete", "transaction");
        const gone = unanswered(send());
        await eventually(
          "the completion lands",
          () => store.list({ limit: 1, state: "completed" }),
          ({ records }) => records.length > 0,
        );
        await mounted.kill();
        await gone;
        const survivor = await join();
        const again = await send({}, survivor);
        equal(again.status, 201, "the status");
        equal(again.text, '{"id":1}', "the body");
        equal(again.isReplay, true, "the marker");
        equal(runs(), 1, "the runs");
        equal(await played.effects(), 1, "the effects");
      }),
  },
  {
    // An owner that is known by a name would take its own stale claim for a live one of its own.
    name: "P-103: a process that starts again owns none of its earlier claims",
    run: (subject) =>
      inEachMode(subject, { options: { leaseMs: LEASE_MS } }, async (played, effects) => {
        const restarted = await crashed(played);
        // Where the clock is real, the lease may be over by now.
        if (effects !== "transactional") {
          problem(await played.send({}, restarted), 409, "idempotency_in_flight");
        }
        equal(played.runs(), 1, "the runs before the lease has ended");
        await played.pass(LEASE_MS);
        if (effects === "unrepeatable") {
          problem(await played.send({}, restarted), 409, "idempotency_outcome_unknown");
          equal(played.runs(), 1, "the runs");
        } else await runsAgain(played, 2, restarted);
      }),
  },
];
