/** Ports whose time stands still until a test turns it, so that an hour costs nothing. */
import { randomUUID } from "node:crypto";
import { type Ports, platform } from "../../src/core/ports.ts";

export interface VirtualTime {
  readonly ports: Ports;
  /** The same clock for a store: one hour of `advance` is one hour for both. */
  readonly clock: () => number;
  /** Turns time on by `ms`, timer by timer, letting promises settle in between. */
  advance(ms: number): Promise<void>;
  /** As a process that is stopped: time goes on, and no timer fires until it continues. */
  freeze(ms: number): void;
  /** Timers that would keep the process from ending. */
  keepingAlive(): number;
}

interface Timer {
  readonly keepsAlive: boolean;
  readonly at: number;
  readonly call: () => void;
}

export function virtualTime(): VirtualTime {
  let now = 1_000_000;
  const timers = new Set<Timer>();

  const timed = (keepsAlive: boolean) => (ms: number, call: () => void) => {
    const timer = { keepsAlive, at: now + ms, call };
    timers.add(timer);
    return () => {
      timers.delete(timer);
    };
  };
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const due = (until: number) =>
    [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];

  return {
    clock: () => now,
    ports: {
      ...platform,
      now: () => now,
      after: timed(true),
      later: timed(false),
      nonce: () => randomUUID().replaceAll("-", ""),
      random: () => 0.5,
    },
    async advance(ms) {
      const until = now + ms;
      await settled();
      for (let timer = due(until); timer !== undefined; timer = due(until)) {
        timers.delete(timer);
        now = Math.max(now, timer.at);
        timer.call();
        await settled();
      }
      now = until;
      await settled();
    },
    freeze(ms) {
      now += ms;
    },
    keepingAlive: () => [...timers].filter(({ keepsAlive }) => keepsAlive).length,
  };
}
