/** What refusals look like: the table of answers in protocol.md, and RFC 9457. */
import { type Answer, at, field, json, mediaType } from "../answer.ts";
import { behaviour, type Case, keyRequired } from "../case.ts";
import { hasCode, holds, isFirst, isRefused, shown } from "../expect.ts";
import type { Refusal } from "../profile.ts";
import type { Session } from "../session.ts";

/** The media type, the members and the fields that every problem of oncekey has. */
function isProblem(answer: Answer, retryable: boolean): void {
  holds(
    mediaType(answer) === "application/problem+json",
    "application/problem+json",
    shown(answer),
  );
  const document = json(answer);
  for (const [member, type] of Object.entries(MEMBERS)) {
    const found = at(document, `/${member}`);
    const got = found === undefined ? "none" : `a ${typeof found}`;
    holds(typeof found === type, `\`${member}\`, a ${type}, in the problem`, got);
  }
  holds(at(document, "/status") === answer.status, "the status in the problem", "another one");
  const invites = at(document, "/retryable");
  holds(invites === retryable, `\`retryable\` to be ${retryable}`, String(invites === true));
  const cache = field(answer, "cache-control") ?? "";
  holds(cache.includes("no-store"), "`Cache-Control: no-store`", shown(answer));
}

const MEMBERS = {
  type: "string",
  title: "string",
  status: "number",
  detail: "string",
  code: "string",
  retryable: "boolean",
};

/** As the draft has it: a problem document, or a `Link` to the documentation. */
function isDescribed(answer: Answer): void {
  const linked = /rel="?describedby"?/.test(field(answer, "link") ?? "");
  const problem = mediaType(answer) === "application/problem+json";
  holds(linked || problem, "a problem document, or a `Link` to the documentation", shown(answer));
}

async function conflict(session: Session): Promise<Answer> {
  const key = session.key();
  isFirst(session, await session.send({ key }));
  const answer = await session.send({ key, body: 1, note: "another body" });
  isRefused(session, answer, "conflict", "another body");
  return answer;
}

async function inFlight(session: Session): Promise<Answer> {
  const key = session.key();
  const [one, other] = await Promise.all([
    session.send({ key, as: "slow" }),
    session.send({ key, as: "slow", note: "at once" }),
  ]);
  const refused = [one, other].find(({ status }) =>
    session.target.statuses.inFlight.includes(status),
  );
  const got = `${one.status} and ${other.status}`;
  holds(refused !== undefined, "a refusal of one of two requests at once", got);
  return refused ?? other;
}

async function missing(session: Session): Promise<Answer> {
  const answer = await session.send({ key: null });
  isRefused(session, answer, "missing", "a request without a key");
  return answer;
}

async function invalid(session: Session): Promise<Answer> {
  const answer = await session.send({ lines: ['"not closed'], note: "a malformed key" });
  isRefused(session, answer, "invalid", "a malformed key");
  return answer;
}

const PROVOKE: Readonly<Record<Refusal, (session: Session) => Promise<Answer>>> = {
  conflict,
  inFlight,
  missing,
  invalid,
};

const WORDS: Readonly<Record<Refusal, string>> = {
  conflict: "a mismatch",
  inFlight: "a duplicate of a running request",
  missing: "a missing key",
  invalid: "a malformed key",
};

const needsOf = (refusal: Refusal) => ({
  needs: refusal === "inFlight" ? [behaviour("slow")] : refusal === "missing" ? [keyRequired] : [],
});

/** For each refusal what it says to programs. */
const codeCase = (refusal: Refusal, cites: Case["cites"]): Case => ({
  name: `code-${refusal}`,
  title: `the refusal of ${WORDS[refusal]} has its code`,
  cites,
  ...needsOf(refusal),
  run: async (session) => hasCode(session, await PROVOKE[refusal](session), refusal),
});

const problemCase = (refusal: Refusal): Case => ({
  name: `problem-${refusal}`,
  title: `the refusal of ${WORDS[refusal]} is a whole problem document`,
  cites: { oncekey: ["P-63", "MUST"] },
  ...needsOf(refusal),
  run: async (session) => isProblem(await PROVOKE[refusal](session), refusal === "inFlight"),
});

const describedCase = (refusal: Refusal): Case => ({
  name: `described-${refusal}`,
  title: `the refusal of ${WORDS[refusal]} is described, or links to where it is`,
  cites: { draft: ["draft 2.7", "SHOULD"] },
  ...needsOf(refusal),
  run: async (session) => isDescribed(await PROVOKE[refusal](session)),
});

export const problemCases: readonly Case[] = [
  codeCase("missing", { oncekey: ["P-1", "MUST"], acp: ["ACP 6.1", "MUST"] }),
  codeCase("invalid", { oncekey: ["P-6", "MUST"] }),
  codeCase("conflict", {
    oncekey: ["P-37", "MUST"],
    stripe: ["Stripe, idempotency_error", "MUST"],
    acp: ["ACP 6.4", "MUST"],
  }),
  codeCase("inFlight", {
    oncekey: ["P-34", "MUST"],
    stripe: ["Stripe, idempotency_key_in_use", "MUST"],
    acp: ["ACP 6.4", "MUST"],
  }),
  problemCase("missing"),
  problemCase("invalid"),
  problemCase("conflict"),
  problemCase("inFlight"),
  describedCase("missing"),
  describedCase("conflict"),
  describedCase("inFlight"),
  {
    name: "refusal-not-stored",
    title: "a refusal is not remembered: after a malformed key, a good one runs",
    cites: { oncekey: ["P-63", "MUST"], draft: ["draft 2.7", "SHOULD"] },
    async run(session) {
      isRefused(session, await invalid(session), "invalid", "a malformed key");
      isFirst(session, await session.send({ key: session.key() }), "a good key after it");
    },
  },
];
