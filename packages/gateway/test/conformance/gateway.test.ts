/**
 * "A gateway keeps the protocol for an upstream that knows nothing of keys": a process of its own in
 * front of a real server, held from outside to every requirement. Runs are counted at the upstream,
 * past the gateway.
 */
import { deepEqual, equal } from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { readDescription } from "../../src/conformance/description.ts";
import { findingText } from "../../src/conformance/report/text.ts";
import { type Report, tally } from "../../src/conformance/report.ts";
import { run } from "../../src/conformance/run.ts";
import { gatewayProcess } from "../gateways.ts";
import { pythonUpstream } from "../python-upstream.ts";
import { DESCRIPTION, openRestaurant, SLOW_MS } from "./restaurant.ts";
import { type Serving, serve } from "./serving.ts";

/** The restaurant without a guard: it runs whenever it is asked. */
function serveBare(): Promise<Serving> {
  const restaurant = openRestaurant();
  return serve((request, response) => {
    if (request.url !== "/runs") return void restaurant.handle(request, response);
    response.end(JSON.stringify({ runs: restaurant.runs() }));
  });
}

interface Held {
  readonly flags?: readonly string[];
  readonly said: Readonly<Record<string, unknown>>;
  /** Where the upstream tells how often it ran. */
  readonly runs: URL;
}

/** What a real gateway in front of the upstream is found to keep. */
async function reportOn({ flags = [], said, runs }: Held): Promise<Report> {
  const upstream = ["--upstream", runs.origin];
  const store = ["--store", "memory:", "--scope", "header:x-user"];
  const gateway = await gatewayProcess([...upstream, ...store, ...flags]);
  try {
    const described = { ...said, profile: "oncekey", gateway: true };
    const count = { url: runs.href, pointer: "/runs" };
    return await run(readDescription(new URL("/pay", gateway.url), { ...described, count }));
  } finally {
    await gateway.end("SIGTERM");
  }
}

/** It takes a POST, and can be slow. */
const OF_PYTHON = {
  "no behaviour `binary` is described": ["P-27 replay-binary"],
  "no behaviour `clientError` is described": ["P-54 client-error-kept"],
  "no behaviour `cut` is described": ["P-62 cut-in-doubt"],
  "no behaviour `empty` is described": ["P-26 replay-empty"],
  "no behaviour `fields` is described": ["P-23 replay-dropped-fields", "P-25 replay-kept-fields"],
  "no behaviour `large` is described": ["P-116 replay-large"],
  "no behaviour `read` is described": ["P-75 get-untouched", "P-75 head-untouched"],
  "no behaviour `redirect` is described": ["P-26 replay-redirect"],
  "no behaviour `serverError` is described": [
    "P-55 server-error-kept",
    "P-55 server-error-retry-after",
    "P-57 server-error-released",
  ],
  "no behaviour `tooLarge` is described": ["P-116 too-large-to-keep"],
  "no behaviour `uncovered` is described": ["P-76 method-not-covered"],
  "the target requires a key": ["P-2 key-optional"],
};

interface Expected {
  readonly passed: number;
  /** Why, and what therefore does not apply. */
  readonly notApplicable: Readonly<Record<string, readonly string[]>>;
}

function comparesTo(report: Report, expected: Expected, context: TestContext): void {
  const failed = report.findings.filter(({ outcome }) => outcome.kind === "fail");
  deepEqual(failed.map(findingText), []);
  const reasons: Record<string, string[]> = {};
  for (const { id, name, outcome } of report.findings) {
    if (outcome.kind !== "not-applicable") continue;
    reasons[outcome.reason] = [...(reasons[outcome.reason] ?? []), `${id} ${name}`].sort();
  }
  deepEqual(reasons, expected.notApplicable);
  const { passed, notApplicable } = tally(report.findings);
  equal(passed, expected.passed);
  context.diagnostic(`${passed} passed, 0 failed, ${notApplicable} not applicable`);
}

async function heldInFront(
  held: Omit<Held, "runs">,
  expected: Expected,
  context: TestContext,
): Promise<void> {
  const upstream = await serveBare();
  try {
    const runs = new URL("/runs", upstream.url);
    const report = await reportOn({ flags: held.flags ?? [], said: held.said, runs });
    comparesTo(report, expected, context);
  } finally {
    await upstream.close();
  }
}

// Side by side: each waits most of its time for a slow handler, and has servers of its own.
describe("a gateway, seen from outside", { concurrency: 3 }, () => {
  test("a gateway that asks for a key holds every requirement that applies", (context) =>
    heldInFront(
      { flags: ["--required"], said: { ...DESCRIPTION, key: { required: true } } },
      {
        passed: 75,
        notApplicable: {
          "the target requires a key": ["P-2 key-optional"],
          "the target's effects are not repeatable": ["P-57 server-error-released"],
        },
      },
      context,
    ));

  test("a gateway with repeatable effects, and keys as you like, holds every requirement that applies", (context) =>
    heldInFront(
      {
        flags: ["--effects", "repeatable"],
        said: { ...DESCRIPTION, key: { required: false }, effects: "repeatable" },
      },
      {
        passed: 71,
        notApplicable: {
          "the target does not require a key": [
            "P-1 code-missing",
            "P-1 key-required",
            "P-63 problem-missing",
          ],
          "the target's effects are not unrepeatable": [
            "P-55 server-error-kept",
            "P-55 server-error-retry-after",
            "P-62 cut-in-doubt",
          ],
        },
      },
      context,
    ));

  test("a gateway in front of Python holds every requirement that applies", async (context) => {
    const upstream = await pythonUpstream();
    try {
      const said = {
        body: DESCRIPTION.body,
        principals: DESCRIPTION.principals,
        key: { required: true },
        behaviours: {
          slow: { headers: { "X-Sleep": String(SLOW_MS / 1000) }, ms: SLOW_MS },
          elsewhere: { path: "/refund" },
        },
        requestBytesMax: DESCRIPTION.requestBytesMax,
      };
      const runs = new URL("/runs", upstream.url);
      const report = await reportOn({ flags: ["--required"], said, runs });
      comparesTo(report, { passed: 61, notApplicable: OF_PYTHON }, context);
    } finally {
      await upstream.stop();
    }
  });
});
