/** Metrics over the real event stream, and the two pages that name them: the docs, the dashboard. */
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { oncekey } from "oncekey";
import { memoryStore } from "oncekey/memory";
import { Registry } from "prom-client";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { EVENTS, everyForm } from "./every-event.ts";

const PACKAGE = join(import.meta.dirname, "../../..");
const TYPES = ["counter", "gauge", "histogram"];

function world() {
  const registry = new Registry();
  return { registry, listener: createMetrics({ registry }) };
}

/** The value of a series, 0 if there is none; of a histogram with `_count` or `_sum`. */
async function seriesValue(registry: Registry, series: string): Promise<number> {
  const line = (await registry.metrics()).split("\n").find((each) => each.startsWith(`${series} `));
  return line === undefined ? 0 : Number(line.slice(series.length + 1));
}

test("every event changes a metric", async () => {
  for (const event of Object.values(EVENTS)) {
    const { registry, listener } = world();
    const before = await registry.metrics();
    listener(event);
    // An ending without its claim leaves the gauge at 0, and counts in the histogram.
    ok((await registry.metrics()) !== before, event.type);
  }
});

test("requests are counted by verdict, and runs by ending, over a real engine", async () => {
  const { registry, listener } = world();
  const once = oncekey({ store: memoryStore(), onEvent: listener });
  const work = { scope: "customer-7", key: "order-1" };
  await once.run(work, async () => {
    equal(await seriesValue(registry, "oncekey_runs_in_flight"), 1);
  });
  await once.run(work, () => "again");
  await once.run({ ...work, fingerprint: "other" }, () => "again");
  const failing = once.run({ ...work, key: "order-2" }, () => Promise.reject(new Error("no")));
  await rejects(failing, /no/);
  await once.run({ ...work, key: "order-2" }, () => "again");
  for (const [series, value] of [
    ['oncekey_requests_total{verdict="run"}', 2],
    ['oncekey_requests_total{verdict="replay"}', 1],
    ['oncekey_requests_total{verdict="mismatch"}', 1],
    ['oncekey_requests_total{verdict="in-doubt"}', 1],
    ['oncekey_run_seconds_count{ending="completed"}', 1],
    ['oncekey_run_seconds_count{ending="gave-up"}', 1],
    ['oncekey_store_call_seconds_count{call="claim",outcome="answered"}', 5],
    ['oncekey_store_call_seconds_count{call="complete",outcome="answered"}', 1],
    ["oncekey_runs_in_flight", 0],
  ] as const) {
    equal(await seriesValue(registry, series), value, series);
  }
});

test("durations are in seconds, and who did not wait is not in the histogram of waits", async () => {
  const { registry, listener } = world();
  listener({ ...EVENTS.completed, ranMs: 1_500 });
  listener({ ...EVENTS.replayed, waitedMs: 250 });
  listener({ ...EVENTS.replayed, waitedMs: 0 });
  equal(await seriesValue(registry, 'oncekey_run_seconds_sum{ending="completed"}'), 1.5);
  equal(await seriesValue(registry, "oncekey_wait_seconds_sum"), 0.25);
  equal(await seriesValue(registry, "oncekey_wait_seconds_count"), 1);
});

test("S-30: a thousand records make no series more than one, and none is named", async () => {
  const { registry, listener } = world();
  const play = (record: string) => {
    for (const event of Object.values(EVENTS)) {
      listener("record" in event ? { ...event, record, label: `POST /${record}` } : event);
    }
  };
  const series = async () =>
    (await registry.metrics()).split("\n").filter((line) => !line.startsWith("#")).length;
  play("000000000000");
  const one = await series();
  for (let index = 1; index <= 1_000; index++) play(index.toString(16).padStart(12, "0"));
  equal(await series(), one);
  const text = await registry.metrics();
  ok(!text.includes("POST") && !text.includes("secret") && !text.includes("0000003e8"));
});

test("docs/telemetry.md has every metric, its kind and its labels, and no other", async () => {
  const page = readFileSync(join(PACKAGE, "../../docs/telemetry.md"), "utf8");
  const rows = page.matchAll(/^\| `(oncekey_\w+)` \| (\w+) \|([^|]*)\|/gm);
  const documented = [...rows].map(([, name, kind, labels = ""]) =>
    [name, kind, ...[...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label)].join(" "),
  );
  const emitted = (await played()).map(({ name, type, labels }) =>
    [name, type, ...labels].join(" "),
  );
  deepEqual(documented.toSorted(), emitted.toSorted());
});

test("docs/telemetry.md names every value of a label that was emitted", async () => {
  const page = readFileSync(join(PACKAGE, "../../docs/telemetry.md"), "utf8");
  for (const { name, values } of await played()) {
    const row = page.split("\n").find((line) => line.startsWith(`| \`${name}\``)) ?? "";
    for (const value of values) ok(row.includes(`\`${value}\``), `${name}: ${value}`);
  }
});

test("the dashboard asks for every metric, and for no other", async () => {
  const dashboard = readFileSync(join(PACKAGE, "grafana/oncekey.json"), "utf8");
  const { panels } = JSON.parse(dashboard) as {
    readonly panels: readonly { readonly targets?: readonly { readonly expr: string }[] }[];
  };
  const metrics = await played();
  const asked = new Set<string>();
  for (const { expr } of panels.flatMap(({ targets = [] }) => targets)) {
    match(expr, /oncekey_/);
    for (const [series] of expr.matchAll(/\boncekey_\w+/g)) {
      const found = metrics.find(({ name, type }) => namesOf(name, type).includes(series));
      ok(found !== undefined, `the dashboard asks for ${series}`);
      asked.add(found.name);
      for (const [, label = ""] of expr.matchAll(/(?:by \(|, )(\w+)[,)]/g)) {
        const known = ["le", ...metrics.flatMap(({ labels }) => labels)];
        ok(known.includes(label), `the dashboard sums by ${label}`);
      }
    }
  }
  deepEqual([...asked].toSorted(), metrics.map(({ name }) => name).toSorted());
});

/** A histogram is asked for by its parts. */
const namesOf = (name: string, type: string): readonly string[] =>
  type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];

/** Every metric, after one event of each type and each form that they have. */
async function played() {
  const { registry, listener } = world();
  for (const event of everyForm()) listener(event);
  const metrics = await registry.getMetricsAsJSON();
  return metrics.map(({ name, type, values }) => {
    const kind = String(type);
    ok(TYPES.includes(kind), `${name} is a ${kind}`);
    const labels = values.flatMap((value) =>
      Object.entries(value.labels).filter(([label]) => label !== "le"),
    );
    return {
      name,
      type: kind,
      labels: [...new Set(labels.map(([label]) => label))],
      values: [...new Set(labels.map(([, value]) => String(value)))],
    };
  });
}
