/**
 * The event stream in traces, by the OpenTelemetry API alone: `onEvent: createSpans()`.
 *
 * No span for a request is opened here: the application's own instrumentation has one already. It is
 * told what became of the key, as span events, and each store call becomes a child of it. What a
 * timer tells (a renewal, a lost lease) is told to the span under which the record was claimed: the
 * timer is shared, and its own context would be some other request's.
 */
import {
  type Attributes,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import type { Listener, OncekeyEvent } from "oncekey";

export interface SpansOptions {
  /** Makes the spans of the store calls. By default the one that is registered for "oncekey". */
  readonly tracer?: Tracer;
}

type StoreCalled = Extract<OncekeyEvent, { type: "store-called" }>;

export function createSpans(options: SpansOptions = {}): Listener {
  const { tracer = trace.getTracer("oncekey") } = options;
  /** The spans of what runs in this process, by record. */
  const running = new Map<string, Span>();

  function storeCalled({ call, tookMs, failed }: StoreCalled): void {
    // Renewals are made by the shared timer: there is no request that they belong to.
    if (call === "renew" || trace.getActiveSpan() === undefined) return;
    const endedAt = Date.now();
    const attributes = { "oncekey.call": call };
    const kind = SpanKind.CLIENT;
    const startTime = endedAt - tookMs;
    const span = tracer.startSpan(`oncekey ${call}`, { kind, startTime, attributes });
    if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(endedAt);
  }

  return function spansListener(event) {
    if (event.type === "store-called") {
      storeCalled(event);
      return;
    }
    const record = "record" in event ? event.record : undefined;
    const claimedBy = record === undefined ? undefined : running.get(record);
    const span = isOfTimer(event) ? claimedBy : (trace.getActiveSpan() ?? claimedBy);
    span?.addEvent(`oncekey.${event.type}`, attributesOf(event));
    if (record === undefined) return;
    if (event.type === "claimed" && span !== undefined) running.set(record, span);
    if (isEnding(event)) running.delete(record);
  };
}

function isOfTimer(event: OncekeyEvent): boolean {
  switch (event.type) {
    case "renewed":
    case "lease-lost":
    case "recovered":
    case "abandoned":
      return true;
    case "store-failed":
      return event.call === "renew";
    default:
      return false;
  }
}

function isEnding({ type }: OncekeyEvent): boolean {
  const endings = ["completed", "released", "gave-up", "superseded", "not-recorded"];
  return endings.includes(type);
}

/** Of an error only its name: what a driver says in a message may hold anything. */
function attributesOf(event: OncekeyEvent): Attributes {
  const attributes: Attributes = {};
  if ("record" in event) attributes["oncekey.record"] = event.record;
  if ("attempt" in event) attributes["oncekey.attempt"] = event.attempt;
  if ("waitedMs" in event) attributes["oncekey.waited_ms"] = event.waitedMs;
  if ("ranMs" in event) attributes["oncekey.ran_ms"] = event.ranMs;
  if ("call" in event) attributes["oncekey.call"] = event.call;
  if ("happened" in event) attributes["oncekey.happened"] = event.happened;
  if ("reason" in event) attributes["oncekey.reason"] = event.reason;
  if ("error" in event && event.error instanceof Error) attributes["error.type"] = event.error.name;
  return attributes;
}
