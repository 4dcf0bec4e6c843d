/** Counts and latencies of the last ten minutes, in steps of five seconds: numbers, no events. */
import type { SeenEvent } from "./event-memory.ts";

export interface Step {
  /** When it begins, by this process's clock, in ms. */
  readonly at: number;
  /** Requests with a key: what ran, and what did not. */
  readonly requests: number;
  /** Duplicates that did not run: replayed, told to wait, or told that the outcome is unknown. */
  readonly absorbed: number;
  readonly replayed: number;
  readonly conflicts: number;
  readonly mismatches: number;
  readonly inDoubt: number;
  readonly storeFailures: number;
  /** Of the store's calls that a request waited for. Absent when there was none. */
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  /** The slowest read of the store, made once a second while somebody looks. */
  readonly readMs?: number;
}

export interface PlotsView {
  readonly stepMs: number;
  readonly steps: readonly Step[];
  /** The busiest labels, from the events that are remembered. */
  readonly labels: readonly { readonly label: string; readonly requests: number }[];
}

export interface Plots {
  add(event: SeenEvent): void;
  /** A request waited so long for a call of the store. */
  waited(ms: number): void;
  /** A read of the store, for no request, took so long. */
  read(ms: number): void;
  view(events: readonly SeenEvent[]): PlotsView;
}

const STEP_MS = 5_000;
const STEPS = 120;
const LABELS_MAX = 10;

/** What a request with a key meets. Every other event is told later, about the same request. */
const REQUESTS = ["claimed", "replayed", "in-flight", "in-doubt", "mismatch"];

interface Bucket {
  readonly index: number;
  readonly counts: Map<string, number>;
  readonly waits: number[];
  readonly reads: number[];
}

const emptyBucket = (index: number): Bucket => ({
  ...{ index, counts: new Map(), waits: [], reads: [] },
});

export function createPlots(): Plots {
  const buckets: Bucket[] = [];

  function bucketAt(now: number): Bucket {
    const index = Math.floor(now / STEP_MS);
    const kept = buckets[index % STEPS];
    if (kept?.index === index) return kept;
    const bucket = emptyBucket(index);
    buckets[index % STEPS] = bucket;
    return bucket;
  }

  return {
    add(event) {
      const { counts } = bucketAt(event.at);
      counts.set(event.type, (counts.get(event.type) ?? 0) + 1);
    },
    waited: (ms) => void bucketAt(Date.now()).waits.push(ms),
    read: (ms) => void bucketAt(Date.now()).reads.push(ms),
    view(events) {
      const last = Math.floor(Date.now() / STEP_MS);
      const steps = Array.from({ length: STEPS }, (_, back) => {
        const index = last - STEPS + 1 + back;
        const kept = buckets[index % STEPS];
        return stepOf(kept?.index === index ? kept : emptyBucket(index));
      });
      return { stepMs: STEP_MS, steps, labels: busiest(events) };
    },
  };
}

function stepOf({ index, counts, waits, reads }: Bucket): Step {
  const count = (type: string): number => counts.get(type) ?? 0;
  const sum = (types: readonly string[]): number =>
    types.reduce((total, type) => total + count(type), 0);
  const sorted = [...waits].sort((a, b) => a - b);
  const quantile = (part: number) => sorted[Math.ceil(sorted.length * part) - 1];
  const [p50Ms, p99Ms] = [quantile(0.5), quantile(0.99)];
  return {
    at: index * STEP_MS,
    requests: sum(REQUESTS),
    absorbed: sum(["replayed", "in-flight", "in-doubt"]),
    replayed: count("replayed"),
    conflicts: count("in-flight"),
    mismatches: count("mismatch"),
    inDoubt: count("in-doubt"),
    storeFailures: count("store-failed"),
    ...(p50Ms === undefined || p99Ms === undefined ? {} : { p50Ms, p99Ms }),
    ...(reads.length === 0 ? {} : { readMs: Math.max(...reads) }),
  };
}

function busiest(events: readonly SeenEvent[]): PlotsView["labels"] {
  const counts = new Map<string, number>();
  for (const { type, label } of events) {
    if (REQUESTS.includes(type)) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return [...counts]
    .map(([label, requests]) => ({ label, requests }))
    .sort((one, other) => other.requests - one.requests)
    .slice(0, LABELS_MAX);
}
