/**
 * The crash points, and what hits the process there.
 *
 * They live in the harness alone, around the store and inside the handler: the library knows none
 * of their names, so there is nothing in it that could be armed by accident.
 */
import type { Fault, Point } from "./cell.ts";
import type { Ledger } from "./ledger.ts";

export interface Order {
  readonly round: string;
  readonly point: Point;
  readonly fault: Fault;
  /** How often an exception comes before the point lets pass. Other faults hit once. */
  readonly times: number;
  /** How long after a write was sent the process is hit; 0: in the same turn. */
  readonly delayMs: number;
}

export interface Crash {
  arm(order: Order): void;
  /** The order, if this is its point in its round, and it has not been carried out. */
  due(point: Point, round: string | undefined): Order | undefined;
  /** Returns at once unless it is due. Throws what `error` makes, where the fault is to throw. */
  at(point: Point, round: string | undefined, error: () => Error): void;
}

export function createCrash(ledger: Ledger): Crash {
  let armed: Order | undefined;
  let left = 0;

  function due(point: Point, round: string | undefined): Order | undefined {
    return left > 0 && armed?.point === point && armed.round === round ? armed : undefined;
  }

  return {
    due,
    arm(order) {
      armed = order;
      left = order.fault === "throw" ? order.times : 1;
    },
    at(point, round, error) {
      const order = due(point, round);
      if (order === undefined) return;
      left--;
      ledger.write({ what: "hit", round: order.round });
      ledger.sync();
      switch (order.fault) {
        case "kill":
          process.kill(process.pid, "SIGKILL");
          return;
        case "stop":
          // Returns when somebody sends SIGCONT.
          process.kill(process.pid, "SIGSTOP");
          return;
        case "exit":
          process.exit(1);
          return;
        case "throw":
          throw error();
      }
    },
  };
}
