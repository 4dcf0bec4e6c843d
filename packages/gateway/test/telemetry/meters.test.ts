/** OpenTelemetry metrics with the SDK that applications use, held against those for Prometheus. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { metrics } from "@opentelemetry/api";
import {
  type DataPoint,
  DataPointType,
  type Histogram,
  MeterProvider,
  type MetricData,
  MetricReader,
} from "@opentelemetry/sdk-metrics";
import { oncekey } from "oncekey";
import { memoryStore } from "oncekey/memory";
import { Registry } from "prom-client";
import { createMeters } from "../../src/telemetry/meters.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { EVENTS, everyForm } from "./every-event.ts";

const PAGE = join(import.meta.dirname, "../../../../../docs/telemetry.md");

/** Reads when it is asked, and sends nothing anywhere. */
class Asked extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

function world() {
  const reader = new Asked();
  const provider = new MeterProvider({ readers: [reader] });
  after(() => provider.shutdown());
  return {
    provider,
    listener: createMeters({ meter: provider.getMeter("test") }),
    async measured(): Promise<readonly MetricData[]> {
      const { resourceMetrics, errors } = await reader.collect();
      deepEqual(errors, []);
      return resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
    },
  };
}

type Summed = Pick<Histogram, "count" | "sum">;

interface Series {
  readonly labels: string;
  readonly value: number;
}

/** A series for each point; of a histogram how many there were, and their sum. */
function seriesOf({ dataPoints }: MetricData): readonly Series[] {
  const points: readonly DataPoint<number | Summed>[] = dataPoints;
  return points.flatMap(({ attributes, value }) => {
    const labels = Object.entries(attributes).map(([name, said]) => {
      match(name, /^oncekey\.[a-z]+$/);
      return `${name.slice("oncekey.".length)}=${said}`;
    });
    const sorted = labels.toSorted().join();
    if (typeof value === "number") return [{ labels: sorted, value }];
    return [
      { labels: `count ${sorted}`, value: value.count },
      { labels: `sum ${sorted}`, value: value.sum ?? 0 },
    ];
  });
}

/** What OpenTelemetry's own rules for Prometheus make of a name, a unit and a kind. */
function translated({ descriptor, dataPointType, ...data }: MetricData): string {
  const name = descriptor.name.replaceAll(".", "_");
  if (descriptor.unit === "s") return `${name}_seconds`;
  match(descriptor.unit, /^\{[a-z]+\}$/);
  ok(dataPointType === DataPointType.SUM);
  return "isMonotonic" in data && data.isMonotonic ? `${name}_total` : name;
}

test("every event is measured", async () => {
  const all = world();
  for (const event of everyForm()) all.listener(event);
  const whole = await all.measured();
  for (const left of Object.keys(EVENTS)) {
    const { listener, measured } = world();
    for (const event of everyForm()) if (event.type !== left) listener(event);
    const without = (await measured()).map((each) => [each.descriptor.name, seriesOf(each)]);
    const expected = whole.map((each) => [each.descriptor.name, seriesOf(each)]);
    ok(JSON.stringify(without) !== JSON.stringify(expected), left);
  }
});

test("each metric is that of Prometheus, by name, labels and value", async () => {
  const { listener, measured } = world();
  const registry = new Registry();
  const prometheus = createMetrics({ registry });
  for (const event of everyForm()) {
    listener(event);
    prometheus(event);
  }
  const here = Object.fromEntries(
    (await measured()).map((metric) => [translated(metric), seriesOf(metric)]),
  );
  const there = Object.fromEntries(
    (await registry.getMetricsAsJSON()).map(({ name, values }) => [
      name,
      values
        .map(({ labels, value, ...rest }) => {
          const part = /_(bucket|sum|count)$/.exec(
            String("metricName" in rest ? rest.metricName : ""),
          )?.[1];
          const sorted = Object.entries(labels)
            .map(([label, said]) => `${label}=${said}`)
            .toSorted()
            .join();
          return { labels: part === undefined ? sorted : `${part} ${sorted}`, value };
        })
        .filter(({ labels }) => !labels.startsWith("bucket")),
    ]),
  );
  deepEqual(Object.keys(here).toSorted(), Object.keys(there).toSorted());
  const inOrder = (series: readonly Series[] = []) =>
    series.toSorted((one, other) => (one.labels < other.labels ? -1 : 1));
  for (const name of Object.keys(here)) {
    deepEqual(inOrder(here[name]), inOrder(there[name]), name);
  }
});

test("over a real engine, runs in flight go up and down again, and durations are in seconds", async () => {
  const { listener, measured } = world();
  const once = oncekey({ store: memoryStore(), onEvent: listener });
  const inFlight = async () => {
    const found = (await measured()).find(
      ({ descriptor }) => descriptor.name === "oncekey.runs.in_flight",
    );
    return found?.dataPoints[0]?.value;
  };
  const work = { scope: "customer-7", key: "order-1" };
  await once.run(work, async () => {
    equal(await inFlight(), 1);
  });
  equal(await inFlight(), 0);
  listener({ ...EVENTS.replayed, waitedMs: 250 });
  const wait = (await measured()).find(({ descriptor }) => descriptor.name === "oncekey.wait");
  ok(wait !== undefined);
  deepEqual(seriesOf(wait), [
    { labels: "count ", value: 1 },
    { labels: "sum ", value: 0.25 },
  ]);
});

test("S-30: a thousand records make no series more than one, and none is named", async () => {
  const { listener, measured } = world();
  const play = (record: string) => {
    for (const event of everyForm()) {
      listener("record" in event ? { ...event, record, label: `POST /${record}` } : event);
    }
  };
  const series = async () => (await measured()).flatMap(seriesOf).length;
  play("000000000000");
  const one = await series();
  for (let index = 1; index <= 1_000; index++) play(index.toString(16).padStart(12, "0"));
  equal(await series(), one);
  const text = JSON.stringify((await measured()).map((metric) => [metric, seriesOf(metric)]));
  ok(!text.includes("POST") && !text.includes("secret") && !text.includes("0000003e8"));
});

test("docs/telemetry.md has every metric, its instrument, unit and attributes, and no other", async () => {
  const { listener, measured } = world();
  for (const event of everyForm()) listener(event);
  const rows = readFileSync(PAGE, "utf8").matchAll(
    /^\| `(oncekey\.[\w.]+)` \| ([a-z -]+) \| `(\S+)` \|([^|]*)\| `(oncekey_\w+)` \|$/gm,
  );
  const documented = [...rows].map(([, name, kind, unit, attributes = "", there]) => {
    const named = [...attributes.matchAll(/`([\w.]+)`/g)].map(([, attribute]) => attribute);
    return [name, kind, unit, ...named, there].join(" ");
  });
  const emitted = (await measured()).map((metric) => {
    const { descriptor, dataPointType } = metric;
    const isHistogram = dataPointType === DataPointType.HISTOGRAM;
    const isCounter = dataPointType === DataPointType.SUM && metric.isMonotonic;
    const kind = isHistogram ? "histogram" : isCounter ? "counter" : "up-down counter";
    const points: readonly DataPoint<unknown>[] = metric.dataPoints;
    const named = new Set(points.flatMap(({ attributes }) => Object.keys(attributes)));
    return [descriptor.name, kind, descriptor.unit, ...named, translated(metric)].join(" ");
  });
  deepEqual(documented.toSorted(), emitted.toSorted());
});

test("without an SDK nothing happens, and with one that is registered its meter counts", async () => {
  const before = createMeters();
  const reader = new Asked();
  const provider = new MeterProvider({ readers: [reader] });
  metrics.setGlobalMeterProvider(provider);
  after(async () => {
    metrics.disable();
    await provider.shutdown();
  });
  before(EVENTS.replayed);
  deepEqual((await reader.collect()).resourceMetrics.scopeMetrics, []);
  createMeters()(EVENTS.replayed);
  const [scope] = (await reader.collect()).resourceMetrics.scopeMetrics;
  equal(scope?.scope.name, "oncekey");
  deepEqual(
    scope?.metrics.map(({ descriptor }) => descriptor.name),
    ["oncekey.requests"],
  );
});
