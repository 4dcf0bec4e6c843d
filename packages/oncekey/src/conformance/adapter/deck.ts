/** The deck's own behaviour, by options: protocol.md, section 16. */
import { type Case, equal } from "../case.ts";
import type { AdapterSubject, Line } from "./application.ts";
import { crashed } from "./crash.ts";
import {
  type Answer,
  inEachMode,
  pause,
  problem,
  type SceneHandler,
  scene,
  type Wanted,
} from "./scene.ts";
import { ask } from "./wire.ts";

const HEADER = "x-airsorted-idempotency-key";

const DECK = {
  header: HEADER,
  methods: ["POST", "PUT", "PATCH", "DELETE"],
  blankKey: "absent",
  onDuplicate: "refuse",
};

/** The slide's request, with the key in the slide's field. */
const slide = (wanted: Wanted = {}): Wanted => ({
  ...wanted,
  key: null,
  headers: { [HEADER]: "k1" },
});

const ECHO: readonly Line[] = [[HEADER, "k1"]];

const registered = (answer: Answer): void =>
  problem(answer, 409, "idempotency_key_registered", { echo: ECHO });

const conflicts = (answer: Answer): void =>
  problem(answer, 422, "idempotency_conflict", { echo: ECHO });

export const deckCases: readonly Case<AdapterSubject>[] = [
  {
    name: "P-155: of three at once on five processes one gets through, and two are told",
    async run(subject) {
      const handler: SceneHandler = async (_call, act) => {
        await act();
        await pause(20);
        return { status: 201, body: "a dinner" };
      };
      const wanted = { options: DECK, handler };
      await inEachMode(subject, wanted, async ({ send, join, mounted, runs, effects }) => {
        const five = [mounted, await join(), await join(), await join(), await join()];
        const three = [five[0], five[2], five[4]].map((on) => send(slide(), on));
        const answers = await Promise.all(three);
        const [first, ...refused] = answers.sort((one, other) => one.status - other.status);
        equal(first?.status, 201, "the status of the one that got through");
        equal(first?.text, "a dinner", "its answer");
        equal(first?.isReplay, false, "its marker");
        equal(refused.length, 2, "the others");
        for (const answer of refused) registered(answer);
        equal(runs(), 1, "the runs");
        equal(await effects(), 1, "the effects");
      });
    },
  },
  {
    // The slide's lock is gone by then, and its second dinner is cooked.
    name: "P-156: after the answer the key stays registered",
    run: (subject) =>
      inEachMode(subject, { options: DECK }, async ({ send, join, runs }) => {
        equal((await send(slide())).status, 201, "the status of the first");
        const other = await join();
        for (const on of [undefined, other]) registered(await send(slide(), on));
        conflicts(await send(slide({ body: "{}" }), other));
        registered(await send(slide(), other));
        equal(runs(), 1, "the runs");
      }),
  },
  {
    name: "P-156: unrepeatable: after a crash and its lease the key stays registered",
    run: (subject) =>
      scene(subject, { options: DECK }, async (played) => {
        const { send, pass, runs } = played;
        const survivor = await crashed({ ...played, send: (_, on) => send(slide(), on) });
        registered(await send(slide(), survivor));
        await pass(30_000);
        registered(await send(slide(), survivor));
        conflicts(await send(slide({ body: "{}" }), survivor));
        equal(runs(), 1, "the runs");
      }),
  },
  {
    name: "P-157: without a key, or with a blank one, the request passes through and runs",
    run: (subject) =>
      inEachMode(subject, { options: DECK }, async ({ send, mounted, runs, store }) => {
        for (let times = 1; times <= 2; times++) {
          const answer = await send({ key: null });
          equal(answer.status, 201, "the status without a key");
          equal(answer.isReplay, false, "the marker without a key");
          equal(runs(), times, "the runs without a key");
        }
        for (const [index, value] of ["", " ", " \t "].entries()) {
          const heard = await ask(mounted, { key: null, lines: [[HEADER, value]] });
          equal(heard.status, 201, "the status with a blank key");
          equal(runs(), 3 + index, "the runs with a blank key");
        }
        equal((await store.list({ limit: 1 })).records.length, 0, "the records");
      }),
  },
  {
    name: "P-157: a GET passes through and runs, whatever key it carries",
    run: (subject) =>
      inEachMode(subject, { options: DECK }, async ({ send, runs, store }) => {
        await send(slide());
        for (let times = 2; times <= 3; times++) {
          const answer = await send(slide({ method: "GET", body: null }));
          equal(answer.status, 201, "the status of the GET");
          equal(answer.isReplay, false, "the marker of the GET");
          equal(runs(), times, "the runs");
        }
        equal((await store.list({ limit: 2 })).records.length, 1, "the records");
      }),
  },
  {
    name: "P-155: each of the deck's four methods is looked at",
    run: (subject) =>
      inEachMode(subject, { options: DECK }, async ({ send, runs }) => {
        for (const [index, method] of DECK.methods.entries()) {
          const path = "/pay";
          const key = `m${index}`;
          const wanted = { method, path, key: null, headers: { [HEADER]: key } };
          equal((await send(wanted)).status, 201, `the status of ${method}`);
          problem(await send(wanted), 409, "idempotency_key_registered", {
            echo: [[HEADER, key]],
          });
          equal(runs(), index + 1, "the runs");
        }
      }),
  },
];
