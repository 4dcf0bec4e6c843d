/** What leaves before COMMIT, and what does not: protocol.md, P-119. */
import { type Case, equal, ok, rejection, soon } from "../case.ts";
import type { AdapterSubject } from "./application.ts";
import { always } from "./faults.ts";
import { type Gate, gate, problem, type Scene, type SceneHandler, scene } from "./scene.ts";
import { committingLate, heardBy, isChunkedWhole, reading, telling } from "./telling.ts";
import { spell } from "./wire.ts";

const TRANSACTIONAL = { effects: "transactional" };

export const beforeCommitCases: readonly Case<AdapterSubject>[] = [
  {
    name: "P-119: transactional: no byte of an answer leaves before COMMIT",
    async run(subject) {
      const { handler, steps } = telling(["a part, ", "the rest"]);
      await scene(subject, { options: TRANSACTIONAL, handler }, async ({ join, store, send }) => {
        const late = gate();
        const slow = await join({
          store: committingLate(store, late),
        });
        const connection = await slow.connect();
        connection.write(spell());
        await soon(slow.link.called("transaction"), "a transaction");
        equal(await heardBy(connection), "", "what has left while the handler runs");
        for (const step of steps) step.open();
        equal(await heardBy(connection), "", "what has left before COMMIT");
        late.open();
        const whole = (heard: string) => heard.includes("the rest");
        await soon(connection.read(whole), "the answer after COMMIT");
        connection.destroy();
        equal((await send()).text, "a part, the rest", "the body of the replay");
      });
    },
  },
  {
    name: "P-119: transactional: an answer that is too large to keep flows, and its end waits for COMMIT",
    run: (subject) =>
      tooLarge(subject, async ({ join, store, effects, send, runs }, steps) => {
        const late = gate();
        const slow = await join({
          store: committingLate(store, late),
        });
        const connection = await slow.connect();
        connection.write(spell());
        const flows = (heard: string) => heard.includes("more than fits, ");
        await soon(connection.read(flows), "what is too large to be held");
        equal(await effects(), 0, "the rows before COMMIT");
        for (const step of steps) step.open();
        ok(!isChunkedWhole(await heardBy(connection)), "the end waits for COMMIT");
        late.open();
        await soon(connection.read(isChunkedWhole), "the end");
        connection.destroy();
        equal(await effects(), 1, "the rows");
        problem(await send(), 409, "idempotency_response_not_kept");
        equal(runs(), 1, "the runs");
      }),
  },
  {
    name: "P-119: transactional: a failed COMMIT cuts the connection of an answer that has begun",
    run: (subject) =>
      tooLarge(subject, async ({ open, mounted, effects, runs }, steps) => {
        mounted.link.fate = always("commit-refused", "transaction");
        const { until, rest } = reading(await open());
        await until("more than fits, ");
        for (const step of steps) step.open();
        await rejection(rest(), "the end of what was not committed");
        equal(await effects(), 0, "the rows");
        equal(runs(), 1, "the runs");
      }),
  },
];

/** A row, and an answer that a record of 8 bytes cannot hold. */
async function tooLarge(
  subject: AdapterSubject,
  play: (scene: Scene, steps: readonly Gate[]) => Promise<void>,
): Promise<void> {
  const { handler: tell, steps } = telling(["more than fits, ", "and the rest"]);
  const handler: SceneHandler = async (_call, act) => {
    await act();
    return tell();
  };
  const options = { ...TRANSACTIONAL, maxResponseBytes: 8 };
  await scene(subject, { options, handler }, (played) => play(played, steps));
}
