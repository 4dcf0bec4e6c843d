/**
 * The live stream: server-sent events, at most twenty messages a second, however much happens.
 *
 * A message holds what came since the one before. Its id names this process and the number of its
 * last event, so that a browser that comes back goes on where it was; where that is not possible
 * any more, it is told that something is missing.
 */
import { answer, Refusal } from "./answers.ts";
import type { EventMemory, SeenEvent } from "./event-memory.ts";

export interface LiveMessage {
  readonly events: readonly SeenEvent[];
  /** Events that are not in the list, because there were too many at once. */
  readonly merged: number;
  /** Events that came while nobody listened, and that nobody remembers. */
  readonly isGap: boolean;
}

export interface Live {
  /** Throws a `Refusal` when too many are listening. */
  open(request: Request): Response;
  /** How many are listening. */
  readonly listeners: number;
  /** Tells every listener what it has not been told yet, and ends its stream. */
  close(): void;
}

/** Twenty a second: more than anybody can read. */
const SPACING_MS = 50;
/** In one message. What is above is only counted. */
const LISTED_MAX = 100;
/** Each holds a connection open. */
const STREAMS_MAX = 50;
/** Proxies close what is silent for a minute, and a lost connection shows only when written to. */
const BEAT_MS = 15_000;
/** Messages that a slow listener may leave unread. Then it is let go, and comes back by itself. */
const UNREAD_MAX = 64;
/** How soon a browser tries again. */
const RETRY_MS = 1_000;

export function createLive(memory: EventMemory): Live {
  /** Numbers of another process mean nothing here. */
  const run = crypto.randomUUID().slice(0, 8);
  const streams = new Map<() => void, Followed>();

  return {
    open(request) {
      if (streams.size >= STREAMS_MAX) {
        throw new Refusal(503, "refusal:listeners");
      }
      const place = placeOf(request.headers.get("last-event-id"), run);
      let end = () => {};
      const body = new ReadableStream<Uint8Array>(
        {
          start(controller) {
            const followed = follow(memory, run, place, controller, () => end());
            end = () => {
              if (!streams.delete(end)) return;
              followed.stop();
              try {
                controller.close();
              } catch {
                // Closed by whoever read it.
              }
            };
            streams.set(end, followed);
          },
          cancel: () => end(),
        },
        new CountQueuingStrategy({ highWaterMark: UNREAD_MAX }),
      );
      return answer(200, body, {
        "Content-Type": "text/event-stream",
        // Nginx would hold messages back until there are many.
        "X-Accel-Buffering": "no",
      });
    },
    get listeners() {
      return streams.size;
    },
    close() {
      for (const [end, { rest }] of [...streams]) {
        rest();
        end();
      }
    },
  };
}

/** `undefined`: it begins. `lost`: it was elsewhere before. */
type Place = number | "lost" | undefined;

function placeOf(id: string | null, run: string): Place {
  if (id === null || id === "") return undefined;
  const [, of, number] = /^([0-9a-f]{8})-(\d{1,15})$/.exec(id) ?? [];
  return of === run ? Number(number) : "lost";
}

interface Followed {
  /** Tells what has not been told yet, if there is any. */
  rest(): void;
  stop(): void;
}

function follow(
  memory: EventMemory,
  run: string,
  place: Place,
  controller: ReadableStreamDefaultController<Uint8Array>,
  giveUp: () => void,
): Followed {
  const encoder = new TextEncoder();
  let sent = typeof place === "number" ? Math.min(place, memory.newest) : memory.newest;
  let isGap = place === "lost" || (typeof place === "number" && place + 1 < memory.oldest);
  let waiting: ReturnType<typeof setTimeout> | undefined;

  function write(message: string): void {
    controller.enqueue(encoder.encode(message));
    if ((controller.desiredSize ?? 0) <= 0) giveUp();
  }

  function flush(): void {
    waiting = undefined;
    const events = memory.since(sent);
    const total = memory.newest - sent;
    sent = memory.newest;
    const listed = events.slice(-LISTED_MAX);
    const message: LiveMessage = { events: listed, merged: total - listed.length, isGap };
    isGap = false;
    waiting = setTimeout(rest, SPACING_MS);
    write(`id: ${run}-${sent}\ndata: ${JSON.stringify(message)}\n\n`);
  }

  function rest(): void {
    clearTimeout(waiting);
    waiting = undefined;
    if (memory.newest > sent) flush();
  }

  const unwatch = memory.watch(() => {
    if (waiting === undefined) flush();
  });
  const beat = setInterval(() => write(": still here\n\n"), BEAT_MS);
  beat.unref();
  write(`retry: ${RETRY_MS}\n\n`);
  // Also when nothing is missing: from its id on, this listener can come back.
  flush();
  return {
    rest,
    stop() {
      unwatch();
      clearInterval(beat);
      clearTimeout(waiting);
    },
  };
}
