/**
 * What the page asks of the store, over the `Inspector` alone: a page of records, the records in
 * doubt, one record, and where the record of a scope and a key lies.
 *
 * A store filters by scope and by state. By label, status and age it is filtered here, over a
 * bounded number of records for each call: the answer says how many were looked at, and goes on.
 */
import { type Door, type IdempotencyRecord, type Inspector, recordId, scopeDigest } from "oncekey";
import { Refusal } from "./answers.ts";
import type { AuditEntry } from "./audit.ts";
import type { EventMemory } from "./event-memory.ts";
import { isDigest, type Json, optionalInteger, optionalText, words } from "./input.ts";
import type { Settings } from "./options.ts";
import { type RecordView, viewOf } from "./record-view.ts";
import { type TimelineEntry, timelineOf } from "./timeline.ts";

export interface Row extends RecordView {
  /** How often this process has replayed it, as far as it remembers. */
  readonly replays: number;
}

export interface RowsView {
  readonly rows: readonly Row[];
  /** How many records were read for these rows. */
  readonly looked: number;
  /** Give it as `after` to go on. Absent at the end. */
  readonly next?: string;
}

export interface RecordPage {
  readonly record: RecordView;
  readonly timeline: readonly TimelineEntry[];
}

export interface FoundView {
  /** Addresses of records that are there. */
  readonly ids: readonly string[];
  /** Digests of the scope, one for each kind of record that it may have. */
  readonly scopes: readonly string[];
}

export interface Api {
  list(input: Json): Promise<RowsView>;
  /** Records in doubt, the oldest first among those that were read. */
  queue(input: Json): Promise<RowsView>;
  record(id: string): Promise<RecordPage>;
  find(input: Json): Promise<FoundView>;
}

/** What fits a screen or two; a page brings the results of its records along. */
const ROWS = 50;
/** The most that anybody gets at once. */
const ROWS_MAX = 200;
/** How often a store is asked for one call: more would be a scan of everything in small steps. */
const WALK_MAX = 5;

const STATES = ["in-flight", "in-doubt", "completed"] as const;

interface Wanted {
  readonly limit: number;
  readonly after: string | undefined;
  readonly scope: string | undefined;
  readonly state: IdempotencyRecord["state"] | undefined;
  readonly isShown: (row: RecordView) => boolean;
}

export function createApi(
  inspector: Inspector,
  memory: EventMemory,
  settledOf: (id: string) => readonly AuditEntry[],
  { showAnswers, seal, messages }: Pick<Settings, "showAnswers" | "seal" | "messages">,
): Api {
  async function rows({ limit, after, scope, state, isShown }: Wanted): Promise<RowsView> {
    const replays = countReplays(memory);
    const found: Row[] = [];
    let next = after;
    let looked = 0;
    for (let asked = 0; asked < WALK_MAX && found.length < limit; asked++) {
      const page = await inspector.list({
        limit: limit - found.length,
        ...(next === undefined ? {} : { after: next }),
        ...(scope === undefined ? {} : { scope }),
        ...(state === undefined ? {} : { state }),
      });
      looked += page.records.length;
      for (const record of page.records) {
        const view = await viewOf(record, { shows: false, seal });
        if (isShown(view)) found.push({ ...view, replays: replays(record.id) });
      }
      next = page.next;
      if (next === undefined) return { rows: found, looked };
    }
    return { rows: found, looked, ...(next === undefined ? {} : { next }) };
  }

  return {
    async list(input) {
      const limit = optionalInteger(input, "limit", 1, ROWS_MAX) ?? ROWS;
      const scope = optionalText(input, "scope");
      if (scope !== undefined && !isDigest(scope)) {
        throw new Refusal(400, "refusal:scope");
      }
      const stateWord = optionalText(input, "state");
      const state = STATES.find((known) => known === stateWord);
      if (stateWord !== undefined && state === undefined) {
        throw new Refusal(400, "refusal:state", { states: STATES.join(", ") });
      }
      const after = optionalText(input, "after");
      return rows({ limit, after, scope, state, isShown: filterOf(input) });
    },

    async queue(input) {
      const after = optionalText(input, "after");
      const isShown = () => true;
      const read = await rows({
        limit: ROWS_MAX,
        after,
        scope: undefined,
        state: "in-doubt",
        isShown,
      });
      const byAge = (one: Row, other: Row) => (one.leaseEndsAt ?? 0) - (other.leaseEndsAt ?? 0);
      return { ...read, rows: [...read.rows].sort(byAge) };
    },

    async record(id) {
      if (!isDigest(id)) throw new Refusal(404, "refusal:address");
      const record = await inspector.get(id);
      if (record === undefined) {
        throw new Refusal(404, "refusal:no-record");
      }
      const view = await viewOf(record, { shows: showAnswers, seal });
      return {
        record: view,
        timeline: timelineOf(view, memory.about(id), settledOf(id), messages),
      };
    },

    async find(input) {
      const scope = words(input, "scope");
      const key = optionalText(input, "key");
      const owners = ownersOf(scope);
      const scopes = [...new Set(owners.map(([owner, door]) => scopeDigest(owner, door)))];
      if (key === undefined) return { ids: [], scopes };
      const ids = new Set(owners.map(([owner, door]) => recordId(owner, key, door)));
      const found = await Promise.all([...ids].map((id) => inspector.get(id)));
      return { ids: found.flatMap((record) => record?.id ?? []), scopes };
    },
  };
}

/** Whose records may be meant: of a guard or of `run`; and "global" may be a word, or somebody's name. */
function ownersOf(scope: string | readonly string[]): readonly (readonly [typeof scope, Door])[] {
  const named: readonly (typeof scope)[] = scope === "global" ? [scope, [scope]] : [scope];
  return [...named.map((owner) => [owner, "http"] as const), [scope, "run"] as const];
}

function filterOf(input: Json): (row: RecordView) => boolean {
  const label = optionalText(input, "label")?.toLowerCase();
  const status = optionalInteger(input, "status", 200, 599);
  const ageMs = optionalInteger(input, "ageMs", 0, Number.MAX_SAFE_INTEGER);
  const until = ageMs === undefined ? Number.POSITIVE_INFINITY : Date.now() - ageMs;
  return (row) =>
    (label === undefined || row.label.toLowerCase().includes(label)) &&
    (status === undefined || row.kept?.status === status) &&
    row.claimedAt <= until;
}

function countReplays(memory: EventMemory): (id: string) => number {
  const counts = new Map<string, number>();
  for (const { type, record } of memory.since(0)) {
    if (type === "replayed" && record !== undefined) {
      counts.set(record, (counts.get(record) ?? 0) + 1);
    }
  }
  return (id) => counts.get(id.slice(0, 12)) ?? 0;
}
