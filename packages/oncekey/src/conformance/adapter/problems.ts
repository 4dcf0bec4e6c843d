/** No problem is ever kept: protocol.md, P-63, for every row of its table of answers. */
import type { Effects } from "../../core/record.ts";
import type { ProblemCode } from "../../protocol/problem.ts";
import { type Case, equal, ok } from "../case.ts";
import { type Answer, type ExpectedProblem, problem } from "./answer.ts";
import type { AdapterSubject } from "./application.ts";
import { always } from "./faults.ts";
import { CREATED, firstly, text } from "./replies.ts";
import {
  answerAfter,
  EFFECTS,
  eventually,
  gate,
  inEachMode,
  runsAgain,
  type Scene,
  type SceneOptions,
  unanswered,
  type Wanted,
} from "./scene.ts";

interface Provocation extends Omit<SceneOptions, "options"> {
  readonly code: ProblemCode;
  readonly status: number;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly modes?: readonly Effects[];
  readonly facts?: ExpectedProblem;
  /** Brings the problem about, and hands it out. */
  provoke(scene: Scene): Promise<Answer>;
  /** Takes its cause away, and sends what was refused once more: it must not meet the problem. */
  again(scene: Scene): Promise<void>;
}

/** Refused before there was a record: the honest request runs. */
const before = (wanted: Wanted): Pick<Provocation, "provoke" | "again"> => ({
  provoke: ({ send }) => send(wanted),
  again: async (scene) => void (await runsAgain(scene, 1)),
});

const OLD = { "repeatability-first-sent": "Thu, 01 Jan 1981 00:00:00 GMT" };
const OTHER = { body: '{"amount":11}' };

const provocations: readonly Provocation[] = [
  {
    code: "idempotency_key_required",
    status: 400,
    options: { required: true },
    ...before({ key: null }),
  },
  { code: "idempotency_key_invalid", status: 400, ...before({ key: '"k1' }) },
  { code: "idempotency_scope_unresolved", status: 400, ...before({ user: null }) },
  {
    code: "idempotency_request_too_large",
    status: 413,
    options: { maxRequestBytes: 20 },
    facts: { maxBytes: 20 },
    ...before({ body: '{"amount":10,"note":""}' }),
  },
  {
    code: "idempotency_body_unreadable",
    status: 500,
    parser: "text",
    provoke: ({ send }) => send({ type: "application/octet-stream", body: "a" }),
    async again({ send, runs, join }) {
      const without = await join({ parser: undefined });
      await runsAgain({ send: (_, on) => send({}, on), runs }, 1, without);
    },
  },
  { code: "idempotency_too_late", status: 412, ...before({ headers: OLD }) },
  {
    code: "idempotency_conflict",
    status: 422,
    async provoke({ send }) {
      await send();
      return send(OTHER);
    },
    async again({ send, runs }) {
      problem(await send(OTHER), 422, "idempotency_conflict");
      const first = await send();
      equal(first.status, 201, "the status of the first answer");
      equal(first.isReplay, true, "the marker of the first answer");
      equal(runs(), 1, "the runs");
    },
  },
  inFlight(),
  {
    code: "idempotency_outcome_unknown",
    status: 409,
    modes: ["unrepeatable"],
    handler: firstly({ status: 200, cut: true }),
    async provoke({ send }) {
      await unanswered(send());
      return send();
    },
    async again(scene) {
      const { store } = scene;
      const [record] = (await store.list({ limit: 1 })).records;
      ok(record !== undefined, "there is a record in doubt");
      equal(await store.release(record), true, "the release of the record in doubt");
      await runsAgain(scene, 2);
    },
  },
  {
    code: "idempotency_response_not_kept",
    status: 409,
    options: { maxResponseBytes: 2 },
    async provoke({ send }) {
      await send();
      return send();
    },
    async again({ send, runs }) {
      problem(await send(), 409, "idempotency_response_not_kept");
      equal(runs(), 1, "the runs");
    },
  },
  {
    code: "idempotency_key_registered",
    status: 409,
    options: { onDuplicate: "refuse" },
    async provoke({ send }) {
      await send();
      return send();
    },
    async again({ send, runs }) {
      problem(await send(), 409, "idempotency_key_registered");
      equal(runs(), 1, "the runs");
    },
  },
  {
    code: "idempotency_store_unavailable",
    status: 503,
    provoke({ send, mounted }) {
      mounted.link.fate = always("refused");
      return send();
    },
    async again(scene) {
      scene.mounted.link.fate = () => "through";
      // What was refused may still be let go in the background.
      await settles(scene, "idempotency_in_flight", 1);
    },
  },
  {
    code: "idempotency_not_recorded",
    status: 503,
    // A 402, so that in a transaction too the answer is kept in a write of its own.
    handler: () => text(402, "declined"),
    options: { leaseMs: 100 },
    provoke({ send, mounted }) {
      mounted.link.fate = always("refused", "complete", "renew");
      return send();
    },
    async again({ send, mounted }) {
      mounted.link.fate = () => "through";
      const answer = await eventually("the answer is told", send, (told) => {
        ok(told.code !== "idempotency_not_recorded", "the problem does not come back");
        return told.isReplay || told.status === 402;
      });
      equal(answer.text, "declined", "the body of the replay");
    },
  },
];

function inFlight(): Provocation {
  const running = { started: gate(), ending: gate() };
  return {
    code: "idempotency_in_flight",
    status: 409,
    async handler(_call, act) {
      await act();
      running.started.open();
      await running.ending.opened;
      return CREATED;
    },
    async provoke({ send, mounted }) {
      Object.assign(running, { started: gate(), ending: gate() });
      void send({}, mounted).catch(() => {});
      await running.started.opened;
      return send();
    },
    async again(scene) {
      running.ending.open();
      const answer = await answerAfter("idempotency_in_flight", scene.send);
      equal(answer.isReplay, true, "the marker of the first answer");
      equal(scene.runs(), 1, "the runs");
    },
  };
}

/** Sends until the problem is over; then it must have run, as run number `h`. */
async function settles(scene: Scene, code: ProblemCode, h: number): Promise<void> {
  const answer = await answerAfter(code, scene.send);
  equal(answer.status, 201, "the status");
  equal(answer.isReplay, false, "the marker");
  equal(scene.runs(), h, "the runs");
}

/** The problem is not among what is kept. */
async function isKeptNowhere({ store }: Scene, code: ProblemCode): Promise<void> {
  const { records } = await store.list({ limit: 100 });
  for (const record of records) {
    const kept = record.state === "completed" ? new TextDecoder().decode(record.result) : "";
    ok(!kept.includes(code), `no record holds ${code}`);
  }
}

export const problemCases: readonly Case<AdapterSubject>[] = provocations.map((provocation) => {
  const { code, status, provoke, again, facts, modes = EFFECTS, ...wanted } = provocation;
  return {
    name: `P-63: ${code} is kept nowhere, and never comes back with a marker`,
    run: (subject) =>
      inEachMode(
        subject,
        wanted,
        async (scene) => {
          const refused = await provoke(scene);
          problem(refused, status, code, facts);
          await isKeptNowhere(scene, code);
          await again(scene);
          await isKeptNowhere(scene, code);
        },
        modes,
      ),
  };
});
