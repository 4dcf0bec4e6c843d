/**
 * The event stream as Prometheus metrics: `onEvent: createMetrics({ registry })`.
 *
 * The names are what Prometheus makes of OpenTelemetry's: a counter ends in `_total`, a duration in
 * `_seconds`.
 */
import type { Listener } from "oncekey";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { COUNTERS, DURATIONS, IN_FLIGHT, type Measure, mapped, measuring } from "./measures.ts";

export interface MetricsOptions {
  /** Where the metrics are registered: one registry holds them once. */
  readonly registry: Registry;
}

export function createMetrics({ registry }: MetricsOptions): Listener {
  const registers = [registry];
  const common = ({ help, labels }: Measure) => ({ help, labelNames: [...labels], registers });
  // Made all at once, so that each is there, at 0, before anything has happened.
  const counters = mapped(
    COUNTERS,
    (counter) => new Counter({ name: `${underscored(counter)}_total`, ...common(counter) }),
  );
  const histograms = mapped(
    DURATIONS,
    (duration) =>
      new Histogram({
        name: `${underscored(duration)}_seconds`,
        buckets: [...duration.bounds],
        ...common(duration),
      }),
  );
  const running = new Gauge({ name: underscored(IN_FLIGHT), ...common(IN_FLIGHT) });
  return measuring({
    count: (counter, labels = {}) => counters[counter].inc(labels),
    observe: (duration, seconds, labels = {}) => histograms[duration].observe(labels, seconds),
    inFlight: (change) => running.inc(change),
  });
}

const underscored = ({ name }: Measure): string => name.replaceAll(".", "_");
