/** The decisions of `retry.ts` as tables: which finding keeps which key, and how long it waits. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { Finding } from "../../src/client/finding.ts";
import {
  type Again,
  isDefinite,
  isExpired,
  judge,
  pause,
  retryAfter,
} from "../../src/client/retry.ts";

const VERDICTS: readonly [Finding, { readonly fresh: string; readonly open: string }][] = [
  [{ kind: "done" }, { fresh: "success", open: "success" }],
  [
    { kind: "refused", proven: false, reason: "unproven" },
    { fresh: "rejected", open: "unknown: unproven" },
  ],
  [
    { kind: "refused", proven: false, reason: "auth" },
    { fresh: "rejected", open: "unknown: auth" },
  ],
  [
    { kind: "refused", proven: true, reason: "auth" },
    { fresh: "rejected", open: "rejected" },
  ],
  [{ kind: "failed" }, { fresh: "failed", open: "failed" }],
  [{ kind: "conflict" }, { fresh: "conflict", open: "conflict" }],
  [
    { kind: "unclear", reason: "in_doubt" },
    { fresh: "unknown: in_doubt", open: "unknown: in_doubt" },
  ],
  [
    { kind: "again", reason: "network" },
    { fresh: "again: network", open: "again: network" },
  ],
];

for (const [finding, expected] of VERDICTS) {
  const { kind, reason, proven } = { reason: "", proven: "", ...finding };
  test(`C-24: a finding "${kind}" ${reason} ${proven} has its verdict, fresh and open`, () => {
    const said = (open: boolean) => {
      const verdict = judge(finding, open, true);
      return "reason" in verdict ? `${verdict.kind}: ${verdict.reason}` : verdict.kind;
    };
    deepEqual({ fresh: said(false), open: said(true) }, expected);
  });
}

const ENDINGS: readonly [string, Finding, { readonly fresh: boolean; readonly open: boolean }][] = [
  ["done", { kind: "done" }, { fresh: true, open: true }],
  ["a recorded failure", { kind: "failed" }, { fresh: true, open: true }],
  ["a conflict", { kind: "conflict" }, { fresh: true, open: true }],
  [
    "a refusal by the record",
    { kind: "refused", proven: true, reason: "unproven" },
    { fresh: true, open: true },
  ],
  [
    "a refusal by something in front",
    { kind: "refused", proven: false, reason: "unproven" },
    { fresh: true, open: false },
  ],
  ["sign in", { kind: "refused", proven: true, reason: "auth" }, { fresh: false, open: false }],
  ["in doubt", { kind: "unclear", reason: "in_doubt" }, { fresh: false, open: false }],
  ["silence", { kind: "again", reason: "network" }, { fresh: false, open: false }],
];

for (const [what, finding, expected] of ENDINGS) {
  test(`C-39, C-40: one rule for what may leave a queue: ${what}`, () => {
    deepEqual({ fresh: isDefinite(finding, false), open: isDefinite(finding, true) }, expected);
  });
}

test("C-27: where nothing is sent again by itself, silence is unknown at once", () => {
  deepEqual(judge({ kind: "again", reason: "network" }, false, false), {
    kind: "unknown",
    reason: "network",
  });
});

const SETTINGS = { attempts: 4, baseMs: 300, capMs: 8_000, budgetMs: 120_000 };

interface Waiting {
  readonly again?: Partial<Again>;
  readonly tries?: number;
  readonly elapsedMs?: number;
  readonly chance?: number;
}

function check({ again, tries = 1, elapsedMs = 0, chance = 1 }: Waiting, expected?: number): void {
  const after: Again = { kind: "again", reason: "network", ...again };
  equal(pause(after, { tries, elapsedMs }, SETTINGS, chance), expected);
}

test("C-9: exponential, capped, with full jitter", () => {
  check({ tries: 1 }, 300);
  check({ tries: 3 }, 1_200);
  check({ tries: 3, chance: 0 }, 0);
  equal(
    pause(
      { kind: "again", reason: "network" },
      { tries: 9, elapsedMs: 0 },
      { ...SETTINGS, attempts: 10 },
      1,
    ),
    8_000,
  );
});

test("C-9: the attempts end, by their number or by the budget", () => {
  check({ tries: 4 }, undefined);
  check({ tries: 1, elapsedMs: 119_700 }, 300);
  check({ tries: 1, elapsedMs: 119_701 }, undefined);
});

test("C-9: in flight waits by the budget alone, and never in a tight loop", () => {
  check({ tries: 4, again: { reason: "in_flight", waitMs: 3_000 } }, 3_000);
  check({ tries: 0, again: { reason: "in_flight", waitMs: 0 } }, 1_000);
  check({ tries: 0, again: { reason: "in_flight" }, chance: 0 }, 1_000);
  check({ again: { reason: "in_flight", waitMs: 3_000 }, elapsedMs: 117_001 }, undefined);
});

test("P-141: what the server asks for, and at most a minute", () => {
  check({ again: { waitMs: 59_000 } }, 59_000);
  check({ again: { waitMs: 61_000 } }, 60_000);
});

const NOW = Date.UTC(2026, 0, 1);
const HEADERS: readonly [Readonly<Record<string, string>>, number | undefined][] = [
  [{}, undefined],
  [{ "retry-after": "" }, undefined],
  [{ "retry-after": "0" }, 0],
  [{ "retry-after": " 12 " }, 12_000],
  [{ "retry-after": "1.5" }, undefined],
  [{ "retry-after": "-1" }, undefined],
  [{ "retry-after": "Thu, 01 Jan 2026 00:00:05 GMT" }, 5_000],
  [
    { "retry-after": "Thu, 01 Jan 2026 00:00:05 GMT", date: "Thu, 01 Jan 2026 00:00:04 GMT" },
    1_000,
  ],
  [{ "retry-after": "soon" }, undefined],
];
for (const [headers, expected] of HEADERS) {
  test(`P-141: Retry-After ${JSON.stringify(headers)} is ${expected} ms`, () => {
    equal(retryAfter(new Headers(headers), NOW), expected);
  });
}

test("P-153: expired an hour before the server forgets", () => {
  equal(isExpired(NOW, NOW + 23 * 3_600_000, 86_400_000), false);
  equal(isExpired(NOW, NOW + 23 * 3_600_000 + 1, 86_400_000), true);
});
