/**
 * The crash points, and what hits the process there.
 *
 * They live in the harness alone, around the store and inside the handler: the library knows none
 * of their names, so there is nothing in it that could be armed by accident.
 */
import { killServer } from "local-servers/kill";
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
  /** The store's server, a child of whoever started this process; only a restart needs it. */
  readonly server?: number;
}

export interface Crash {
  arm(order: Order): void;
  /** The order, if this is its point in its round, and it has not been carried out. */
  due(point: Point, round: string | undefined): Order | undefined;
  /**
   * Returns at once unless it is due. Throws what `error` makes, where the fault is to throw. True:
   * the client has left, and whoever can wait lets the process notice.
   */
  at(point: Point, round: string | undefined, error: () => Error): boolean;
}

/** For the harness to read in the ledger that the point is reached, and to hang up. */
const LEAVING_MS = 30;

/** The process does nothing at all meanwhile: it has not noticed when it goes on. */
const standStill = (ms: number): unknown =>
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

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
      if (order === undefined) return false;
      left--;
      ledger.write({ what: "hit", round: order.round });
      ledger.sync();
      switch (order.fault) {
        case "kill":
          process.kill(process.pid, "SIGKILL");
          return false;
        case "stop":
          // Returns when somebody sends SIGCONT.
          process.kill(process.pid, "SIGSTOP");
          return false;
        case "exit":
          process.exit(1);
          return false;
        case "restart":
          // From here, because the harness would come when the write has long been answered.
          if (order.server !== undefined) killServer(order.server, process.ppid);
          return false;
        case "linger":
          // The harness has asked for a handler that takes its time.
          return false;
        case "leave":
          standStill(LEAVING_MS);
          return true;
        case "throw":
          throw error();
      }
    },
  };
}
