/**
 * What a machine was told, from where it stood when somebody began to look. Since `reduce` is pure,
 * that is every state it has been in: nothing else is kept of them.
 */
import { type Effect, type Event, reduce, type State } from "../reduce.ts";

export interface Log {
  /** Where it stood before the first event that is kept. */
  readonly base: State;
  readonly events: readonly Event[];
}

/** An event, what it led to, and what was to be done. */
export interface Moment {
  readonly event: Event;
  readonly before: State;
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** A page that stays open for days asks and asks: what is older is kept as the state it led to. */
const EVENTS_MAX = 200;

export function added({ base, events }: Log, event: Event): Log {
  const all = [...events, event];
  const [oldest] = all;
  if (all.length <= EVENTS_MAX || !oldest) return { base, events: all };
  return { base: reduce(base, oldest)[0], events: all.slice(1) };
}

/** Goes through the whole log again. */
export function momentsOf({ base, events }: Log): Moment[] {
  let before = base;
  return events.map((event) => {
    const [state, effects] = reduce(before, event);
    const moment = { event, before, state, effects };
    before = state;
    return moment;
  });
}

/** What an event is called: its type, and what it brought. */
export function wordsOf(event: Event): string {
  if (event.type === "lost") return `lost ${event.reason}`;
  if (event.type !== "answered") return event.type;
  const { finding } = event;
  return ["answered", finding.kind, "reason" in finding && finding.reason]
    .filter(Boolean)
    .join(" ");
}
