/**
 * The live stream without the page: for a server of its own, and whoever follows it in a terminal.
 *
 * It says what the page's stream says, and no more: an event holds no key, no scope and no body.
 */
import type { Listener } from "oncekey";
import { Refusal, refused } from "./answers.ts";
import { createEventMemory } from "./event-memory.ts";
import { createLive } from "./live.ts";
import { MESSAGES } from "./messages.ts";

export type { SeenEvent } from "./event-memory.ts";
export type { LiveMessage } from "./live.ts";

export interface EventStream {
  /** Give it to the guard: `idempotency({ store, scope, onEvent: stream.onEvent })`. */
  readonly onEvent: Listener;
  /**
   * Server-sent events, each with a `LiveMessage` as JSON; a `Last-Event-ID` goes on where it was.
   * 503 when too many are listening. Who may listen has to be known before.
   */
  open(request: Request): Response;
  /** Tells every listener the last events, and ends its stream. */
  close(): void;
}

/** What a listener can have missed and still be told. About 300 kB, and seconds of a busy service. */
const EVENTS_MAX = 1_000;

/** @example const stream = createEventStream(); */
export function createEventStream(): EventStream {
  const memory = createEventMemory(EVENTS_MAX);
  const live = createLive(memory);
  return {
    onEvent: memory.add,
    open(request) {
      try {
        return live.open(request);
      } catch (error) {
        if (error instanceof Refusal) return refused(error, MESSAGES);
        throw error;
      }
    },
    close: () => live.close(),
  };
}
