/** A record in doubt, and how it is settled: protocol.md, section 9, for unrepeatable effects. */
import type { Unsettled } from "../../core/record.ts";
import { type Case, equal, ok } from "../case.ts";
import type { AdapterSubject } from "./application.ts";
import { firstly } from "./replies.ts";
import {
  type Answer,
  problem,
  replays,
  runsAgain,
  type Scene,
  scene,
  unanswered,
} from "./scene.ts";

const CUT = firstly({ status: 200, cut: true });

/** What the application or a person finds out, and what a replay of it looks like. */
const KNOWN = {
  status: 201,
  headers: { "Content-Type": "application/json", Location: "/payments/9" },
  body: '{"id":9}',
};

function isKnown(answer: Answer): void {
  equal(answer.code, undefined, "the problem");
  equal(answer.status, KNOWN.status, "the status");
  equal(answer.text, KNOWN.body, "the body");
  equal(answer.headers.get("location"), KNOWN.headers.Location, "Location");
  equal(answer.headers.get("content-type"), KNOWN.headers["Content-Type"], "Content-Type");
  equal(answer.isReplay, true, "the marker");
}

type Reconcile = (doubt: { readonly key: string }) => unknown;

/** The request of `ann` was cut off in the middle, so nobody knows what became of it. */
function inDoubt(
  subject: AdapterSubject,
  reconcile: Reconcile | undefined,
  play: (scene: Scene) => Promise<void>,
): Promise<void> {
  const options = reconcile === undefined ? {} : { reconcile };
  return scene(subject, { options, handler: CUT }, async (played) => {
    await unanswered(played.send());
    await play(played);
  });
}

async function recordInDoubt({ store }: Scene): Promise<Unsettled> {
  const { records } = await store.list({ limit: 2, state: "in-doubt" });
  const [record] = records;
  ok(record !== undefined && records.length === 1, "one record is in doubt");
  ok(record.state !== "completed", "the record is in doubt");
  return record;
}

export const inDoubtCases: readonly Case<AdapterSubject>[] = [
  {
    name: "P-89: unrepeatable: the answer that `reconcile` finds is replayed from now on",
    async run(subject) {
      const asked: string[] = [];
      const reconcile: Reconcile = ({ key }) => {
        asked.push(key);
        return { happened: true, answer: KNOWN };
      };
      await inDoubt(subject, reconcile, async ({ send, runs, join }) => {
        isKnown(await send());
        isKnown(await send());
        equal(asked.join(), "k1", "what `reconcile` was asked about");
        // Another process, which does not ask, has it from the record.
        const other = await join({ options: { reconcile: undefined } });
        isKnown(await send({}, other));
        equal(runs(), 1, "the runs");
      });
    },
  },
  {
    name: "P-89: unrepeatable: `reconcile` may be called more than once, and all hear one answer",
    async run(subject) {
      let asked = 0;
      let answer: () => void = () => {};
      const both = new Promise<void>((resolve) => {
        answer = resolve;
      });
      const reconcile: Reconcile = async () => {
        asked++;
        if (asked === 2) answer();
        await both;
        return { happened: true, answer: KNOWN };
      };
      await inDoubt(subject, reconcile, async ({ send, runs, join }) => {
        const other = await join();
        for (const one of await Promise.all([send(), send({}, other)])) isKnown(one);
        equal(asked, 2, "how often `reconcile` was asked");
        equal(runs(), 1, "the runs");
      });
    },
  },
  {
    name: "P-90: unrepeatable: what `reconcile` says did not happen runs",
    run: (subject) =>
      inDoubt(
        subject,
        () => ({ happened: false }),
        async (played) => {
          const second = await runsAgain(played, 2);
          replays(await played.send(), second);
          equal(played.runs(), 2, "the runs");
        },
      ),
  },
  {
    name: "P-90: unrepeatable: while `reconcile` does not know, or throws, the outcome is unknown",
    async run(subject) {
      const unknown: readonly Reconcile[] = [
        () => undefined,
        async () => undefined,
        () => {
          throw new Error("the bank is closed");
        },
        () => Promise.reject(new Error("the bank is closed")),
      ];
      for (const reconcile of unknown) {
        await inDoubt(subject, reconcile, async ({ send, runs }) => {
          problem(await send(), 409, "idempotency_outcome_unknown");
          problem(await send(), 409, "idempotency_outcome_unknown");
          equal(runs(), 1, "the runs");
        });
      }
    },
  },
  {
    name: "P-91: unrepeatable: what a person settles as happened is replayed",
    run: (subject) =>
      inDoubt(subject, undefined, async (played) => {
        const { send, store, runs } = played;
        problem(await send(), 409, "idempotency_outcome_unknown");
        const settled = { happened: true, answer: KNOWN } as const;
        const record = await recordInDoubt(played);
        equal(await subject.settle(store, record, settled), true, "whether it was settled");
        isKnown(await send());
        isKnown(await send());
        equal(runs(), 1, "the runs");
        equal(await subject.settle(store, record, { happened: false }), false, "a second settling");
        isKnown(await send());
      }),
  },
  {
    name: "P-91: unrepeatable: what a person settles as not happened runs",
    run: (subject) =>
      inDoubt(subject, undefined, async (played) => {
        const record = await recordInDoubt(played);
        const settled = await subject.settle(played.store, record, { happened: false });
        equal(settled, true, "whether it was settled");
        const second = await runsAgain(played, 2);
        replays(await played.send(), second);
      }),
  },
];
