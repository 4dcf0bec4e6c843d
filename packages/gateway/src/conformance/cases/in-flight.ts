/** Duplicates of a running request, and races: protocol.md, P-34 to P-36, P-39 and P-30. */
import { setTimeout as pause } from "node:timers/promises";
import { type Answer, field } from "../answer.ts";
import { NotApplicable, TooLate } from "../broken.ts";
import { behaviour, type Case } from "../case.ts";
import type { Counter } from "../counter.ts";
import {
  holds,
  isFirst,
  isRefused,
  isReplay,
  isSameAnswer,
  isUnmarked,
  ran,
  shown,
} from "../expect.ts";
import type { Key } from "../key.ts";
import type { Session } from "../session.ts";

/** How long a slow handler runs if the target does not say. */
const SLOW_MS = 1000;
const POLL_MS = 25;
/** What a duplicate may take to arrive on a machine with much to do. */
const MARGIN_MS = 200;

const slowMs = ({ target }: Session): number => target.behaviours.slow?.ms ?? SLOW_MS;

interface Running {
  readonly key: Key;
  readonly counter: Counter;
  readonly first: Promise<Answer>;
  /** Throws when the first has ended, or soon will: what is asked now might be of a completed one. */
  stillRuns(): void;
}

/** A slow request that has started, as far as can be seen from outside. */
async function running(session: Session): Promise<Running> {
  const counter = await session.counter();
  const key = session.key();
  let ended = false;
  const endsAt = performance.now() + slowMs(session);
  const first = session.send({ key, as: "slow", note: "slow" }).finally(() => {
    ended = true;
  });
  // Heard of where it is awaited; until then nobody must call it unhandled.
  first.catch(() => {});
  await started(session, counter);
  return {
    key,
    counter,
    first,
    stillRuns() {
      if (!ended && performance.now() < endsAt - MARGIN_MS) return;
      throw new TooLate("the `slow` behaviour ended too early: describe a slower one, in `ms`");
    },
  };
}

/** Until the count says so; where there is none, a quarter of the time that the handler takes. */
async function started(session: Session, counter: Counter): Promise<void> {
  const wait = slowMs(session) / 4;
  if (session.target.counting?.by !== "url") return void (await pause(wait));
  for (let waited = 0; waited < slowMs(session); waited += POLL_MS) {
    if ((await counter.runs()) !== 0) return;
    await pause(POLL_MS);
  }
  throw new TooLate("the count does not rise while the `slow` behaviour runs");
}

/** Many equal requests at once: one run, and no answer but the first, its replay, or a refusal. */
async function race(session: Session, as?: "slow"): Promise<void> {
  const counter = await session.counter();
  const key = session.key();
  const { parallel, statuses } = session.target;
  const sending = { key, note: "at once", ...(as !== undefined && { as }) };
  const answers = await Promise.all(Array.from({ length: parallel }, () => session.send(sending)));
  const results = answers.filter(({ status }) => !statuses.inFlight.includes(status));
  const [result] = results;
  holds(result !== undefined, "an answer of the handler among those of the race", "refusals only");
  for (const answer of results) if (result !== undefined) isSameAnswer(result, answer, "all");
  await ran(counter, 1, `${parallel} equal requests at once`);
  const again = await session.send({ ...sending, note: "after the race" });
  if (result !== undefined) isReplay(session, result, again, "a retry after the race");
  await ran(counter, 1, "the race and a retry");
}

export const inFlightCases: readonly Case[] = [
  {
    name: "in-flight-error",
    title: "a duplicate of a running request is answered with an error",
    cites: { draft: ["draft 2.6", "MUST"] },
    needs: [behaviour("slow")],
    async run(session) {
      const { key, first, stillRuns } = await running(session);
      stillRuns();
      const { status } = await session.send({ key, as: "slow" });
      await first;
      holds(status >= 400 && status < 500, "a 4xx for a duplicate that runs", String(status));
    },
  },
  {
    name: "in-flight-refused",
    title: "a duplicate of a running request is told so, and does not run",
    cites: {
      oncekey: ["P-34", "MUST"],
      draft: ["draft 2.7", "SHOULD"],
      stripe: ["Stripe, concurrent", "MUST"],
      acp: ["ACP 6.4", "MUST"],
    },
    needs: [behaviour("slow")],
    async run(session) {
      const { key, counter, first, stillRuns } = await running(session);
      for (let times = 0; times < 2; times++) {
        stillRuns();
        const duplicate = await session.send({ key, as: "slow" });
        isRefused(session, duplicate, "inFlight", "a duplicate of a running request");
      }
      isFirst(session, await first, "the first request");
      await ran(counter, 1, "the first request and its duplicates");
    },
  },
  {
    name: "in-flight-retry-after",
    title: "the refusal of a duplicate says when to ask again",
    cites: { oncekey: ["P-34", "MUST"], acp: ["ACP 6.4", "SHOULD"] },
    needs: [behaviour("slow")],
    async run(session) {
      const { key, first, stillRuns } = await running(session);
      stillRuns();
      const duplicate = await session.send({ key, as: "slow" });
      await first;
      isRefused(session, duplicate, "inFlight", "a duplicate of a running request");
      const after = field(duplicate, "retry-after") ?? "";
      const when = /^\d+$/.test(after) || !Number.isNaN(Date.parse(after));
      holds(when, "`Retry-After` on the refusal, in seconds or as a date", shown(duplicate));
    },
  },
  {
    name: "in-flight-not-stored",
    title: "after the first has ended, the same request is its replay: the refusal was not kept",
    cites: {
      oncekey: ["P-34", "MUST"],
      draft: ["draft 2.6", "SHOULD"],
      stripe: ["Stripe, conflicts are not saved", "MUST"],
      acp: ["ACP 6.4", "MUST"],
    },
    needs: [behaviour("slow")],
    async run(session) {
      const { key, counter, first, stillRuns } = await running(session);
      stillRuns();
      await session.send({ key, as: "slow" });
      const answer = await first;
      isFirst(session, answer, "the first request");
      isReplay(session, answer, await session.send({ key, as: "slow", note: "after its end" }));
      await ran(counter, 1, "all of them");
    },
  },
  {
    name: "race",
    title: "of many equal requests at once, one runs",
    cites: {
      oncekey: ["P-35", "MUST"],
      draft: ["draft 2.6", "MUST"],
      stripe: ["Stripe, concurrent", "MUST"],
      acp: ["ACP 6.4", "MUST"],
    },
    run: (session) => race(session),
  },
  {
    name: "race-slow",
    title: "of many equal requests to a slow handler at once, one runs",
    cites: {
      oncekey: ["P-35", "MUST"],
      draft: ["draft 2.6", "MUST"],
      stripe: ["Stripe, concurrent", "MUST"],
      acp: ["ACP 6.4", "MUST"],
    },
    needs: [behaviour("slow")],
    run: (session) => race(session, "slow"),
  },
  {
    name: "keys-are-apart",
    title: "while one key runs, the same body under another key runs at once",
    cites: { oncekey: ["P-36", "MUST"], draft: ["draft 2.2", "SHOULD"] },
    needs: [behaviour("slow")],
    async run(session) {
      const { counter, first, stillRuns } = await running(session);
      stillRuns();
      const other = await session.send({ key: session.key(), as: "slow" });
      isFirst(session, other, "another key");
      isFirst(session, await first, "the first key");
      await ran(counter, 2, "two keys");
    },
  },
  {
    name: "mismatch-in-flight",
    title: "another body under a running key is a mismatch, and not told to wait",
    cites: { oncekey: ["P-39", "MUST"] },
    needs: [behaviour("slow")],
    async run(session) {
      const { key, counter, first, stillRuns } = await running(session);
      stillRuns();
      const other = await session.send({ key, as: "slow", body: 1, note: "another body" });
      isRefused(session, other, "conflict", "another body under a running key");
      isFirst(session, await first, "the first request");
      await ran(counter, 1, "both");
    },
  },
  {
    name: "client-leaves",
    title: "when the client leaves, the handler ends, and a retry is answered with its answer",
    cites: { oncekey: ["P-30", "MUST"], draft: ["draft 2.6", "SHOULD"] },
    needs: [behaviour("slow")],
    async run(session) {
      const counter = await session.counter();
      const key = session.key();
      const { url, method, fields, body = new Uint8Array() } = session.ready({ key, as: "slow" });
      const raw = await session.open(url, `${method} ${url.pathname}, ${key.name}, then it leaves`);
      const head = [`${method} ${url.pathname}${url.search} HTTP/1.1`, `Host: ${url.host}`];
      const lines = fields.map(([name, value]) => `${name}: ${value}`);
      const all = [...head, ...lines, `Content-Length: ${body.length}`, "", ""].join("\r\n");
      await raw.write(Buffer.concat([Buffer.from(all, "latin1"), body]));
      await started(session, counter);
      raw.leave();
      const answer = await settled(session, key);
      holds(answer.status < 300, "the first answer for a retry", shown(answer));
      isReplay(session, answer, await session.send({ key, as: "slow" }), "a second retry");
      await ran(counter, 1, "a request whose client left, and its retries");
    },
  },
];

/** The first answer to the key that is not "still running". */
async function settled(session: Session, key: Key): Promise<Answer> {
  const { timeoutMs, statuses } = session.target;
  for (let waited = 0; waited < timeoutMs; waited += 200) {
    const answer = await session.send({ key, as: "slow", note: "a retry" });
    if (!statuses.inFlight.includes(answer.status)) return answer;
    isUnmarked(session, answer, "a refusal");
    await pause(200);
  }
  throw new NotApplicable(`the \`slow\` behaviour did not end within ${timeoutMs} ms`);
}
