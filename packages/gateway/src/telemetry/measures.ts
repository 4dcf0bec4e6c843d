/**
 * What is measured of the event stream: one table and one reading, for Prometheus and OpenTelemetry.
 *
 * Names, labels and units are stable API; docs/telemetry.md lists them. Every label has a handful of
 * values that are known beforehand: never a record, a key, a scope or a path, which would make a
 * series for each client.
 */
import type { Listener, OncekeyEvent } from "oncekey";

export interface Measure {
  /** As OpenTelemetry has it; Prometheus adds what it makes of unit and kind. */
  readonly name: string;
  readonly help: string;
  /** UCUM. In braces it is only what is counted. */
  readonly unit: string;
  readonly labels: readonly string[];
}

export interface Duration extends Measure {
  readonly unit: "s";
  /** Where the buckets end, in seconds. */
  readonly bounds: readonly number[];
}

export type Labels = Readonly<Record<string, string>>;

/** From a value in a cache to an upload: handlers are anything. */
const RUN_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
/** Waiters ask after 50 ms at the earliest, and browsers give up after minutes. */
const WAIT_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** From memory to the time limit of 5 s, closest where a store on the same network stands. */
const STORE_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

const counted = (name: string, unit: string, help: string, labels: string[] = []): Measure => ({
  name: `oncekey.${name}`,
  unit: `{${unit}}`,
  help,
  labels,
});

const timed = (name: string, help: string, bounds: number[], labels: string[] = []): Duration => ({
  name: `oncekey.${name}`,
  unit: "s",
  help,
  labels,
  bounds,
});

export const COUNTERS = {
  requests: counted("requests", "request", "Requests with a key, by verdict.", ["verdict"]),
  takeovers: counted("takeovers", "run", "Runs whose earlier owner fell silent."),
  rollbacks: counted("rollbacks", "transaction", "Transactions that were rolled back."),
  renewed: counted("leases.renewed", "lease", "Leases renewed."),
  lost: counted("leases.lost", "lease", "Leases lost while their handler ran."),
  storeFailures: counted(
    "store.failures",
    "failure",
    "Store calls that failed, or gave no answer in time.",
    ["call"],
  ),
  lateWrites: counted(
    "late_writes",
    "write",
    "Writes tried on in the background, by what became of them.",
    ["outcome"],
  ),
  corrupt: counted("records.corrupt", "record", "Records met that could not be read."),
  reconciled: counted("reconciled", "record", "Records that `reconcile` was asked about.", [
    "outcome",
  ]),
  handlerFailures: counted("handler.failures", "failure", "Handlers that threw."),
};

export const DURATIONS = {
  run: timed("run", "How long handlers ran, by ending.", RUN_SECONDS, ["ending"]),
  wait: timed("wait", "How long duplicates waited for an owner.", WAIT_SECONDS),
  storeCall: timed("store.call", "How long store calls took.", STORE_SECONDS, ["call", "outcome"]),
};

export const IN_FLIGHT: Measure = counted(
  "runs.in_flight",
  "run",
  "Handlers that run in this process.",
);

/** An instrument for each measure, by the same names. */
export function mapped<Name extends string, Each extends Measure, Instrument>(
  measures: Readonly<Record<Name, Each>>,
  make: (measure: Each) => Instrument,
): Readonly<Record<Name, Instrument>> {
  const made = Object.entries<Each>(measures).map(([name, measure]) => [name, make(measure)]);
  return Object.fromEntries(made) as Record<Name, Instrument>;
}

/** What the reading needs of either kind of metrics. */
export interface Instruments {
  count(counter: keyof typeof COUNTERS, labels?: Labels): void;
  observe(duration: keyof typeof DURATIONS, seconds: number, labels?: Labels): void;
  /** A handler has begun, or ended. */
  inFlight(change: 1 | -1): void;
}

export function measuring({ count, observe, inFlight }: Instruments): Listener {
  /** What runs in this process. Bounded by its own runs, and never a label. */
  const running = new Set<string>();

  function entered(verdict: string, waitedMs: number): void {
    count("requests", { verdict });
    if (waitedMs > 0) observe("wait", waitedMs / 1_000);
  }

  function began(event: Extract<OncekeyEvent, { type: "claimed" }>): void {
    entered("run", event.waitedMs);
    if (event.attempt > 1) count("takeovers");
    if (running.has(event.record)) return;
    running.add(event.record);
    inFlight(1);
  }

  function ended(ending: string, record: string, ranMs: number): void {
    observe("run", ranMs / 1_000, { ending });
    if (running.delete(record)) inFlight(-1);
  }

  return function measuringListener(event) {
    switch (event.type) {
      case "claimed":
        began(event);
        return;
      case "replayed":
        entered("replay", event.waitedMs);
        return;
      case "in-flight":
      case "in-doubt":
      case "mismatch":
        entered(event.type, event.waitedMs);
        return;
      case "scope-unresolved":
      case "ran-unprotected":
        count("requests", { verdict: event.type });
        return;
      // The release or the completion of the same run follows.
      case "rolled-back":
        count("rollbacks");
        return;
      case "completed":
      case "released":
      case "gave-up":
      case "superseded":
      case "not-recorded":
        ended(event.type, event.record, event.ranMs);
        return;
      case "renewed":
        count("renewed");
        return;
      case "lease-lost":
        count("lost");
        return;
      case "store-called": {
        const outcome = event.failed ? "failed" : "answered";
        observe("storeCall", event.tookMs / 1_000, { call: event.call, outcome });
        return;
      }
      case "store-failed":
        count("storeFailures", { call: event.call });
        return;
      case "record-corrupt":
        count("corrupt");
        return;
      case "recovered":
      case "abandoned":
        count("lateWrites", { outcome: event.type });
        return;
      case "reconciled":
        count("reconciled", { outcome: event.happened ? "happened" : "did-not-happen" });
        return;
      case "reconcile-failed":
        count("reconciled", { outcome: "failed" });
        return;
      case "handler-failed":
        count("handlerFailures");
        return;
    }
  };
}
