/** An owner that is stopped past its lease, and goes on: protocol.md, section 9. */
import { type Case, equal } from "../case.ts";
import type { AdapterSubject } from "./application.ts";
import { LEASE_MS } from "./crash.ts";
import { always } from "./faults.ts";
import type { SceneHandler } from "./scene.ts";
import { gate, problem, replays, runsAgain, scene } from "./scene.ts";

/** Each run tells itself apart, or nobody could see whose answer it is. */
const numbered: SceneHandler = async (_call, act, run) => {
  await act();
  return {
    status: 201,
    headers: [["Content-Type", "application/json"]],
    body: `{"run":${run}}`,
  };
};

export const overtakenCases: readonly Case<AdapterSubject>[] = [
  {
    // Refusing the late owner would leave a known outcome unknown for ever.
    name: "P-92: unrepeatable: an owner that comes back late heals the doubt",
    run: (subject) =>
      scene(subject, {}, async ({ send, hold, pass, join, runs }) => {
        const held = hold(1);
        const running = send();
        await held.reached;
        await pass(30_000);
        const other = await join();
        for (let times = 0; times < 2; times++) {
          problem(await send({}, other), 409, "idempotency_outcome_unknown");
        }
        held.goOn();
        const first = await running;
        equal(first.status, 201, "the status for the owner's caller");
        equal(first.isReplay, false, "the marker for the owner's caller");
        replays(await send({}, other), first);
        equal(runs(), 1, "the runs");
      }),
  },
  {
    name: "P-93: unrepeatable: an owner that comes back to a settled record sends what was settled",
    run: (subject) =>
      scene(subject, {}, async ({ send, hold, pass, store, runs }) => {
        const held = hold(1);
        const running = send();
        await held.reached;
        await pass(30_000);
        const { records } = await store.list({ limit: 1, state: "in-doubt" });
        const [record = { id: "", token: 0 }] = records;
        const answer = { status: 202, body: "settled by hand" };
        const settled = await subject.settle(store, record, { happened: true, answer });
        equal(settled, true, "whether it was settled");
        held.goOn();
        const first = await running;
        equal(first.status, 202, "the status for the owner's caller");
        equal(first.text, "settled by hand", "the body for the owner's caller");
        equal(first.isReplay, true, "the marker for the owner's caller");
        const again = await send();
        equal(again.text, first.text, "the body of the replay");
        equal(again.isReplay, true, "the marker of the replay");
        equal(runs(), 1, "the runs");
      }),
  },
  {
    name: "P-93: unrepeatable: an owner that comes back to a freed key says that it is in flight",
    run: (subject) =>
      scene(subject, {}, async (played) => {
        const { send, hold, pass, store } = played;
        const held = hold(1);
        const running = send();
        await held.reached;
        await pass(30_000);
        const { records } = await store.list({ limit: 1, state: "in-doubt" });
        const [record = { id: "", token: 0 }] = records;
        await subject.settle(store, record, { happened: false });
        held.goOn();
        // Its own answer would be one that no retry can hear.
        problem(await running, 409, "idempotency_in_flight");
        await runsAgain(played, 2);
      }),
  },
  {
    name: "P-95: repeatable: an owner that was overtaken sends the answer of the one that overtook",
    run: (subject) =>
      scene(
        subject,
        { options: { effects: "repeatable" }, handler: numbered },
        async ({ send, hold, pass, join, runs, events }) => {
          const held = hold(1);
          const running = send();
          await held.reached;
          await pass(30_000);
          const other = await join();
          const second = await send({}, other);
          equal(second.text, '{"run":2}', "the answer of the one that overtook");
          equal(second.isReplay, false, "the marker of the one that overtook");
          held.goOn();
          replays(await running, second);
          equal(events.filter(({ type }) => type === "superseded").length, 1, "the refusals");
          replays(await send(), second);
          replays(await send({}, other), second);
          equal(runs(), 2, "the runs");
        },
      ),
  },
  {
    name: "P-95: repeatable: while the one that overtook runs, the overtaken says in flight",
    run: (subject) =>
      scene(
        subject,
        { options: { effects: "repeatable" }, handler: numbered },
        async ({ send, hold, pass, join, runs }) => {
          const [held, overtaking] = [hold(1), hold(2)];
          const running = send();
          await held.reached;
          await pass(30_000);
          const other = await join();
          const second = send({}, other);
          await overtaking.reached;
          held.goOn();
          problem(await running, 409, "idempotency_in_flight");
          overtaking.goOn();
          const answer = await second;
          equal(answer.text, '{"run":2}', "the answer of the one that overtook");
          replays(await send(), answer);
          equal(runs(), 2, "the runs");
        },
      ),
  },
  {
    name: "P-98: transactional: an owner that was overtaken in mid-handler is rolled back",
    run: (subject) =>
      scene(
        subject,
        { options: { effects: "transactional", leaseMs: LEASE_MS }, handler: numbered },
        async ({ send, hold, pass, join, runs, effects, mounted }) => {
          mounted.link.fate = always("lost", "renew");
          const held = hold(1);
          const running = send();
          await held.reached;
          await pass(LEASE_MS);
          const other = await join();
          const second = await send({}, other);
          equal(second.text, '{"run":2}', "the answer of the one that overtook");
          equal(await effects(), 1, "the rows of the one that overtook");
          held.goOn();
          replays(await running, second);
          equal(await effects(), 1, "the rows");
          equal(runs(), 2, "the runs");
        },
      ),
  },
  {
    name: "P-98: transactional: an owner that was overtaken before it began leaves nothing",
    run: (subject) =>
      scene(
        subject,
        { options: { effects: "transactional", leaseMs: LEASE_MS } },
        async ({ send, pass, join, effects, mounted }) => {
          const stopped = gate();
          mounted.link.fate = (verb) =>
            verb === "transaction" ? stopped.opened : verb === "renew" ? "lost" : "through";
          const running = send();
          await mounted.link.called("transaction");
          await pass(LEASE_MS);
          const other = await join();
          const second = await send({}, other);
          equal(second.status, 201, "the status of the one that overtook");
          stopped.open();
          replays(await running, second);
          equal(await effects(), 1, "the rows");
          replays(await send(), second);
        },
      ),
  },
];
