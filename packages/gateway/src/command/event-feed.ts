/**
 * The stream of a gateway's events, read for as long as it is wanted: lost, and found again.
 *
 * Who is at the other end is not known, so what it says is bounded: a message has a length, and a
 * silence an end.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { LiveMessage } from "@oncekey/dashboard/events";
import { createParser } from "eventsource-parser";
import { Complaint, reasonOf, rootOf } from "../complaint.ts";
import { Ending } from "./ending.ts";

export interface Feed {
  /** Where the stream is: `/events` of an admin address. */
  readonly url: URL;
  /** Ends the reading. */
  readonly signal: AbortSignal;
  onMessage(message: LiveMessage): void;
  /** The stream that was there is lost, and tried again from now on. */
  onLost(why: string): void;
  onBack(): void;
}

/** The first message is sent at once. */
const FIRST_MS = 10_000;
/** A gateway says something every 15 s, and two of these may be late. */
const SILENCE_MS = 40_000;
/** A message lists at most a hundred events. */
const MESSAGE_CHARS_MAX = 1024 * 1024;
/** How soon it is tried again, unless the gateway says so. */
const RETRY_MS = 1_000;
const RETRY_MS_MAX = 30_000;

/** What goes on from one connection to the next. */
interface Place {
  lastId: string | undefined;
  retryMs: number;
}

/** Somebody answered who is no gateway, in words that follow "there". */
class Stranger extends Error {
  override readonly name = "Stranger";
}

/**
 * Resolves when `signal` is aborted. Throws a `Complaint` if there are no events at the address to
 * begin with, and an `Ending` if a stranger answers there later.
 */
export async function follow(feed: Feed): Promise<void> {
  const place: Place = { lastId: undefined, retryMs: RETRY_MS };
  const stream = { hasBegun: false, isLost: false };
  const onMessage = (message: LiveMessage) => {
    if (stream.isLost) feed.onBack();
    stream.hasBegun = true;
    stream.isLost = false;
    feed.onMessage(message);
  };
  for (;;) {
    const why = await read(feed, place, onMessage).catch((error: unknown) => error);
    if (feed.signal.aborted) return;
    if (!stream.hasBegun) throw notFound(why, feed.url);
    if (why instanceof Stranger)
      throw new Ending(1, `No gateway is there any more: ${why.message}.`);
    if (!stream.isLost) feed.onLost(whyOf(why));
    stream.isLost = true;
    await pause(place.retryMs, undefined, { signal: feed.signal }).catch(() => {});
  }
}

const whyOf = (error: unknown): string =>
  error === undefined ? "the gateway ended it" : reasonOf(rootOf(error));

function notFound(error: unknown, { origin }: URL): Complaint {
  if (error instanceof Stranger) {
    return new Complaint(
      `Expected URL to be the --admin address of a gateway, such as http://127.0.0.1:9091: ${error.message}.`,
    );
  }
  return new Complaint(
    `Could not read the events of ${origin}: ${whyOf(error)}. Does a gateway run there, with --admin?`,
  );
}

/** One connection, to its end. */
async function read(
  { url, signal }: Pick<Feed, "url" | "signal">,
  place: Place,
  onMessage: (message: LiveMessage) => void,
): Promise<void> {
  const silence = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const expectWithin = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(new Error("it fell silent")), ms);
  };
  expectWithin(FIRST_MS);
  try {
    const { body } = await opened(url, place, AbortSignal.any([signal, silence.signal]));
    let hasBegun = false;
    const parser = parserOf(place, (message) => {
      hasBegun = true;
      onMessage(message);
    });
    const decoder = new TextDecoder();
    for await (const chunk of body ?? []) {
      parser.feed(decoder.decode(chunk, { stream: true }));
      if (hasBegun) expectWithin(SILENCE_MS);
    }
    if (!hasBegun) throw new Stranger("what answers there told no events");
  } finally {
    clearTimeout(timer);
  }
}

async function opened(url: URL, { lastId }: Place, signal: AbortSignal): Promise<Response> {
  const response = await fetch(url, {
    headers: {
      accept: "text/event-stream",
      ...(lastId !== undefined && { "last-event-id": lastId }),
    },
    redirect: "manual",
    signal,
  });
  const [type] = (response.headers.get("content-type") ?? "").split(";", 1);
  if (response.ok && type === "text/event-stream") return response;
  await response.body?.cancel();
  // Too many are listening, or a balancer has nobody behind it: it may be otherwise in a moment.
  if (response.status >= 500) throw new Error(`it answered ${response.status}`);
  throw new Stranger(
    response.ok
      ? "what answers there tells no events"
      : `what is there answered ${response.status}`,
  );
}

function parserOf(place: Place, onMessage: (message: LiveMessage) => void) {
  return createParser({
    maxBufferSize: MESSAGE_CHARS_MAX,
    onEvent({ id, data }) {
      const message = messageOf(data);
      place.lastId = id;
      onMessage(message);
    },
    onRetry(ms) {
      place.retryMs = Math.min(Math.max(ms, RETRY_MS), RETRY_MS_MAX);
    },
    onError({ type }) {
      // A field that is not known yet is passed over, as the standard says.
      if (type === "max-buffer-size-exceeded") throw new Stranger(OTHER);
    },
  });
}

const OTHER = "what answers there tells something else";

function messageOf(data: string): LiveMessage {
  let message: Partial<LiveMessage> | null;
  try {
    message = JSON.parse(data) as Partial<LiveMessage> | null;
  } catch {
    throw new Stranger(OTHER);
  }
  const { events, merged, isGap } = message ?? {};
  if (!Array.isArray(events) || typeof merged !== "number" || typeof isGap !== "boolean") {
    throw new Stranger(OTHER);
  }
  return { events: events.filter(isEvent), merged, isGap };
}

function isEvent(event: unknown): boolean {
  if (typeof event !== "object" || event === null) return false;
  const { type, label, at }: { type?: unknown; label?: unknown; at?: unknown } = event;
  return typeof type === "string" && typeof label === "string" && Number.isSafeInteger(at);
}
