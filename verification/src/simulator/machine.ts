/**
 * A simulated process: its clock, its timers, and what can befall it.
 *
 * Whatever reaches it (a timer, a reply, a hint) is an event of its own. Stopped (SIGSTOP), it
 * gets nothing until it goes on, and then everything at once, in an order that nobody promised.
 * Killed, it gets nothing any more; what it had sent is still on its way.
 */
import type { Ports } from "oncekey";
import { seeded } from "./random.ts";
import type { Timeline } from "./timeline.ts";

export interface Machine {
  readonly name: string;
  readonly ports: Ports;
  readonly isDead: boolean;
  /** Lets `call` happen in this process after `ms`. The returned function cancels. */
  post(ms: number, call: () => void): () => void;
  sleep(ms: number): Promise<void>;
  /** `paused`: its clock stands still too, as in a virtual machine that is put to sleep. */
  stop(paused?: boolean): void;
  goOn(): void;
  kill(): void;
  /** Its clock leaps forward, as after a machine's sleep. */
  jump(ms: number): void;
  /** It was stopped, or its clock leapt: for once it could not know how late it was. */
  readonly hasSlept: boolean;
}

export function createMachine(
  timeline: Timeline,
  name: string,
  seed: number,
  /** What its clock says at the start. No decision may depend on it. */
  clockZero: number,
): Machine {
  const random = seeded(seed, 0x3ac);
  let state: "running" | "stopped" | "dead" = "running";
  let ahead = clockZero;
  let hasSlept = false;
  let pausedAt: number | undefined;
  const held: (() => void)[] = [];

  function post(ms: number, call: () => void): () => void {
    let wanted: (() => void) | undefined = call;
    const arrive = () => {
      if (state === "stopped") held.push(arrive);
      else if (state === "running") wanted?.();
    };
    const cancel = timeline.after(ms, arrive);
    return () => {
      wanted = undefined;
      cancel();
    };
  }

  return {
    name,
    get isDead() {
      return state === "dead";
    },
    get hasSlept() {
      return hasSlept;
    },
    ports: {
      now: () => timeline.now + ahead,
      after: post,
      later: post,
      nonce: () => hexOf([0, 1, 2, 3].map(() => random.between(0, 0xffffffff))),
      random: random.next,
      sha256: digest,
    },
    post,
    sleep: (ms) =>
      new Promise((resolve) => {
        post(ms, resolve);
      }),
    stop(paused = false) {
      if (state !== "running") return;
      state = "stopped";
      hasSlept = true;
      if (paused) pausedAt = timeline.now;
    },
    goOn() {
      if (state !== "stopped") return;
      state = "running";
      if (pausedAt !== undefined) ahead -= timeline.now - pausedAt;
      pausedAt = undefined;
      for (const arrive of held.splice(0)) timeline.after(0, arrive);
    },
    kill() {
      state = "dead";
    },
    jump(ms) {
      hasSlept = true;
      ahead += ms;
    },
  };
}

const utf8 = new TextEncoder();

const hexOf = (words: readonly number[]): string =>
  words.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");

/**
 * 64 hex digits that depend on every byte, for a twentieth of what SHA-256 costs. Nobody attacks a
 * simulation; the digest only has to tell its few subjects apart.
 */
function digest(...parts: readonly (string | Uint8Array)[]): string {
  let [a, b, c, d] = [0x811c9dc5, 0x9e3779b9, 0x85ebca6b, 0xc2b2ae35];
  for (const part of parts) {
    for (const byte of typeof part === "string" ? utf8.encode(part) : part) {
      a = Math.imul(a ^ byte, 0x01000193);
      b = Math.imul(b ^ byte ^ (a >>> 15), 0x85ebca6b);
      c = Math.imul(c ^ (b >>> 13), 0xc2b2ae35) + byte;
      d = Math.imul(d ^ (c >>> 16), 0x27d4eb2f) ^ a;
    }
  }
  return hexOf([a, b, c, d, a ^ (c >>> 7), b ^ (d >>> 9), c ^ b, d ^ (a << 5)]);
}
