/**
 * The engine's time in a case's hands: leases, waits and limits pass when the case says so.
 *
 * What must come "within a second" is then held to a second on every machine, and a lease that
 * must not end within a case does not end because the machine was busy.
 */
import { type Cancel, type Ports, platform } from "../../core/ports.ts";

export interface ManualTime {
  /** To be given as the option `ports`. */
  readonly ports: Ports;
  /** Lets `ms` go by, and all that is due in them happen in its order. */
  advance(ms: number): Promise<void>;
  /** Lets `ms` go by in which nothing happens, as in a process that is stopped. */
  stop(ms: number): void;
  /** As `advance`, a hundredth at a time, but no longer than until there is an answer. */
  until<T>(
    promise: Promise<T>,
    mostMs: number,
  ): Promise<{ readonly value: T; readonly ms: number }>;
}

/**
 * The timers of one process: they end with it. A process that is only thought to be dead would go
 * on renewing its leases and trying its writes, and keep the runner waiting for it.
 */
export function mortal(ports: Ports): { readonly ports: Ports; die(): void } {
  const pending = new Set<Cancel>();
  let isDead = false;

  const lasting = (set: Ports["after"]): Ports["after"] =>
    function after(ms, call) {
      if (isDead) return () => {};
      const cancel = set(ms, () => {
        pending.delete(cancel);
        call();
      });
      pending.add(cancel);
      return () => {
        pending.delete(cancel);
        cancel();
      };
    };

  return {
    ports: { ...ports, after: lasting(ports.after), later: lasting(ports.later) },
    die() {
      isDead = true;
      for (const cancel of pending) cancel();
      pending.clear();
    },
  };
}

export function manualTime(): ManualTime {
  const timers = new Set<{ readonly at: number; readonly call: () => void }>();
  let now = 0;

  function after(ms: number, call: () => void): Cancel {
    const timer = { at: now + ms, call };
    timers.add(timer);
    return () => timers.delete(timer);
  }

  async function advance(ms: number): Promise<void> {
    const end = now + ms;
    // What was asked for before now may have set no timer yet.
    await settled();
    for (;;) {
      const due = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      timers.delete(due);
      now = Math.max(now, due.at);
      due.call();
      await settled();
    }
    now = end;
  }

  return {
    ports: { ...platform, now: () => now, after, later: after },
    advance,
    stop(ms) {
      now += ms;
    },
    async until(promise, mostMs) {
      const begin = now;
      let isOver = false;
      const over = promise.finally(() => {
        isOver = true;
      });
      over.catch(() => {});
      while (!isOver && now - begin < mostMs) await advance(mostMs / 100);
      const ms = now - begin;
      if (!isOver) throw new Error(`Expected an answer within ${mostMs} ms.`);
      return { value: await promise, ms };
    },
  };
}

/** Time enough for what is due to be done: a few calls to a store, or to a client and back. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 5; turns++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
