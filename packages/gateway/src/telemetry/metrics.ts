/**
 * The event stream as Prometheus metrics: `onEvent: createMetrics({ registry })`.
 *
 * The name and the labels of each metric are stable API; docs/telemetry.md lists them. Every label
 * has a handful of values that are known beforehand: never a record, a key, a scope or a path, which
 * would make a series for each client.
 */
import type { Listener, OncekeyEvent } from "oncekey";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

export interface MetricsOptions {
  /** Where the metrics are registered: one registry holds them once. */
  readonly registry: Registry;
}

/** From a value in a cache to an upload: handlers are anything. */
const RUN_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
/** Waiters ask after 50 ms at the earliest, and browsers give up after minutes. */
const WAIT_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** From memory to the time limit of 5 s, closest where a store on the same network stands. */
const STORE_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export function createMetrics({ registry }: MetricsOptions): Listener {
  const metrics = register(registry);
  const { requests, runs, waits, calls, failures, lateWrites, reconciled } = metrics;
  /** What runs in this process. Bounded by its own runs, and never a label. */
  const running = new Set<string>();

  function entered(verdict: string, waitedMs: number): void {
    requests.inc({ verdict });
    if (waitedMs > 0) waits.observe(waitedMs / 1_000);
  }

  function began(event: Extract<OncekeyEvent, { type: "claimed" }>): void {
    entered("run", event.waitedMs);
    if (event.attempt > 1) metrics.takeovers.inc();
    running.add(event.record);
    metrics.inFlight.set(running.size);
  }

  function ended({ record }: { readonly record: string }): void {
    running.delete(record);
    metrics.inFlight.set(running.size);
  }

  return function metricsListener(event) {
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
        requests.inc({ verdict: event.type });
        return;
      // The release or the completion of the same run follows.
      case "rolled-back":
        metrics.rolledBack.inc();
        return;
      case "completed":
      case "released":
      case "gave-up":
      case "superseded":
      case "not-recorded":
        runs.observe({ ending: event.type }, event.ranMs / 1_000);
        ended(event);
        return;
      case "renewed":
        metrics.renewed.inc();
        return;
      case "lease-lost":
        metrics.lost.inc();
        return;
      case "store-called":
        calls.observe(
          { call: event.call, outcome: event.failed ? "failed" : "answered" },
          event.tookMs / 1_000,
        );
        return;
      case "store-failed":
        failures.inc({ call: event.call });
        return;
      case "record-corrupt":
        metrics.corrupt.inc();
        return;
      case "recovered":
      case "abandoned":
        lateWrites.inc({ outcome: event.type });
        return;
      case "reconciled":
        reconciled.inc({ outcome: event.happened ? "happened" : "did-not-happen" });
        return;
      case "reconcile-failed":
        reconciled.inc({ outcome: "failed" });
        return;
      case "handler-failed":
        metrics.handlerFailures.inc();
        return;
    }
  };
}

/** Makes them all at once, so that each is there, at 0, before anything has happened. */
function register(registry: Registry) {
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter({ name, help, labelNames, registers });
  const histogram = <Label extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: Label[] = [],
  ) => new Histogram({ name, help, buckets, labelNames, registers });

  return {
    requests: counter("oncekey_requests_total", "Requests with a key, by verdict.", ["verdict"]),
    inFlight: new Gauge({
      name: "oncekey_runs_in_flight",
      help: "Handlers that run in this process.",
      registers,
    }),
    takeovers: counter("oncekey_takeovers_total", "Runs whose earlier owner fell silent."),
    runs: histogram("oncekey_run_seconds", "How long handlers ran, by ending.", RUN_SECONDS, [
      "ending",
    ]),
    rolledBack: counter("oncekey_rollbacks_total", "Transactions that were rolled back."),
    waits: histogram(
      "oncekey_wait_seconds",
      "How long duplicates waited for an owner.",
      WAIT_SECONDS,
    ),
    renewed: counter("oncekey_leases_renewed_total", "Leases renewed."),
    lost: counter("oncekey_leases_lost_total", "Leases lost while their handler ran."),
    calls: histogram("oncekey_store_call_seconds", "How long store calls took.", STORE_SECONDS, [
      "call",
      "outcome",
    ]),
    failures: counter(
      "oncekey_store_failures_total",
      "Store calls that failed, or gave no answer in time.",
      ["call"],
    ),
    lateWrites: counter(
      "oncekey_late_writes_total",
      "Writes tried on in the background, by what became of them.",
      ["outcome"],
    ),
    corrupt: counter("oncekey_records_corrupt_total", "Records met that could not be read."),
    reconciled: counter("oncekey_reconciled_total", "Records that `reconcile` was asked about.", [
      "outcome",
    ]),
    handlerFailures: counter("oncekey_handler_failures_total", "Handlers that threw."),
  };
}
