/** The first execution and its replays: protocol.md, P-19 to P-33. */
import { field, lines } from "../answer.ts";
import { behaviour, type Case, marked } from "../case.ts";
import { holds, isFirst, isReplay, isSameAnswer, ran } from "../expect.ts";
import type { Session } from "../session.ts";
import type { BehaviourName } from "../target.ts";

/** Enough to notice a record that goes after its first use. */
const REPLAYS = 10;

/** The fields that say what the answer is about, where the first answer has them. */
const KEPT = [
  "Location",
  "ETag",
  "Content-Type",
  "Content-Language",
  "Content-Disposition",
  "Link",
  "Cache-Control",
];

async function firstAndAgain(session: Session, as?: BehaviourName) {
  const counter = await session.counter();
  const key = session.key();
  const sending = { key, ...(as !== undefined && { as }) };
  const first = await session.send(sending);
  const again = await session.send(sending);
  return { counter, key, first, again };
}

export const replayCases: readonly Case[] = [
  {
    name: "first-is-plain",
    title: "a fresh key runs, and its answer has no marker",
    cites: {
      oncekey: ["P-19", "MUST"],
      draft: ["draft 2.6", "SHOULD"],
      stripe: ["Stripe, first", "MUST"],
      acp: ["ACP 6.3", "MUST"],
    },
    async run(session) {
      const counter = await session.counter();
      isFirst(session, await session.send({ key: session.key() }), "a fresh key");
      await ran(counter, 1, "a fresh key");
    },
  },
  {
    name: "no-second-run",
    title: "a retry of a completed request does not run it again",
    cites: {
      oncekey: ["P-20", "MUST"],
      draft: ["draft 1", "MUST"],
      stripe: ["Stripe, retry", "MUST"],
      acp: ["ACP 6.3", "MUST"],
    },
    async run(session) {
      const counter = await session.counter();
      const key = session.key();
      const first = await session.send({ key });
      isFirst(session, first);
      for (let times = 0; times < REPLAYS; times++) await session.send({ key });
      await ran(counter, 1, `the request and ${REPLAYS} retries`);
      // Without a count, only an answer that was made anew can show a second run.
      if ((await counter.runs()) === undefined) isSameAnswer(first, await session.send({ key }));
    },
  },
  {
    name: "replay-is-equal",
    title: "a retry is answered with the first answer's status and bytes, each time",
    cites: {
      oncekey: ["P-20", "MUST"],
      draft: ["draft 2.6", "SHOULD"],
      stripe: ["Stripe, retry", "MUST"],
      acp: ["ACP 6.3", "MUST"],
    },
    async run(session) {
      const key = session.key();
      const first = await session.send({ key });
      isFirst(session, first);
      for (let times = 0; times < REPLAYS; times++) {
        isSameAnswer(first, await session.send({ key }), "a retry");
      }
    },
  },
  {
    name: "replay-marker",
    title: "a replay says that it is one, and the first answer does not",
    cites: {
      oncekey: ["P-20", "MUST"],
      stripe: ["Stripe, marker", "SHOULD"],
      acp: ["ACP 6.3", "SHOULD"],
    },
    needs: [marked],
    async run(session) {
      const { first, again } = await firstAndAgain(session);
      isFirst(session, first);
      isReplay(session, first, again);
    },
  },
  {
    name: "replay-same-connection",
    title: "a retry on the same connection, right after the last byte, is a replay",
    cites: { oncekey: ["P-21", "MUST"], draft: ["draft 2.6", "SHOULD"] },
    async run(session) {
      const counter = await session.counter();
      const agent = session.oneConnection();
      const key = session.key();
      const first = await session.send({ key, agent });
      isFirst(session, first);
      isReplay(session, first, await session.send({ key, agent, note: "same connection" }));
      await ran(counter, 1, "both");
    },
  },
  {
    name: "replay-fields",
    title: "a replay has the first answer's type, location and entity tag",
    cites: {
      oncekey: ["P-22", "MUST"],
      draft: ["draft 2.6", "SHOULD"],
      acp: ["ACP 6.3", "SHOULD"],
    },
    async run(session) {
      const { first, again } = await firstAndAgain(session);
      isFirst(session, first);
      for (const name of KEPT) {
        holds(
          field(first, name) === field(again, name),
          `\`${name}\` of the first answer on its replay`,
          field(again, name) === undefined ? "no such field" : "another value",
        );
      }
    },
  },
  {
    name: "replay-kept-fields",
    title: "fields that the handler set are on the replay, line by line and in order",
    cites: { oncekey: ["P-25", "MUST"], draft: ["draft 2.6", "SHOULD"] },
    needs: [behaviour("fields")],
    async run(session) {
      const { first, again } = await firstAndAgain(session, "fields");
      isReplay(session, first, again);
      for (const name of session.target.behaviours.fields?.keeps ?? []) {
        const [sent, kept] = [lines(first, name), lines(again, name)];
        holds(sent.length > 0, `\`${name}\` on the first answer`, "no such field");
        holds(
          kept.length === sent.length && kept.every((line, index) => line === sent[index]),
          `the ${sent.length} lines of \`${name}\` on the replay`,
          `${kept.length} lines${kept.length === sent.length ? ", others" : ""}`,
        );
      }
    },
  },
  {
    name: "replay-dropped-fields",
    title: "cookies, dates and other fields of one exchange are not replayed",
    cites: { oncekey: ["P-23", "MUST"] },
    needs: [behaviour("fields")],
    async run(session) {
      const { first, again } = await firstAndAgain(session, "fields");
      isReplay(session, first, again);
      for (const name of session.target.behaviours.fields?.drops ?? []) {
        holds(lines(first, name).length > 0, `\`${name}\` on the first answer`, "no such field");
        holds(lines(again, name).length === 0, `no \`${name}\` on the replay`, "the field");
      }
    },
  },
  {
    name: "replay-other-headers",
    title: "a retry with other Accept, Accept-Language and User-Agent is a replay",
    cites: { oncekey: ["P-29", "MUST"], stripe: ["Stripe, parameters", "SHOULD"] },
    async run(session) {
      const counter = await session.counter();
      const key = session.key();
      const first = await session.send({ key });
      isFirst(session, first);
      const headers = { Accept: "*/*", "Accept-Language": "fr", "User-Agent": "another/2" };
      isReplay(session, first, await session.send({ key, headers, note: "other headers" }));
      await ran(counter, 1, "both");
    },
  },
  {
    name: "replay-redirect",
    title: "a redirect is replayed with its status and location",
    cites: { oncekey: ["P-26", "MUST"], draft: ["draft 2.6", "SHOULD"] },
    needs: [behaviour("redirect")],
    async run(session) {
      const { counter, first, again } = await firstAndAgain(session, "redirect");
      holds(first.status >= 300 && first.status < 400, "a 3xx", String(first.status));
      isReplay(session, first, again);
      holds(
        field(first, "location") === field(again, "location"),
        "the `Location` of the first answer on its replay",
        field(again, "location") === undefined ? "no such field" : "another value",
      );
      await ran(counter, 1, "both");
    },
  },
  {
    name: "replay-empty",
    title: "an answer without a body is replayed without one",
    cites: { oncekey: ["P-26", "MUST"], draft: ["draft 2.6", "SHOULD"] },
    needs: [behaviour("empty")],
    async run(session) {
      const { counter, first, again } = await firstAndAgain(session, "empty");
      holds(first.body.length === 0, "no body", `${first.body.length} bytes`);
      isReplay(session, first, again);
      await ran(counter, 1, "both");
    },
  },
  {
    name: "replay-binary",
    title: "a body of any bytes is replayed byte for byte",
    cites: { oncekey: ["P-27", "MUST"], draft: ["draft 2.6", "SHOULD"] },
    needs: [behaviour("binary")],
    async run(session) {
      const { counter, first, again } = await firstAndAgain(session, "binary");
      isReplay(session, first, again);
      await ran(counter, 1, "both");
    },
  },
  {
    name: "replay-large",
    title: "a large answer is replayed whole",
    cites: { oncekey: ["P-116", "MUST"], draft: ["draft 2.6", "SHOULD"] },
    needs: [behaviour("large")],
    async run(session) {
      const { counter, first, again } = await firstAndAgain(session, "large");
      isReplay(session, first, again);
      await ran(counter, 1, "both");
    },
  },
  {
    name: "too-large-to-keep",
    title: "after an answer too large to keep, the retry is refused and does not run",
    cites: { oncekey: ["P-116", "MUST"] },
    needs: [behaviour("tooLarge")],
    async run(session) {
      const { counter, first, again } = await firstAndAgain(session, "tooLarge");
      isFirst(session, first);
      holds(again.status === 409, "409 for the retry", String(again.status));
      await ran(counter, 1, "both");
    },
  },
];
