/**
 * The event stream as OpenTelemetry metrics, by its API alone: `onEvent: createMeters()`.
 *
 * They are the metrics of `createMetrics`, under the names that OpenTelemetry's conventions give
 * them: words with dots, no unit in a name, and attributes of a namespace of our own.
 */
import { type Meter, metrics } from "@opentelemetry/api";
import type { Listener } from "oncekey";
import {
  COUNTERS,
  DURATIONS,
  IN_FLIGHT,
  type Labels,
  type Measure,
  mapped,
  measuring,
} from "./measures.ts";

export interface MetersOptions {
  /** Makes the instruments. By default the one that is registered for "oncekey" by then. */
  readonly meter?: Meter;
}

/** Call it once the SDK is registered: before, the API's own meter counts nothing, for ever. */
export function createMeters(options: MetersOptions = {}): Listener {
  const { meter = metrics.getMeter("oncekey") } = options;
  const counters = mapped(COUNTERS, (each) => meter.createCounter(each.name, described(each)));
  const histograms = mapped(DURATIONS, (each) =>
    meter.createHistogram(each.name, {
      ...described(each),
      advice: { explicitBucketBoundaries: [...each.bounds] },
    }),
  );
  const running = meter.createUpDownCounter(IN_FLIGHT.name, described(IN_FLIGHT));
  return measuring({
    count: (counter, labels) => counters[counter].add(1, attributesOf(labels)),
    observe: (duration, seconds, labels) =>
      histograms[duration].record(seconds, attributesOf(labels)),
    inFlight: (change) => running.add(change),
  });
}

const described = ({ help, unit }: Measure) => ({ description: help, unit });

const attributesOf = (labels: Labels = {}): Labels =>
  Object.fromEntries(Object.entries(labels).map(([name, value]) => [`oncekey.${name}`, value]));
