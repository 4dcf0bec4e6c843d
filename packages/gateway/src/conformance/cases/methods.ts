/** Methods that are not covered, and conditions of HTTP: protocol.md, section 7. */
import { mediaType } from "../answer.ts";
import { behaviour, type Case, counted } from "../case.ts";
import { hasStatus, holds, isFirst, isReplay, isUnmarked, ran, shown } from "../expect.ts";
import type { Session } from "../session.ts";

async function isUntouched(session: Session, method: string): Promise<void> {
  const counter = await session.counter();
  const { value } = session.key();
  // Whatever the value: a key that would be refused elsewhere is nobody's business here.
  for (const line of [value, value, '"not closed']) {
    const answer = await session.send({ as: "read", method, lines: [line] });
    holds(answer.status < 400, `a 2xx or 3xx for ${method} with any key`, shown(answer));
    isUnmarked(session, answer, `an answer to ${method}`);
  }
  await ran(counter, 3, `three times ${method}`);
}

export const methodCases: readonly Case[] = [
  {
    name: "get-untouched",
    title: "GET with a key runs each time, whatever the key",
    cites: {
      oncekey: ["P-75", "MUST"],
      draft: ["draft 1", "SHOULD"],
      stripe: ["Stripe, GET and DELETE", "MUST"],
    },
    needs: [behaviour("read")],
    run: (session) => isUntouched(session, "GET"),
  },
  {
    name: "head-untouched",
    title: "HEAD with a key runs each time, whatever the key",
    cites: { oncekey: ["P-75", "MUST"], draft: ["draft 1", "SHOULD"] },
    needs: [behaviour("read")],
    run: (session) => isUntouched(session, "HEAD"),
  },
  {
    name: "method-not-covered",
    title: "a method that is not covered runs each time, without a marker",
    cites: { oncekey: ["P-76", "MUST"] },
    needs: [behaviour("uncovered"), counted],
    async run(session) {
      const counter = await session.counter();
      const key = session.key();
      for (let times = 0; times < 2; times++) {
        isFirst(session, await session.send({ as: "uncovered", key }), "a method not covered");
      }
      await ran(counter, 2, "both");
    },
  },
  {
    name: "early-data",
    title: "a request that was early data is a duplicate like any other",
    cites: { oncekey: ["P-79", "MUST"] },
    async run(session) {
      const counter = await session.counter();
      const key = session.key();
      const first = await session.send({ key });
      isFirst(session, first);
      const headers = { "Early-Data": "1" };
      isReplay(session, first, await session.send({ key, headers, note: "as early data" }));
      await ran(counter, 1, "both");
    },
  },
  {
    name: "accept-html",
    title: "a problem stays a problem document, whatever the client accepts",
    cites: { oncekey: ["P-81", "MUST"] },
    async run(session) {
      const answer = await session.send({
        lines: ['"not closed'],
        headers: { Accept: "text/html" },
        note: "a malformed key, Accept: text/html",
      });
      hasStatus(answer, session.target.statuses.invalid, "a malformed key");
      holds(
        mediaType(answer) === "application/problem+json",
        "application/problem+json",
        shown(answer),
      );
    },
  },
];
