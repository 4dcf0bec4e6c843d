/**
 * Ports whose waits are written down and over at once, while sockets stay real. Time limits, which
 * are told by their length, end only when a test says so.
 */
import { randomUUID } from "node:crypto";
import type { ClientPorts } from "../../src/client/ports.ts";

/** The client's own default for one send. */
const TIMEOUT_MS = 15_000;

export interface HurriedTime {
  readonly ports: ClientPorts;
  /** Each wait so far, in ms. */
  readonly waits: number[];
  /** Lets every running send reach its time limit. */
  expire(): void;
  /** Lets time go by while nothing happens. */
  sleep(ms: number): void;
  /** From now on waits do not end by themselves; `go` ends those that are held. */
  hold(): { go(): void };
  chance: number;
  /** Where the page has gone, and what was said on the console. */
  readonly left: string[];
  readonly warned: string[];
}

export function hurriedTime(): HurriedTime {
  let now = Date.UTC(2026, 0, 1);
  const limits = new Set<() => void>();
  const waits: number[] = [];
  let held: (() => void)[] | undefined;

  const time: HurriedTime = {
    waits,
    chance: 0.5,
    left: [],
    warned: [],
    expire() {
      for (const call of [...limits]) call();
    },
    sleep(ms) {
      now += ms;
    },
    hold() {
      const mine: (() => void)[] = [];
      held = mine;
      return {
        go() {
          held = undefined;
          for (const call of mine.splice(0)) call();
        },
      };
    },
    ports: {
      now: () => now,
      random: () => time.chance,
      key: () => randomUUID(),
      leave: (url) => time.left.push(url),
      warn: (message) => time.warned.push(message),
      after(ms, call) {
        if (ms === TIMEOUT_MS) {
          limits.add(call);
          return () => limits.delete(call);
        }
        waits.push(ms);
        let cancelled = false;
        const end = () => {
          if (cancelled) return;
          now += ms;
          call();
        };
        if (held) held.push(end);
        else setImmediate(end);
        return () => {
          cancelled = true;
        };
      },
    },
  };
  return time;
}
