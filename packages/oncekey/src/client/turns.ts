/** One thing is going on at a time, and whoever began earlier is no longer heard. */
import type { ClientPorts } from "./ports.ts";

export interface Turn {
  isOver(): boolean;
  readonly signal: AbortSignal;
}

export interface Turns {
  /** Ends what is going on. */
  begin(): Turn;
  /** Calls once, unless it is ended before. */
  wait(ms: number, call: () => void): void;
  stop(): void;
}

export function createTurns(ports: ClientPorts): Turns {
  let count = 0;
  let controller = new AbortController();
  let cancel = (): void => {};
  const stop = (): void => {
    count += 1;
    cancel();
    controller.abort();
  };
  return {
    begin() {
      stop();
      const mine = count;
      controller = new AbortController();
      return { isOver: () => mine !== count, signal: controller.signal };
    },
    wait(ms, call) {
      cancel = ports.after(ms, call);
    },
    stop,
  };
}
