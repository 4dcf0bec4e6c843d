/** Traces over the real event stream, with the SDK that applications use. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { context, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { type OncekeyEvent, oncekey, type Store, StoreUnavailable } from "oncekey";
import { memoryStore } from "oncekey/memory";
import { createSpans } from "../../src/telemetry/spans.ts";

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const tracer = provider.getTracer("test");
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
after(() => provider.shutdown());

const WORK = { scope: "customer-7", key: "order-1" };

/** What was traced while a request with this name ran. */
async function traced(name: string, request: () => Promise<unknown>) {
  const traceId = await tracer.startActiveSpan(name, async (span) => {
    await request();
    span.end();
    return span.spanContext().traceId;
  });
  const spans = exporter
    .getFinishedSpans()
    .filter((span) => span.spanContext().traceId === traceId);
  const own = spans.find((span) => span.name === name);
  ok(own !== undefined);
  return { own, calls: spans.filter((span) => span !== own) };
}

const eventsOf = ({ events }: ReadableSpan): string[] => events.map(({ name }) => name);

function world(store: Store = memoryStore()) {
  return oncekey({ store, onEvent: createSpans({ tracer }) });
}

test("the request's span is told what became of its key", async () => {
  const once = world();
  const first = await traced("first", () => once.run(WORK, () => "done"));
  const second = await traced("second", () => once.run(WORK, () => "again"));
  deepEqual(eventsOf(first.own), ["oncekey.claimed", "oncekey.completed"]);
  deepEqual(eventsOf(second.own), ["oncekey.replayed"]);
  const [claimed, completed] = first.own.events;
  equal(claimed?.attributes?.["oncekey.attempt"], 1);
  equal(typeof completed?.attributes?.["oncekey.ran_ms"], "number");
  equal(
    claimed?.attributes?.["oncekey.record"],
    second.own.events[0]?.attributes?.["oncekey.record"],
  );
});

test("each store call is a child of the request's span, as long as it took", async () => {
  const inner = memoryStore();
  const store: Store = {
    ...inner,
    async claim(request) {
      await pause(30);
      return inner.claim(request);
    },
  };
  const { own, calls } = await traced("request", () => world(store).run(WORK, () => "done"));
  deepEqual(
    calls.map(({ name }) => name),
    ["oncekey claim", "oncekey complete"],
  );
  for (const call of calls) equal(call.parentSpanContext?.spanId, own.spanContext().spanId);
  const [seconds = 0, nanoseconds = 0] = calls[0]?.duration ?? [];
  ok(seconds * 1_000 + nanoseconds / 1e6 >= 25, "at least as long as the store paused");
});

test("a store call that fails is an error, with its name and without its message", async () => {
  const store: Store = {
    ...memoryStore(),
    claim: () => Promise.reject(new StoreUnavailable("password=secret")),
  };
  const { own, calls } = await traced("request", () =>
    rejects(
      world(store).run(WORK, () => "done"),
      StoreUnavailable,
    ),
  );
  ok(calls.length > 0 && calls.every(({ status }) => status.code === SpanStatusCode.ERROR));
  ok(own.events.every(({ attributes }) => attributes?.["error.type"] === "StoreUnavailable"));
  ok(!JSON.stringify(own.events).includes("secret"));
});

test("a renewal is told to the request that it belongs to, whoever set the timer", async () => {
  const spans = createSpans({ tracer });
  // Ends at the renewal, or else the test fails after 20 s. Leases do not keep a process alive.
  const renewed = new AbortController();
  const untilRenewed = () =>
    pause(20_000, undefined, { signal: renewed.signal }).catch(() => undefined);
  const onEvent = (event: OncekeyEvent) => {
    spans(event);
    if (event.type === "renewed" && event.label === "long") renewed.abort();
  };
  const once = oncekey({ store: memoryStore(), leaseMs: 3_000, onEvent });
  const run = (label: string, call: () => Promise<void>) =>
    traced(label, () => once.run({ ...WORK, key: label, label }, call));
  const short = run("short", () => pause(5));
  const long = run("long", untilRenewed);
  const [{ own: brief, calls }, { own }] = await Promise.all([short, long]);
  ok(eventsOf(own).includes("oncekey.renewed"), `Expected a renewal, got ${eventsOf(own)}.`);
  ok(!eventsOf(brief).includes("oncekey.renewed"));
  ok(calls.every(({ name }) => name !== "oncekey renew"));
});

test("S-30: no span holds a key or a scope", async () => {
  const once = world();
  const { own, calls } = await traced("request", () => once.run(WORK, () => "done"));
  const told = JSON.stringify(
    [own, ...calls].map(({ name, attributes, events }) => [name, attributes, events]),
  );
  ok(!told.includes(WORK.key) && !told.includes(WORK.scope), told);
});

test("without an SDK, and outside of any span, nothing happens", async () => {
  equal(trace.getActiveSpan(), undefined);
  const before = exporter.getFinishedSpans().length;
  const once = oncekey({ store: memoryStore(), onEvent: createSpans() });
  equal((await once.run(WORK, () => "done")).kind, "completed");
  equal(exporter.getFinishedSpans().length, before);
});
