/** "A broken server that passes is a missing case": each fault, and the case written for it. */
import { deepEqual, equal, match } from "node:assert/strict";
import { describe, test } from "node:test";
import { allCases } from "../../src/conformance/cases.ts";
import { readDescription } from "../../src/conformance/description.ts";
import { findingText } from "../../src/conformance/report/text.ts";
import type { Finding } from "../../src/conformance/report.ts";
import { run } from "../../src/conformance/run.ts";
import { type Fault, serveKeyed } from "./keyed-server.ts";
import { DESCRIPTION } from "./restaurant.ts";

/** What is said of the server beyond the restaurant's own description. */
type Said = Readonly<Record<string, unknown>>;

const ONCEKEY: Said = { profile: "oncekey", key: { required: true } };
const DRAFT: Said = { profile: "draft", key: { required: true } };
const OPTIONAL: Said = { profile: "oncekey", key: { required: false } };
/** For a server that is silent until it has what it will never get. */
const IMPATIENT: Said = { ...ONCEKEY, timeoutMs: 5_000 };
const REPEATABLE: Said = { ...ONCEKEY, effects: "repeatable" };

/** One case against one server. */
async function finding(name: string, fault?: Fault, said: Said = ONCEKEY): Promise<Finding> {
  const serving = await serveKeyed(fault);
  try {
    const target = readDescription(serving.url, { ...DESCRIPTION, ...said });
    const { findings } = await run(target, { only: [name] });
    const [found] = findings;
    if (found === undefined || findings.length !== 1) throw new Error(`no case \`${name}\``);
    return found;
  } finally {
    await serving.close();
  }
}

const BROKEN: readonly (readonly [fault: Fault, name: string, said?: Said])[] = [
  ["forgets everything", "no-second-run"],
  ["refuses every retry", "replay-is-equal"],
  ["replays with status 200", "replay-is-equal"],
  ["has no marker", "replay-marker"],
  ["marks the first", "first-is-plain"],
  ["ignores another body", "mismatch-body"],
  ["lets another body take over the record", "mismatch-leaves-record"],
  ["ignores the path", "mismatch-path"],
  ["ignores the query", "mismatch-query"],
  ["looks up, then runs", "race"],
  ["looks up, then runs", "race-slow"],
  ["looks up, then runs", "in-flight-refused"],
  ["keeps the refusal of a duplicate", "in-flight-not-stored"],
  ["has no Retry-After", "in-flight-retry-after"],
  ["runs one key at a time", "keys-are-apart"],
  ["says wait before mismatch", "mismatch-in-flight"],
  ["keeps the quotes", "key-bare-and-quoted"],
  ["takes a blank key", "key-blank"],
  ["takes several keys", "key-several"],
  ["takes a key of any length", "key-too-long"],
  ["takes 100 characters", "key-longest"],
  ["folds the case of keys", "key-case"],
  ["has no echo", "key-echo"],
  ["drops a 5xx", "server-error-kept"],
  ["drops a 4xx", "client-error-kept"],
  ["replays Retry-After", "server-error-retry-after"],
  ["joins the lines of a field", "replay-kept-fields"],
  ["replays cookies", "replay-dropped-fields"],
  ["keeps text", "replay-binary"],
  ["keeps no fields", "replay-fields"],
  ["keeps no fields", "replay-redirect"],
  ["keeps the beginning", "replay-large"],
  ["compares Accept", "replay-other-headers"],
  ["compares bytes", "same-json"],
  ["compares bytes", "same-numbers"],
  ["drops nulls", "other-json"],
  ["ignores who asks", "scope"],
  ["ignores who asks", "scope-unresolved"],
  ["covers GET", "get-untouched"],
  ["covers PUT", "method-not-covered"],
  ["refuses in plain text", "problem-conflict"],
  ["refuses in plain text", "accept-html"],
  ["has a code of its own", "code-conflict"],
  ["lets a missing key through", "key-required"],
  ["claims before the body", "upload-cut"],
  ["forgets whom the client left", "client-leaves"],
  ["refuses quotes", "key-quoted"],
  ["refuses escapes", "key-escapes"],
  ["takes parameters for the key", "key-parameters"],
  ["takes any field", "key-malformed"],
  ["takes any field", "key-like-a-list"],
  ["takes any field", "refusal-not-stored"],
  ["knows one spelling of its field", "key-field-case"],
  ["takes letters and digits alone", "key-odd"],
  ["returns a marker", "key-marker-sent"],
  ["keeps the answer late", "replay-same-connection"],
  ["replays with status 200", "replay-empty"],
  ["runs again what it did not keep", "too-large-to-keep"],
  ["looks up, then runs", "in-flight-error", DRAFT],
  ["ignores another body", "mismatch-error", DRAFT],
  ["rounds numbers", "exact-numbers"],
  ["compares the media type as text", "same-media-type"],
  ["compares the query as text", "same-query"],
  ["takes a request of any length", "request-too-large"],
  ["forgets what was cut", "cut-in-doubt"],
  ["ignores who asks", "scope-other-body"],
  ["covers GET", "head-untouched"],
  ["refuses early data", "early-data"],
  ["has a code of its own", "code-missing"],
  ["has a code of its own", "code-invalid"],
  ["has a code of its own", "code-inFlight"],
  ["refuses in plain text", "problem-missing"],
  ["refuses in plain text", "problem-invalid"],
  ["refuses in plain text", "problem-inFlight"],
  ["refuses in plain text", "described-missing", DRAFT],
  ["refuses in plain text", "described-conflict", DRAFT],
  ["refuses in plain text", "described-inFlight", DRAFT],
  ["reads the body first", "expect-continue", IMPATIENT],
  ["writes past the end", "in-step"],
  ["takes two framings", "two-lengths"],
  ["ignores Connection", "key-hop-by-hop", { ...ONCEKEY, gateway: true }],
];

// Some at a time: those with a slow handler wait, and each has a server of its own.
describe("a broken server that passes is a missing case", { concurrency: 6 }, () => {
  for (const [fault, name, said] of BROKEN) {
    test(`a server that ${fault} is found by \`${name}\`, and one that does not is not`, async () => {
      const broken = await finding(name, fault, said);
      equal(broken.outcome.kind, "fail", findingText(broken));
      const sound = await finding(name, undefined, said);
      equal(sound.outcome.kind, "pass", findingText(sound));
    });
  }
});

// For these two, what is right elsewhere is the fault.
test("a server that remembers without a key is found by `key-optional`", async () => {
  const broken = await finding("key-optional", "remembers without a key", OPTIONAL);
  equal(broken.outcome.kind, "fail", findingText(broken));
  const sound = await finding("key-optional", "lets a missing key through", OPTIONAL);
  equal(sound.outcome.kind, "pass", findingText(sound));
});

test("a server that keeps a 5xx of repeatable effects is found by `server-error-released`", async () => {
  const broken = await finding("server-error-released", undefined, REPEATABLE);
  equal(broken.outcome.kind, "fail", findingText(broken));
  const sound = await finding("server-error-released", "drops a 5xx", REPEATABLE);
  equal(sound.outcome.kind, "pass", findingText(sound));
});

test("there is a broken server for every case", () => {
  const found = new Set(["key-optional", "server-error-released"]);
  for (const [, name] of BROKEN) found.add(name);
  deepEqual(
    allCases.map(({ name }) => name).filter((name) => !found.has(name)),
    [],
  );
});

test("a failure says what was sent, what was expected and what came, and holds no key", async () => {
  const text = findingText(await finding("mismatch-body", "ignores another body"));
  match(text, /sent {6}POST \/pay, key A, principal|sent {6}POST \/pay, key A, body 1/);
  match(text, /expected {2}422 for another body\n {6}got {7}201/);
  equal(/[0-9a-f]{8}-[0-9a-f]{4}-/.test(text), false, "no UUID in the text");
});
