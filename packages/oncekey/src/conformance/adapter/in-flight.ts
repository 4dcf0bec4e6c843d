/** While the first runs: protocol.md, section 3. */
import { pause } from "../../core/door.ts";
import { platform } from "../../core/ports.ts";
import { type Case, equal, ok } from "../case.ts";
import { isFirst } from "./answer.ts";
import type { AdapterSubject } from "./application.ts";
import { CREATED, gate, inEachMode, problem, replays, scene } from "./scene.ts";

export const inFlightCases: readonly Case<AdapterSubject>[] = [
  {
    // Refusals of the field released the running record, or were kept as its result.
    name: "P-34: a duplicate of a running request is told to wait, and disturbs nothing",
    async run(subject) {
      let started = gate();
      let finish = gate();
      const handler = async () => {
        started.open();
        await finish.opened;
        return CREATED;
      };
      await inEachMode(subject, { handler }, async ({ send, runs, store }) => {
        started = gate();
        finish = gate();
        const running = send();
        await started.opened;
        for (let times = 0; times < 2; times++) {
          const refused = await send();
          problem(refused, 409, "idempotency_in_flight");
          equal(refused.headers.get("retry-after"), "1", "Retry-After");
          equal(runs(), 1, "the runs");
        }
        const { records } = await store.list({ limit: 2 });
        equal(records.map(({ state }) => state).join(), "in-flight", "the records");
        finish.open();
        const first = await running;
        isFirst(first);
        equal(first.status, 201, "the status of the first");
        replays(await send(), first);
        equal(runs(), 1, "the runs");
      });
    },
  },
  {
    name: "P-35: of fifty at once on two processes one runs, and all hear of that one",
    async run(subject) {
      await inEachMode(subject, { handler: slowly }, async ({ send, runs, join, effects }) => {
        const other = await join();
        const sent = Array.from({ length: 50 }, (_, index) =>
          send({}, index % 2 === 0 ? other : undefined),
        );
        const answers = await Promise.all(sent);
        const firsts = answers.filter((answer) => answer.code === undefined && !answer.isReplay);
        const [first] = firsts;
        ok(first !== undefined && firsts.length === 1, "one answer is the first");
        equal(first.status, 201, "the status of the first");
        for (const answer of answers) {
          if (answer.isReplay) replays(answer, first);
          else if (answer !== first) problem(answer, 409, "idempotency_in_flight");
        }
        equal(runs(), 1, "the runs");
        equal(await effects(), 1, "the effects");
        replays(await send({}, other), first);
      });
    },
  },
  {
    name: "P-36: the same body under another key runs at once",
    async run(subject) {
      const started = gate();
      const finish = gate();
      let calls = 0;
      const handler = async () => {
        if (++calls > 1) return { ...CREATED, body: '{"id":2}' };
        started.open();
        await finish.opened;
        return CREATED;
      };
      await scene(subject, { handler }, async ({ send, runs }) => {
        const running = send();
        await started.opened;
        const second = await send({ key: "k2" });
        equal(second.text, '{"id":2}', "the answer under the other key");
        isFirst(second);
        finish.open();
        const first = await running;
        equal(first.text, '{"id":1}', "the answer of the first");
        replays(await send(), first);
        replays(await send({ key: "k2" }), second);
        equal(runs(), 2, "the runs");
      });
    },
  },
];

async function slowly(_call: unknown, act: () => Promise<void>): Promise<typeof CREATED> {
  await pause(platform, 20);
  await act();
  return CREATED;
}
