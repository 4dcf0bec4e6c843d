/** The same key for another request, and requests that are the same: protocol.md, P-37 to P-50. */
import type { Answer } from "../answer.ts";
import { filled, isDistinct } from "../body.ts";
import { NotApplicable } from "../broken.ts";
import { behaviour, type Case, jsonObject, type Need } from "../case.ts";
import { holds, isFirst, isRefused, isReplay, ran, shown } from "../expect.ts";
import type { Sending, Session } from "../session.ts";

const distinctBodies: Need = ({ body }) =>
  isDistinct(body) ? undefined : "no `{{n}}` in the described body tells two bodies apart";

const requestLimit: Need = ({ requestBytesMax }) =>
  requestBytesMax === undefined ? "no `requestBytesMax` is described" : undefined;

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The second request is another one, says the server, and the first is still what it was. */
async function differs(session: Session, first: Sending, second: Sending): Promise<void> {
  const counter = await session.counter();
  const key = session.key();
  const answer = await session.send({ ...first, key });
  isTolerated(session, first, answer);
  const other = await session.send({ ...second, key });
  isRefused(session, other, "conflict", second.note ?? "another request");
  await ran(counter, 1, "both");
}

/** The second request is the first once more, however it is written. */
async function isTheSame(session: Session, first: Sending, second: Sending): Promise<void> {
  const counter = await session.counter();
  const key = session.key();
  const answer = await session.send({ ...first, key });
  isTolerated(session, first, answer);
  isReplay(session, answer, await session.send({ ...second, key }), second.note);
  await ran(counter, 1, "both");
}

/** Servers that refuse what they do not know are right to, and cannot be asked in this way. */
function isTolerated(session: Session, { bodyBytes, query }: Sending, answer: Answer): void {
  const odd = bodyBytes !== undefined || query !== undefined;
  if (odd && answer.status >= 400 && answer.status < 500) {
    throw new NotApplicable("the server refuses a member or a query that it does not know");
  }
  isFirst(session, answer);
}

/** The described object, with a member more, as text: most handlers pass over what they do not know. */
function withMember({ target }: Session, member: string): Uint8Array {
  const text = JSON.stringify(filled(target.body, 1)).replace(/^\{/, "");
  return utf8(text === "}" ? `{${member}}` : `{${member},${text}`);
}

/** Two texts of one member, under otherwise equal bodies. */
const members = (session: Session, first: string, second: string, note: string) =>
  [
    { bodyBytes: withMember(session, `"oncekeyProbe":${first}`) },
    { bodyBytes: withMember(session, `"oncekeyProbe":${second}`), note },
  ] as const;

/** Members in reverse order, and white space between them. */
function rewritten({ target }: Session): Uint8Array {
  const entries = Object.entries(filled(target.body, 1) as Record<string, unknown>);
  return utf8(JSON.stringify(Object.fromEntries(entries.reverse()), null, 3));
}

const plain = ({ target }: Session): Uint8Array => utf8(JSON.stringify(filled(target.body, 1)));

export const mismatchCases: readonly Case[] = [
  {
    name: "mismatch-body",
    title: "a key that comes back with another body is refused, and nothing runs",
    cites: {
      oncekey: ["P-37", "MUST"],
      draft: ["draft 2.7", "SHOULD"],
      stripe: ["Stripe, parameters", "MUST"],
      acp: ["ACP 6.4", "MUST"],
    },
    needs: [distinctBodies],
    run: (session) => differs(session, {}, { body: 1, note: "another body" }),
  },
  {
    name: "mismatch-error",
    title: "a key that comes back with another body is answered with an error",
    cites: { draft: ["draft 2.2", "MUST"] },
    needs: [distinctBodies],
    async run(session) {
      const counter = await session.counter();
      const key = session.key();
      isFirst(session, await session.send({ key }));
      const other = await session.send({ key, body: 1, note: "another body" });
      holds(other.status >= 400 && other.status < 500, "a 4xx for another body", shown(other));
      await ran(counter, 1, "both");
    },
  },
  {
    name: "mismatch-leaves-record",
    title: "after a mismatch the original request is still answered with its replay",
    cites: {
      oncekey: ["P-37", "MUST"],
      draft: ["draft 2.6", "SHOULD"],
      stripe: ["Stripe, retry", "MUST"],
      acp: ["ACP 6.4", "MUST"],
    },
    needs: [distinctBodies],
    async run(session) {
      const counter = await session.counter();
      const key = session.key();
      const first = await session.send({ key });
      isFirst(session, first);
      await session.send({ key, body: 1, note: "another body" });
      isReplay(session, first, await session.send({ key, note: "the original again" }));
      await ran(counter, 1, "all three");
    },
  },
  {
    name: "mismatch-query",
    title: "a key that comes back with another query is refused",
    cites: { oncekey: ["P-38", "MUST"], stripe: ["Stripe, parameters", "SHOULD"] },
    run: (session) => differs(session, {}, { query: "probe=1", note: "another query" }),
  },
  {
    name: "mismatch-path",
    title: "a key that comes back on another path is refused",
    cites: { oncekey: ["P-38", "MUST"], stripe: ["Stripe, endpoint", "MUST"] },
    needs: [behaviour("elsewhere")],
    run: (session) => differs(session, {}, { as: "elsewhere", note: "another path" }),
  },
  {
    name: "same-json",
    title: "JSON that differs in member order and white space is the same request",
    cites: { oncekey: ["P-40", "MUST"], acp: ["ACP 6.2", "SHOULD"] },
    needs: [jsonObject],
    run: (session) =>
      isTheSame(
        session,
        { bodyBytes: plain(session) },
        { bodyBytes: rewritten(session), note: "the same JSON, written otherwise" },
      ),
  },
  {
    name: "same-numbers",
    title: "equal decimals and string escapes are the same, however they are written",
    cites: { oncekey: ["P-40", "MUST"] },
    needs: [jsonObject],
    async run(session) {
      await isTheSame(session, ...members(session, "1", "1.0e0", "an equal number"));
      await isTheSame(session, ...members(session, '"a"', '"\\u0061"', "an equal string"));
    },
  },
  {
    name: "exact-numbers",
    title: "numbers are compared as they are written, and not rounded",
    cites: { oncekey: ["P-41", "SHOULD"] },
    needs: [jsonObject],
    run: (session) =>
      differs(
        session,
        ...members(session, "9007199254740992", "9007199254740993", "a number that is 1 more"),
      ),
  },
  {
    name: "other-json",
    title: "a null, an order or a composed letter makes another request",
    cites: { oncekey: ["P-42", "MUST"] },
    needs: [jsonObject],
    async run(session) {
      await differs(session, ...members(session, "[1,2]", "[2,1]", "another order"));
      await differs(session, ...members(session, '"\u00e9"', '"e\u0301"', "a decomposed letter"));
      await differs(
        session,
        { bodyBytes: withMember(session, '"oncekeyProbe":null') },
        { bodyBytes: plain(session), note: "without the null" },
      );
    },
  },
  {
    name: "same-media-type",
    title: "a media type in another spelling is the same request",
    cites: { oncekey: ["P-45", "MUST"] },
    needs: [jsonObject],
    run: (session) =>
      isTheSame(
        session,
        { headers: { "Content-Type": "application/json" } },
        {
          headers: { "Content-Type": "Application/JSON; charset=utf-8" },
          note: "another spelling of the media type",
        },
      ),
  },
  {
    name: "same-query",
    title: "a query that differs only in how it is encoded is the same request",
    cites: { oncekey: ["P-46", "SHOULD"] },
    run: (session) =>
      isTheSame(
        session,
        { query: "probe=a" },
        { query: "probe=%61", note: "another encoding of the query" },
      ),
  },
  {
    name: "request-too-large",
    title: "a request with a key past the limit is refused, and nothing runs",
    cites: { oncekey: ["P-50", "MUST"] },
    needs: [requestLimit, jsonObject],
    async run(session) {
      const counter = await session.counter();
      const filler = "x".repeat(session.target.requestBytesMax ?? 0);
      const [{ bodyBytes }] = members(session, `"${filler}"`, "0", "");
      const answer = await session.send({ key: session.key(), bodyBytes, note: "too large" });
      holds(answer.status === 413, "413", shown(answer));
      await ran(counter, 0, "a request that is too large");
    },
  },
];
