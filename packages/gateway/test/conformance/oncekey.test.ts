/** "oncekey keeps its own protocol, as seen from outside": real servers, every behaviour described. */
import { deepEqual, ok } from "node:assert/strict";
import { describe, test } from "node:test";
import { readDescription } from "../../src/conformance/description.ts";
import { findingText } from "../../src/conformance/report/text.ts";
import { type Report, tally } from "../../src/conformance/report.ts";
import { run } from "../../src/conformance/run.ts";
import { serveExpress, serveNode, type Wanted } from "./oncekey-servers.ts";
import { DESCRIPTION } from "./restaurant.ts";
import type { Serving } from "./serving.ts";

type Serve = (wanted: Wanted) => Promise<Serving>;

async function reportOn(serve: Serve, wanted: Wanted): Promise<Report> {
  const { required, effects = "unrepeatable" } = wanted;
  const serving = await serve(wanted);
  try {
    const description = { ...DESCRIPTION, profile: "oncekey", key: { required }, effects };
    return await run(readDescription(serving.url, description));
  } finally {
    await serving.close();
  }
}

const failures = ({ findings }: Report): string[] =>
  findings.filter(({ outcome }) => outcome.kind === "fail").map(findingText);

const inapplicable = ({ findings }: Report): string[] =>
  findings.filter(({ outcome }) => outcome.kind === "not-applicable").map(({ name }) => name);

/** What cannot apply, because it is about the other choice, or about gateways. */
const WHEN_REQUIRED = ["key-optional", "key-hop-by-hop"];
const WHEN_OPTIONAL = ["key-required", "code-missing", "problem-missing", "key-hop-by-hop"];
const WHEN_UNREPEATABLE = ["server-error-released"];
const WHEN_REPEATABLE = ["server-error-kept", "server-error-retry-after", "cut-in-doubt"];

const SERVERS: readonly (readonly [string, Serve, Wanted, readonly string[]])[] = [
  ["Express", serveExpress, { required: true }, [...WHEN_REQUIRED, ...WHEN_UNREPEATABLE]],
  ["node:http", serveNode, { required: false }, [...WHEN_OPTIONAL, ...WHEN_UNREPEATABLE]],
  [
    "node:http with repeatable effects",
    serveNode,
    { required: true, effects: "repeatable" },
    [...WHEN_REQUIRED, ...WHEN_REPEATABLE],
  ],
];

// Side by side: each waits most of its time for a slow handler, and has a server of its own.
describe("oncekey, seen from outside", { concurrency: SERVERS.length }, () => {
  for (const [name, serve, wanted, otherChoice] of SERVERS) {
    test(`oncekey behind ${name} holds every requirement that applies to it`, async (context) => {
      const report = await reportOn(serve, wanted);
      deepEqual(failures(report), []);
      deepEqual(inapplicable(report).toSorted(), otherChoice.toSorted());
      const { passed, notApplicable } = tally(report.findings);
      ok(passed > 50, `${passed} requirements passed`);
      const share = Math.round((100 * notApplicable) / report.findings.length);
      context.diagnostic(`${passed} passed, ${notApplicable} not applicable (${share}%)`);
    });
  }
});

// What is not told cannot be checked, and must not be held against a server either.
const { slow, ...FAST } = DESCRIPTION.behaviours;
const TOLD = {
  "an id in its answers": { count: { pointer: "/id" }, behaviours: FAST },
  "a field of its answers": { count: { header: "Location" }, behaviours: FAST },
  nothing: { behaviours: { ...FAST, slow } },
};

describe("oncekey, seen by somebody who is told little", { concurrency: 3 }, () => {
  for (const [means, told] of Object.entries(TOLD)) {
    test(`with ${means} to count runs by, nothing of oncekey fails`, async () => {
      const serving = await serveNode({ required: true });
      const { count: _, ...rest } = DESCRIPTION;
      const target = readDescription(serving.url, { ...rest, ...told, profile: "oncekey" });
      const report = await run(target);
      await serving.close();
      deepEqual(failures(report), []);
      ok(inapplicable(report).includes("method-not-covered"));
      ok(tally(report.findings).passed > 50);
    });
  }
});
