/** Errors, and what burns the key: protocol.md, section 5, for all kinds of effects. */
import type { Effects } from "../../core/record.ts";
import { type Case, equal } from "../case.ts";
import type { AdapterSubject, Reply } from "./application.ts";
import { always, firstOf } from "./faults.ts";
import { firstly, givingUp, releasing, streamed, text } from "./replies.ts";
import {
  gate,
  inEachMode,
  pause,
  problem,
  replays,
  runsAgain,
  type Scene,
  scene,
  unanswered,
} from "./scene.ts";
import { manualTime } from "./time.ts";

export const errorCases: readonly Case<AdapterSubject>[] = [
  {
    name: "P-52, S-6: what a gate outside refuses does not burn the key",
    async run(subject) {
      let refused: number | undefined;
      const outside = () => (refused === undefined ? {} : { refuse: text(refused, "no") });
      await inEachMode(subject, { outside }, async ({ send, runs, store }) => {
        let expected = 0;
        for (const status of [401, 403, 413, 415, 429]) {
          const key = `gate-${status}`;
          refused = status;
          const no = await send({ key });
          equal(no.status, status, "the status of the gate");
          equal(no.isReplay, false, "the marker of the gate");
          equal((await store.list({ limit: 100 })).records.length, expected, "the records");
          refused = undefined;
          const yes = await send({ key });
          equal(yes.status, 201, "the status once the cause is gone");
          equal(yes.isReplay, false, "the marker once the cause is gone");
          expected++;
          equal(runs(), expected, "the runs");
        }
      });
    },
  },
  {
    // It cannot be told from the handler, and guessing could run an effect twice.
    name: "P-53: what a gate inside refuses is kept",
    async run(subject) {
      let isRefused = true;
      const inside = () => (isRefused ? text(403, "not you") : undefined);
      await inEachMode(subject, { inside }, async ({ send, runs }) => {
        isRefused = true;
        const first = await send();
        equal(first.status, 403, "the status of the gate");
        isRefused = false;
        replays(await send(), first);
        equal(runs(), 0, "the runs");
      });
    },
  },
  {
    name: "P-54: a 402, 404, 409 or 422 of the handler's own is kept",
    async run(subject) {
      let status = 0;
      const handler = () => text(status, `no: ${status}`);
      await inEachMode(subject, { handler }, async ({ send, runs }) => {
        for (const [index, wanted] of [402, 404, 409, 422].entries()) {
          status = wanted;
          const first = await send({ key: `own-${wanted}` });
          equal(first.status, wanted, "the status");
          equal(first.isReplay, false, "the marker");
          replays(await send({ key: `own-${wanted}` }), first);
          equal(runs(), index + 1, "the runs");
        }
      });
    },
  },
  {
    name: "P-55: unrepeatable: a 503 is kept, without its invitation to come back",
    async run(subject) {
      const reply = text(503, "later");
      const headers = [...(reply.headers ?? []), ["Retry-After", "5"] as const];
      const handler = () => ({ ...reply, headers });
      await scene(subject, { handler }, async ({ send, runs }) => {
        const first = await send();
        equal(first.status, 503, "the status");
        equal(first.headers.get("retry-after"), "5", "Retry-After");
        const again = await send();
        replays(again, first);
        equal(again.headers.get("retry-after"), null, "Retry-After of the replay");
        equal(runs(), 1, "the runs");
      });
    },
  },
  {
    name: "P-56: unrepeatable: the framework's answer to a throw after the effect is kept",
    run: (subject) =>
      scene(
        subject,
        { handler: firstly(new Error("the mail could not be sent")) },
        async ({ send, runs, effects }) => {
          const first = await send();
          equal(first.status, 500, "the status");
          equal(first.isReplay, false, "the marker");
          replays(await send(), first);
          equal(runs(), 1, "the runs");
          equal(await effects(), 1, "the effects");
        },
      ),
  },
  {
    name: "P-57: repeatable: after a 500 or a throw, again runs",
    async run(subject) {
      for (const failure of [text(500, "failed"), new Error("thrown")]) {
        const options = { effects: "repeatable" };
        await scene(subject, { options, handler: firstly(failure) }, async (played) => {
          const first = await played.send();
          equal(first.status, 500, "the status");
          equal(first.isReplay, false, "the marker");
          const second = await runsAgain(played, 2);
          replays(await played.send(), second);
          equal(played.runs(), 2, "the runs");
        });
      }
    },
  },
  {
    name: "P-58: transactional: the row of a run that answers 500 or throws is rolled back",
    async run(subject) {
      for (const failure of [text(500, "failed"), new Error("thrown")]) {
        const options = { effects: "transactional" };
        await scene(subject, { options, handler: firstly(failure) }, async (played) => {
          equal((await played.send()).status, 500, "the status");
          equal(await played.effects(), 0, "the rows after the failure");
          await runsAgain(played, 2);
          equal(await played.effects(), 1, "the rows in all");
        });
      }
    },
  },
  {
    name: "P-59: transactional: a 409 leaves no row, and is kept",
    run: (subject) =>
      refusing(subject, {}, async ({ send, runs, effects }) => {
        const first = await send();
        equal(first.status, 409, "the status");
        equal(first.text, "sold out", "the body");
        equal(await effects(), 0, "the rows");
        replays(await send(), first);
        equal(runs(), 1, "the runs");
        equal(await effects(), 0, "the rows after the replay");
      }),
  },
  {
    name: "P-59: transactional: a 409 that cannot be kept is said to be not recorded, without a row",
    run: (subject) =>
      refusing(subject, { leaseMs: 100 }, async ({ send, mounted, effects }) => {
        mounted.link.fate = always("refused", "complete", "renew");
        const first = await send();
        problem(first, 503, "idempotency_not_recorded");
        equal(first.headers.get("retry-after"), "1", "Retry-After");
        equal(await effects(), 0, "the rows");
      }),
  },
  {
    name: "P-60: transactional: `commitWhen` decides which answers commit",
    async run(subject) {
      const options = { effects: "transactional", commitWhen: (status: number) => status < 500 };
      const handler = firstly(text(402, "declined, and noted"));
      await scene(subject, { options, handler }, async ({ send, runs, effects }) => {
        const first = await send();
        equal(first.status, 402, "the status");
        equal(await effects(), 1, "the rows");
        replays(await send(), first);
        equal(runs(), 1, "the runs");
        equal(await effects(), 1, "the rows after the replay");
      });
    },
  },
  {
    name: "P-61: what the handler releases is passed on as it is, and again runs",
    run: (subject) =>
      inEachMode(subject, { handler: releasing }, async (played) => {
        const first = await played.send();
        equal(first.status, 503, "the status");
        equal(first.text, "the bank is closed", "the body");
        equal(first.code, undefined, "the problem");
        equal(first.isReplay, false, "the marker");
        const second = await runsAgain(played, 2);
        replays(await played.send(), second);
        equal(played.runs(), 2, "the runs");
      }),
  },
  {
    // A client that comes back at once must not be told that its first request still runs.
    name: "P-61: a release is safe before the answer ends",
    run: (subject) =>
      inEachMode(subject, { handler: releasing }, async ({ send, mounted }) => {
        const landing = gate();
        mounted.link.fate = always(landing.opened, "release");
        let isAnswered = false;
        const first = send().finally(() => {
          isAnswered = true;
        });
        await mounted.link.called("release");
        await pause(50);
        equal(isAnswered, false, "whether the answer ended before the release");
        landing.open();
        equal((await first).status, 503, "the status");
      }),
  },
  {
    name: "P-61: a release that cannot be written is tried again in the background",
    async run(subject) {
      const { ports, advance } = manualTime();
      await inEachMode(subject, { handler: releasing, options: { ports } }, async (played) => {
        const { send, mounted } = played;
        mounted.link.fate = firstOf("release", 2, "refused");
        equal((await send()).text, "the bank is closed", "the body");
        problem(await send(), 409, "idempotency_in_flight");
        // It fails once more in the background, and then lands.
        await advance(2_000);
        await runsAgain(played, 2);
      });
    },
  },
  {
    name: "P-62: unrepeatable: a request whose socket the handler cut is in doubt at once",
    async run(subject) {
      for (const cut of cuts) {
        await scene(subject, { handler: () => cut }, async ({ send, runs }) => {
          await unanswered(send());
          problem(await send(), 409, "idempotency_outcome_unknown");
          equal(runs(), 1, "the runs");
        });
      }
    },
  },
  {
    name: "P-62: repeatable and transactional: a request whose socket the handler cut runs again",
    async run(subject) {
      for (const cut of cuts) {
        const play = async (played: Scene, mode: Effects) => {
          await unanswered(played.send());
          const second = await runsAgain(played, 2);
          replays(await played.send(), second);
          equal(await played.effects(), mode === "transactional" ? 1 : 2, "the effects");
        };
        const modes = ["repeatable", "transactional"] as const;
        await inEachMode(subject, { handler: firstly(cut) }, play, modes);
      }
    },
  },
  {
    // It has an answer for its caller, and nothing that a duplicate could be told.
    name: "P-62: unrepeatable: what the handler gave up is passed on as it is, and in doubt at once",
    run: (subject) =>
      scene(subject, { handler: givingUp }, async ({ send, runs }) => {
        const first = await send();
        equal(first.status, 504, "the status");
        equal(first.text, "the bank fell silent", "the body");
        equal(first.isReplay, false, "the marker");
        problem(await send(), 409, "idempotency_outcome_unknown");
        equal(runs(), 1, "the runs");
      }),
  },
  {
    name: "P-62: repeatable and transactional: what the handler gave up runs again",
    run: (subject) =>
      inEachMode(
        subject,
        { handler: givingUp },
        async (played, mode) => {
          equal((await played.send()).status, 504, "the status");
          const second = await runsAgain(played, 2);
          replays(await played.send(), second);
          equal(await played.effects(), mode === "transactional" ? 1 : 2, "the effects");
        },
        ["repeatable", "transactional"],
      ),
  },
];

/** Before anything was said, and in the middle of it. */
const cuts: readonly Reply[] = [
  { status: 200, cut: true },
  { status: 200, body: "a part", cut: true },
  {
    status: 200,
    ...streamed(async function* () {
      yield "a part";
    }),
    cut: true,
  },
];

function refusing(
  subject: AdapterSubject,
  options: Readonly<Record<string, unknown>>,
  play: (scene: Scene) => Promise<void>,
): Promise<void> {
  const handler = firstly(text(409, "sold out"));
  return scene(subject, { options: { effects: "transactional", ...options }, handler }, play);
}
