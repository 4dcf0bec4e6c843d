/** The other profiles: servers that behave as the documents of Stripe and of ACP say. */
import { deepEqual, ok } from "node:assert/strict";
import { describe, test } from "node:test";
import { readDescription } from "../../src/conformance/description.ts";
import { findingText } from "../../src/conformance/report/text.ts";
import type { Finding } from "../../src/conformance/report.ts";
import { run } from "../../src/conformance/run.ts";
import { DIALECTS, type Dialect } from "./dialect.ts";
import { type Fault, serveKeyed } from "./keyed-server.ts";
import { DESCRIPTION } from "./restaurant.ts";

interface Held {
  readonly profile: "draft" | "stripe" | "acp";
  readonly dialect: Dialect;
  readonly required: boolean;
  readonly fault?: Fault;
  readonly said?: Readonly<Record<string, unknown>>;
}

/** As its clients send it. */
const FORM = {
  headers: { "Content-Type": "application/x-www-form-urlencoded" },
  body: "amount={{n}}&currency=usd",
};

async function findings(held: Held): Promise<readonly Finding[]> {
  const { profile, dialect, required, fault, said } = held;
  const serving = await serveKeyed(fault, dialect);
  try {
    const description = { ...DESCRIPTION, ...said, profile, key: { required } };
    return (await run(readDescription(serving.url, description))).findings;
  } finally {
    await serving.close();
  }
}

const failed = (all: readonly Finding[]): string[] =>
  all.filter(({ outcome }) => outcome.kind === "fail").map(findingText);
const passed = (all: readonly Finding[]): number =>
  all.filter(({ outcome }) => outcome.kind === "pass").length;

describe("profiles", { concurrency: 4 }, () => {
  test("a server that behaves as Stripe documents holds the profile `stripe`", async () => {
    // Keys are optional there.
    const fault = "lets a missing key through";
    const all = await findings({
      profile: "stripe",
      dialect: DIALECTS.stripe,
      required: false,
      fault,
      said: FORM,
    });
    deepEqual(failed(all), []);
    ok(passed(all) >= 20, `${passed(all)} passed`);
  });

  test("a server that behaves as ACP documents holds the profile `acp`", async () => {
    const all = await findings({ profile: "acp", dialect: DIALECTS.acp, required: true });
    deepEqual(failed(all), []);
    ok(passed(all) >= 18, `${passed(all)} passed`);
  });

  test("a server that speaks as the draft has it holds the profile `draft`", async () => {
    const all = await findings({ profile: "draft", dialect: DIALECTS.oncekey, required: true });
    deepEqual(failed(all), []);
    ok(passed(all) >= 30, `${passed(all)} passed`);
  });

  test("the profiles differ: a mismatch is 400 for Stripe, and 422 for the draft", async () => {
    const asDraft = await findings({ profile: "draft", dialect: DIALECTS.stripe, required: true });
    const names = asDraft.filter(({ outcome }) => outcome.kind === "fail").map(({ name }) => name);
    deepEqual(names.toSorted(), [
      "described-conflict",
      "described-inFlight",
      "described-missing",
      "mismatch-body",
    ]);
  });
});
