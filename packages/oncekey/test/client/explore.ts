/**
 * The machine's alphabet, and a walk through every state that it can come to, from which the graph
 * is made. Two states count as one when nothing that decides tells them apart.
 */
import type { Finding } from "../../src/client/finding.ts";
import type { graph } from "../../src/client/graph.ts";
import {
  type Event,
  initial,
  type Kept,
  type Rules,
  reduce,
  type ServerFacts,
  type State,
  type Status,
} from "../../src/client/reduce.ts";
import { isExpired } from "../../src/client/retry.ts";

const HOUR = 3_600_000;
export const RULES: Rules = {
  attempts: 4,
  baseMs: 300,
  capMs: 8_000,
  budgetMs: 120_000,
  offline: "wait",
  asks: false,
};
export const OURS: ServerFacts = { resend: true, comparesBody: true, retentionMs: 24 * HOUR };
const OTHER: ServerFacts = { ...OURS, resend: false, comparesBody: false };

const FINDINGS: readonly Finding[] = [
  { kind: "done" },
  { kind: "refused", proven: false, reason: "unproven" },
  { kind: "refused", proven: false, reason: "auth" },
  { kind: "refused", proven: true, reason: "unproven" },
  { kind: "failed" },
  { kind: "conflict" },
  { kind: "again", reason: "unavailable", waitMs: 5_000 },
  { kind: "again", reason: "in_flight" },
  { kind: "unclear", reason: "in_doubt" },
  { kind: "unclear", reason: "aborted" },
];
export const isDefinite = (finding: Finding): boolean =>
  ["done", "failed", "conflict"].includes(finding.kind) ||
  (finding.kind === "refused" && finding.proven);

/** An event without its stamp. */
export type Bare = Event extends infer Each
  ? Each extends Event
    ? Omit<Each, "at" | "key" | "chance">
    : never
  : never;

const STATUSES: readonly Status[] = [
  ...(["ready", "submitting", "retrying", "waiting", "offline"] as const),
  ...(["success", "rejected", "failed", "unknown", "conflict"] as const),
];

export const kept = (status: Status, firstSentAt: number | null = 1_000): Kept => ({
  status,
  reason: null,
  key: "from before",
  attempt: 1,
  firstSentAt,
  since: 1_000,
  server: OURS,
});

export const EVENTS: readonly Bare[] = [
  ...(["submit", "due", "aborted", "online", "offline", "check", "reset", "edited"] as const).map(
    (type): Bare => ({ type }),
  ),
  ...[OURS, OTHER].flatMap((server): Bare[] =>
    [false, true].map((edited) => ({ type: "sent", edited, server })),
  ),
  ...FINDINGS.map((finding): Bare => ({ type: "answered", finding })),
  { type: "lost", reason: "network" },
  { type: "lost", reason: "timeout" },
  { type: "restored" },
  { type: "restored", field: "of a field" },
  ...STATUSES.map((status): Bare => ({ type: "restored", record: kept(status) })),
  { type: "restored", record: kept("submitting"), held: true },
  { type: "restored", record: kept("offline", null) },
  ...[false, true].flatMap((held) =>
    STATUSES.map((status): Bare => ({ type: "observed", record: kept(status), held })),
  ),
  { type: "principal", principal: "ann" },
  { type: "principal", principal: "bob" },
];

/** Enough for a wait; for the budget to be spent; for the server to have forgotten. */
const STEPS_MS = [10_000, 200_000, 25 * HOUR];

interface Place {
  readonly state: State;
  readonly at: number;
}

/** All that the machine decides by. */
function deciding({ state, at }: Place): string {
  const { status, doing, open, held, online, tries, principal, firstSentAt, server, rules } = state;
  const age = firstSentAt === null ? "unsent" : isExpired(firstSentAt, at, server.retentionMs);
  const { comparesBody, resend, retentionMs } = server;
  const from = state.key === "from before";
  const sent = state.attempt > 0;
  return JSON.stringify([
    ...[status, doing, open, held, online, tries, principal, age, from, sent],
    ...[comparesBody, resend, retentionMs, rules.offline, rules.asks],
  ]);
}

/** The published form of what the machine does, from a walk through all of it. */
export function explore(): typeof graph.states {
  const ways = new Map<Status, Map<Event["type"], Set<Status>>>();
  const seen = new Set<string>();
  const places: Place[] = [];
  const visit = (place: Place): void => {
    const name = deciding(place);
    if (seen.has(name)) return;
    seen.add(name);
    places.push(place);
  };
  for (const offline of ["wait", "fail"] as const) {
    for (const asks of [false, true]) {
      visit({ state: initial({ ...RULES, offline, asks }), at: 10_000 });
    }
  }
  for (let place = places.pop(); place !== undefined; place = places.pop()) {
    for (const afterMs of STEPS_MS) {
      for (const bare of EVENTS) {
        const at = place.at + afterMs;
        const [state] = reduce(place.state, { ...bare, at, key: "fresh", chance: 0.5 } as Event);
        note(ways, place.state.status, bare.type, state.status);
        visit({ state, at });
      }
    }
  }
  return published(ways);
}

function note(
  ways: Map<Status, Map<Event["type"], Set<Status>>>,
  from: Status,
  type: Event["type"],
  to: Status,
): void {
  if (from === to) return;
  const on = ways.get(from) ?? new Map<Event["type"], Set<Status>>();
  ways.set(from, on.set(type, (on.get(type) ?? new Set()).add(to)));
}

function published(
  ways: Map<Status, Map<Event["type"], Set<Status>>>,
): Record<Status, { readonly on: Record<string, Status[]> }> {
  const states = STATUSES.map((status) => {
    const on = [...(ways.get(status) ?? [])]
      .map(([type, targets]) => [type, [...targets].sort()] as const)
      .sort(([one], [other]) => one.localeCompare(other));
    return [status, { on: Object.fromEntries(on) }] as const;
  });
  return Object.fromEntries(states) as ReturnType<typeof published>;
}
