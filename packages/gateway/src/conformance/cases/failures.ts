/** What a failure does to its key: protocol.md, section 5. */
import { field } from "../answer.ts";
import { NoAnswer, NotApplicable } from "../broken.ts";
import { behaviour, type Case, counted, effects } from "../case.ts";
import { holds, isFirst, isReplay, isUnmarked, ran, shown } from "../expect.ts";
import type { Session } from "../session.ts";
import type { BehaviourName } from "../target.ts";

/** The failure is an answer like any other: kept, and replayed. */
async function isKept(session: Session, as: BehaviourName, family: 4 | 5): Promise<void> {
  const counter = await session.counter();
  const key = session.key();
  const first = await session.send({ key, as });
  holds(Math.floor(first.status / 100) === family, `a ${family}xx`, shown(first));
  isUnmarked(session, first, "the first answer");
  const again = await session.send({ key, as });
  isReplay(session, first, again);
  await ran(counter, 1, "both");
}

function noAnswer(error: unknown): undefined {
  if (!(error instanceof NoAnswer)) throw error;
}

export const failureCases: readonly Case[] = [
  {
    name: "client-error-kept",
    title: "a 4xx of the handler is kept and replayed",
    cites: {
      oncekey: ["P-54", "MUST"],
      draft: ["draft 2.6", "SHOULD"],
      stripe: ["Stripe, success or failure", "MUST"],
    },
    needs: [behaviour("clientError")],
    run: (session) => isKept(session, "clientError", 4),
  },
  {
    name: "server-error-kept",
    title: "a 5xx of the handler is kept and replayed",
    cites: {
      oncekey: ["P-55", "MUST"],
      draft: ["draft 2.6", "SHOULD"],
      stripe: ["Stripe, 500 errors too", "MUST"],
    },
    needs: [behaviour("serverError"), effects("unrepeatable")],
    run: (session) => isKept(session, "serverError", 5),
  },
  {
    name: "server-error-retry-after",
    title: "a kept 5xx is replayed without its Retry-After",
    cites: { oncekey: ["P-55", "MUST"] },
    needs: [behaviour("serverError"), effects("unrepeatable")],
    async run(session) {
      const key = session.key();
      const first = await session.send({ key, as: "serverError" });
      const after = field(first, "retry-after");
      holds(after !== undefined, "a `Retry-After` of the handler to begin with", shown(first));
      const again = await session.send({ key, as: "serverError" });
      isReplay(session, first, again);
      holds(field(again, "retry-after") === undefined, "no `Retry-After`", shown(again));
    },
  },
  {
    name: "server-error-released",
    title: "a 5xx of a repeatable handler frees the key, and a retry runs",
    cites: { oncekey: ["P-57", "MUST"] },
    needs: [behaviour("serverError"), effects("repeatable"), counted],
    async run(session) {
      const counter = await session.counter();
      const key = session.key();
      for (let times = 0; times < 2; times++) {
        const answer = await session.send({ key, as: "serverError" });
        holds(answer.status >= 500, "a 5xx", shown(answer));
        isUnmarked(session, answer, "an answer of its own");
      }
      await ran(counter, 2, "both");
    },
  },
  {
    name: "cut-in-doubt",
    title: "after an answer that was cut short, a retry is refused and does not run",
    cites: { oncekey: ["P-62", "MUST"] },
    needs: [behaviour("cut"), effects("unrepeatable")],
    async run(session) {
      const counter = await session.counter();
      const key = session.key();
      const first = await session.send({ key, as: "cut" }).catch(noAnswer);
      // A gateway answers in the place of its upstream.
      if (first !== undefined && first.status !== 502 && first.status !== 504) {
        throw new NotApplicable(`the \`cut\` behaviour answered with ${first.status}`);
      }
      const again = await session.send({ key, as: "cut" });
      holds(again.status === 409, "409 for the retry", shown(again));
      isUnmarked(session, again, "the refusal");
      await ran(counter, 1, "both");
    },
  },
  {
    name: "upload-cut",
    title: "a request whose upload broke off claimed nothing, and a retry runs",
    cites: { oncekey: ["P-51", "MUST"], draft: ["draft 2.6", "SHOULD"] },
    async run(session) {
      const counter = await session.counter();
      const key = session.key();
      const { url, method, fields, body = new Uint8Array() } = session.ready({ key });
      const raw = await session.open(
        url,
        `${method} ${url.pathname}, ${key.name}, half of its body, then the client leaves`,
      );
      const head = [
        `${method} ${url.pathname}${url.search} HTTP/1.1`,
        `Host: ${url.host}`,
        ...fields.map(([name, value]) => `${name}: ${value}`),
        `Content-Length: ${body.length + 1}`,
      ].join("\r\n");
      await raw.write(`${head}\r\n\r\n`);
      await raw.write(body);
      raw.leave();
      const answer = await session.send({ key, note: "whole" });
      isFirst(session, answer, "a retry of a broken upload");
      await ran(counter, 1, "a broken upload and its retry");
    },
  },
];
