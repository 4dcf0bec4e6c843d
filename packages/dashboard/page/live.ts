/** The live stream in this page: one connection, and what each view wants to hear of it. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { SeenEvent } from "../src/event-memory.ts";
import type { LiveMessage } from "../src/live.ts";

export type LiveState = "opening" | "live" | "lost";

type Listener = (message: LiveMessage) => void;
const listeners = new Set<Listener>();

/** How many events the page remembers to show. */
const SHOWN = 50;
/** What a browser has given up is opened anew: an answer that is no stream ends its own tries. */
const REOPEN_MS = 3_000;

/** Opens the stream. Used once, by the page itself. */
export function useLive(): { state: LiveState; events: readonly SeenEvent[]; isGap: boolean } {
  const [state, setState] = useState<LiveState>("opening");
  const [events, setEvents] = useState<readonly SeenEvent[]>([]);
  const [isGap, setGap] = useState(false);

  useEffect(() => {
    let source: EventSource;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const open = () => {
      source = new EventSource("./api/live");
      source.onopen = () => setState("live");
      source.onerror = () => {
        setState("lost");
        if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, REOPEN_MS);
      };
      source.onmessage = ({ data }) => {
        const message: LiveMessage = JSON.parse(data);
        setGap(message.isGap);
        if (message.events.length > 0) {
          setEvents((known) => [...known, ...message.events].slice(-SHOWN));
        }
        for (const listener of listeners) listener(message);
      };
    };
    open();
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }, []);
  return { state, events, isGap };
}

/** Calls at intervals while `isOn`: for what time alone brings about, and no event tells. */
export function useInterval(call: () => void, ms: number, isOn = true): void {
  const latest = useRef(call);
  latest.current = call;
  useEffect(() => {
    if (!isOn) return;
    const timer = setInterval(() => latest.current(), ms);
    return () => clearInterval(timer);
  }, [ms, isOn]);
}

/** At most once a second, and for a tenth of the time: asking again must not be the load. */
const SPACING_MS = 1_000;
const PAUSES = 9;

/** Asks again when something happened that `concerns` the view. */
export function useRefresh(
  asked: { readonly tookMs: number; again(): void },
  concerns: (event: SeenEvent) => boolean,
): void {
  const latest = useRef({ asked, concerns });
  latest.current = { asked, concerns };
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let last = 0;
    const ask = () => {
      timer = undefined;
      last = performance.now();
      latest.current.asked.again();
    };
    const listener: Listener = ({ events, merged, isGap }) => {
      if (timer !== undefined) return;
      if (!isGap && merged === 0 && !events.some(latest.current.concerns)) return;
      // A moment later: an event is told before the store has been written to the end.
      const { tookMs } = latest.current.asked;
      const pause = tookMs + Math.max(SPACING_MS, PAUSES * tookMs);
      timer = setTimeout(ask, Math.max(150, last + pause - performance.now()));
    };
    listeners.add(listener);
    return () => {
      clearTimeout(timer);
      listeners.delete(listener);
    };
  }, []);
}
