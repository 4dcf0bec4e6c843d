/** "A broken server that passes is a missing case": each fault, and the case written for it. */
import { equal, match } from "node:assert/strict";
import { test } from "node:test";
import { readDescription } from "../../src/conformance/description.ts";
import { findingText } from "../../src/conformance/report/text.ts";
import type { Finding } from "../../src/conformance/report.ts";
import { run } from "../../src/conformance/run.ts";
import { type Fault, serveKeyed } from "./keyed-server.ts";
import { DESCRIPTION } from "./restaurant.ts";

/** One case against one server. */
async function finding(name: string, fault?: Fault): Promise<Finding> {
  const serving = await serveKeyed(fault);
  try {
    const description = { ...DESCRIPTION, profile: "oncekey", key: { required: true } };
    const { findings } = await run(readDescription(serving.url, description), { only: [name] });
    const [found] = findings;
    if (found === undefined || findings.length !== 1) throw new Error(`no case \`${name}\``);
    return found;
  } finally {
    await serving.close();
  }
}

const BROKEN: readonly (readonly [fault: Fault, name: string])[] = [
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
];

for (const [fault, name] of BROKEN) {
  test(`a server that ${fault} is found by \`${name}\`, and one that does not is not`, async () => {
    const broken = await finding(name, fault);
    equal(broken.outcome.kind, "fail", findingText(broken));
    const sound = await finding(name);
    equal(sound.outcome.kind, "pass", findingText(sound));
  });
}

test("a failure says what was sent, what was expected and what came, and holds no key", async () => {
  const text = findingText(await finding("mismatch-body", "ignores another body"));
  match(text, /sent {6}POST \/pay, key A, principal|sent {6}POST \/pay, key A, body 1/);
  match(text, /expected {2}422 for another body\n {6}got {7}201/);
  equal(/[0-9a-f]{8}-[0-9a-f]{4}-/.test(text), false, "no UUID in the text");
});
