/** Whether there is a key, and how it may be spelled: protocol.md, P-1 to P-12, P-17 and P-71. */
import { field } from "../answer.ts";
import { type Case, keyOptional, keyRequired, marked } from "../case.ts";
import { holds, isFirst, isRefused, isReplay, ran } from "../expect.ts";
import { quoted } from "../key.ts";
import type { Session } from "../session.ts";

/** Sends one field after the other under the same request: the second is the first once more. */
async function sameKey(session: Session, first: string, again: string): Promise<void> {
  const counter = await session.counter();
  const answer = await session.send({ lines: [first] });
  isFirst(session, answer);
  const duplicate = await session.send({ lines: [again], note: "the same key" });
  isReplay(session, answer, duplicate);
  await ran(counter, 1, "both");
}

/** Neither runs nor is taken for another key. */
async function refuses(session: Session, fields: readonly Malformed[]): Promise<void> {
  const counter = await session.counter();
  for (const { what, lines } of fields) {
    const answer = await session.send({ lines, note: what });
    isRefused(session, answer, "invalid", what);
  }
  await ran(counter, 0, "keys that are not valid");
}

interface Malformed {
  readonly what: string;
  readonly lines: readonly string[];
}

const one = (what: string, line: string): Malformed => ({ what, lines: [line] });

/** Each key by itself, and each runs. */
async function accepts(session: Session, keys: readonly string[], what: string): Promise<void> {
  const counter = await session.counter();
  for (const [index, key] of keys.entries()) {
    const line = session.target.keyFormat === "quoted" ? quoted(key) : key;
    const answer = await session.send({ lines: [line], body: index, note: what });
    isFirst(session, answer, what);
  }
  await ran(counter, keys.length, what);
}

/** Of a length, and no other run's: digits of a fresh key, over and over. */
const ofLength = (session: Session, length: number): string =>
  session
    .key()
    .value.repeat(Math.ceil(length / 36))
    .slice(0, length);

export const keyCases: readonly Case[] = [
  {
    name: "key-required",
    title: "a required key that is missing is refused, and nothing runs",
    cites: { oncekey: ["P-1", "MUST"], draft: ["draft 2.7", "SHOULD"], acp: ["ACP 6.1", "MUST"] },
    needs: [keyRequired],
    async run(session) {
      const counter = await session.counter();
      const answer = await session.send({ key: null });
      isRefused(session, answer, "missing", "a request without a key");
      await ran(counter, 0, "a request without a key");
    },
  },
  {
    name: "key-optional",
    title: "without a key every request runs, and nothing is remembered",
    cites: { oncekey: ["P-2", "MUST"], stripe: ["Stripe, optional", "MUST"] },
    needs: [keyOptional],
    async run(session) {
      const counter = await session.counter();
      for (let times = 0; times < 2; times++) {
        const answer = await session.send({ key: null });
        isFirst(session, answer, "a request without a key");
        const echo = field(answer, session.target.keyHeader);
        holds(echo === undefined, "no echo where no key was sent", "an echo");
      }
      await ran(counter, 2, "two requests without a key");
    },
  },
  {
    name: "key-quoted",
    title: "a key may be a structured-field string, in quotes",
    cites: { oncekey: ["P-3", "MUST"], draft: ["draft 2.1", "MUST"] },
    run(session) {
      const line = quoted(session.key().value);
      return sameKey(session, line, line);
    },
  },
  {
    name: "key-bare-and-quoted",
    title: "a key in quotes and the same key without are one key",
    cites: { oncekey: ["P-4", "MUST"] },
    run(session) {
      const { value } = session.key();
      return sameKey(session, value, quoted(value));
    },
  },
  {
    name: "key-escapes",
    title: "escapes in a key are undone before it is compared",
    cites: { oncekey: ["P-5", "MUST"], draft: ["draft 2.1", "MUST"] },
    run(session) {
      const line = quoted(`a"b\\${session.key().value}`);
      return sameKey(session, line, line);
    },
  },
  {
    name: "key-parameters",
    title: "parameters after a key are passed over",
    cites: { oncekey: ["P-5", "MUST"], draft: ["draft 2.1", "SHOULD"] },
    run(session) {
      const line = quoted(session.key().value);
      return sameKey(session, line, `${line};v=1`);
    },
  },
  {
    name: "key-malformed",
    title: "a malformed key is refused, and nothing runs",
    cites: { oncekey: ["P-6", "MUST"], draft: ["draft 5", "SHOULD"] },
    run(session) {
      const { value } = session.key();
      return refuses(session, [
        one("a quote that is not closed", `"${value}`),
        one("a quote within", `"a"${value}"`),
        one("an escape that is none", `"a\\x${value}"`),
        one("something after the quote", `"${value}" b`),
        one("a byte outside ASCII", `"\u00e9${value}"`),
      ]);
    },
  },
  {
    name: "key-blank",
    title: "a blank key is refused, and nothing runs",
    cites: { oncekey: ["P-7", "MUST"], draft: ["draft 5", "SHOULD"] },
    run: (session) =>
      refuses(session, [
        one("an empty field", ""),
        one("an empty string", '""'),
        one("a string of blanks", '"  "'),
      ]),
  },
  {
    name: "key-several",
    title: "several keys in one request are refused, even equal ones",
    cites: { oncekey: ["P-8", "MUST"], draft: ["draft 2.1", "SHOULD"] },
    run(session) {
      const [a, b] = [session.key().value, session.key().value];
      return refuses(session, [
        { what: "two lines", lines: [quoted(a), quoted(b)] },
        { what: "two equal lines", lines: [quoted(a), quoted(a)] },
        one("a list of strings", `${quoted(a)}, ${quoted(b)}`),
        one("a bare list", `${a}, ${b}`),
      ]);
    },
  },
  {
    name: "key-longest",
    title: "the longest key that is allowed runs",
    cites: {
      oncekey: ["P-9", "MUST"],
      stripe: ["Stripe, 255 characters", "MUST"],
      acp: ["ACP 6.1", "MUST"],
    },
    run(session) {
      const length = session.target.keyLengthMax;
      return accepts(session, [ofLength(session, length)], `a key of ${length} characters`);
    },
  },
  {
    name: "key-too-long",
    title: "a key past the longest is refused, and nothing runs",
    cites: {
      oncekey: ["P-9", "MUST"],
      stripe: ["Stripe, 255 characters", "SHOULD"],
      acp: ["ACP 6.1", "SHOULD"],
    },
    run(session) {
      const length = session.target.keyLengthMax + 1;
      return refuses(session, [one(`a key of ${length} characters`, ofLength(session, length))]);
    },
  },
  {
    name: "key-like-a-list",
    title: "a bare key with a space, a quote, a comma or a semicolon is refused",
    cites: { oncekey: ["P-10", "MUST"] },
    run(session) {
      const { value } = session.key();
      return refuses(
        session,
        [" ", '"', ",", ";"].map((mark) => one(`a bare key with \`${mark}\``, `a${mark}${value}`)),
      );
    },
  },
  {
    name: "key-case",
    title: "keys are case-sensitive",
    cites: { oncekey: ["P-11", "MUST"] },
    async run(session) {
      const counter = await session.counter();
      const { value } = session.key();
      for (const spelled of [`a${value}`.toLowerCase(), `a${value}`.toUpperCase()]) {
        isFirst(session, await session.send({ lines: [quoted(spelled)] }), "a key of its own");
      }
      await ran(counter, 2, "two keys that differ in case");
    },
  },
  {
    name: "key-field-case",
    title: "the name of the key's field is not case-sensitive",
    cites: {
      oncekey: ["P-11", "MUST"],
      draft: ["RFC 9110 5.1", "MUST"],
      stripe: ["RFC 9110 5.1", "MUST"],
      acp: ["RFC 9110 5.1", "MUST"],
    },
    async run(session) {
      const counter = await session.counter();
      const key = session.key();
      const name = session.target.keyHeader;
      const first = await session.send({ key, keyHeader: name.toLowerCase(), note: "lower case" });
      isFirst(session, first);
      const again = await session.send({ key, keyHeader: name.toUpperCase(), note: "upper case" });
      isReplay(session, first, again);
      await ran(counter, 1, "both");
    },
  },
  {
    name: "key-odd",
    title: "a key that looks like a path, a pattern or a prototype is a key like any other",
    cites: { oncekey: ["P-71", "MUST"], draft: ["draft 5", "SHOULD"] },
    run(session) {
      const { value } = session.key();
      const odd = ["../", "*", "'drop-", "__proto__", "constructor.", "%00%"];
      return accepts(
        session,
        odd.map((start, index) => `${start}${index}${value}`),
        "an odd key",
      );
    },
  },
  {
    name: "key-echo",
    title: "first answers, replays and refusals carry the key as it was sent",
    cites: { oncekey: ["P-17", "MUST"], acp: ["ACP 6.1", "SHOULD"] },
    async run(session) {
      const key = session.key();
      const sent = session.target.keyFormat === "quoted" ? quoted(key.value) : key.value;
      const answers = {
        "the first answer": await session.send({ key }),
        "the replay": await session.send({ key }),
        "the refusal": await session.send({ key, body: 1 }),
      };
      for (const [what, answer] of Object.entries(answers)) {
        const echo = field(answer, session.target.keyHeader);
        const got = echo === undefined ? "no such field" : "another value";
        holds(echo === sent, `the key in \`${session.target.keyHeader}\` of ${what}`, got);
      }
    },
  },
  {
    name: "key-marker-sent",
    title: "a request that itself carries the marker runs like any other",
    cites: { oncekey: ["P-71", "MUST"] },
    needs: [marked],
    async run(session) {
      const counter = await session.counter();
      const [name = "", value = ""] = session.target.marker?.split(":") ?? [];
      const headers = { [name]: value.trim() };
      const answer = await session.send({ key: session.key(), headers, note: "with the marker" });
      isFirst(session, answer, "a request with the marker");
      await ran(counter, 1, "a request with the marker");
    },
  },
];
