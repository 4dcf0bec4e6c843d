/** One connection through the proxy: an application's socket, the store's, and what ails either way. */
import type { Socket } from "node:net";
import type { Side, StoreName } from "./cell.ts";
import { framersFor, type Message } from "./framer.ts";

/** What the bytes of one side meet. Undefined: nothing. */
export type Ailment = { readonly fault: "hole" } | { readonly fault: "delay"; readonly ms: number };

export interface Passing extends Message {
  readonly side: Side;
  /** What the request was tagged with; a reply has the tag of what it answers. */
  readonly tag: string;
  /** Its place among the messages of this side. */
  readonly turn: number;
}

export interface Line {
  /** Bytes on their way, through whatever ails that side. */
  send(side: Side, bytes: Buffer, then?: () => void): void;
  ail(side: Side, ailment: Ailment): void;
  /** What was lost stays lost: a line that bytes have vanished from is never whole again. */
  heal(): void;
  /** Bytes have vanished. */
  readonly isDead: boolean;
  reset(): void;
}

export interface Gate {
  /** A tag for a request, by which it and its reply are known again. */
  tag(request: Message): string;
  /** Is given every whole message, and sends it on or does not. */
  pass(line: Line, message: Passing): void;
}

export function createLine(
  name: StoreName,
  sockets: { readonly app: Socket; readonly store: Socket },
  gate: Gate,
): Line {
  const { app, store } = sockets;
  const framers = framersFor(name);
  /** The tags of the requests that are not answered yet: both protocols answer in order. */
  const asked: string[] = [];
  const turns = { request: 0, reply: 0 };
  const ailments: Partial<Record<Side, Ailment>> = {};
  const dueAt = { request: 0, reply: 0 };
  const target = { request: store, reply: app };
  let isDead = false;

  const line: Line = {
    send(side, bytes, then) {
      afterDelay(side, () => {
        if (target[side].writable) target[side].write(bytes, () => then?.());
        else then?.();
      });
    },
    ail(side, ailment) {
      ailments[side] = ailment;
      if (ailment.fault === "hole") isDead = true;
    },
    heal() {
      for (const side of ["request", "reply"] as const) {
        if (ailments[side]?.fault === "delay") delete ailments[side];
      }
    },
    get isDead() {
      return isDead;
    },
    reset() {
      app.resetAndDestroy();
      store.resetAndDestroy();
    },
  };
  listen("request", app, store);
  listen("reply", store, app);
  return line;

  /** In order, and none before the one before it. What vanishes, vanishes here. */
  function afterDelay(side: Side, act: () => void): void {
    const ailment = ailments[side];
    if (ailment?.fault === "hole") return;
    const now = performance.now();
    if (ailment === undefined && dueAt[side] <= now) {
      act();
      return;
    }
    dueAt[side] = Math.max(dueAt[side], now + (ailment?.ms ?? 0));
    setTimeout(act, dueAt[side] - now);
  }

  function listen(side: Side, from: Socket, to: Socket): void {
    const framer = framers[side];
    from.setNoDelay(true);
    from.on("data", (bytes: Buffer) => {
      for (const message of framer.push(bytes)) {
        const tag = side === "request" ? gate.tag(message) : (asked.shift() ?? "");
        if (message.isAnswered) asked.push(tag);
        gate.pass(line, { ...message, tag, side, turn: turns[side]++ });
      }
    });
    // Its "close" follows, and says all.
    from.on("error", () => {});
    from.on("close", () => {
      // A last word that is no whole message, such as why a session was ended.
      const rest = framer.rest();
      afterDelay(side, () => {
        if (to.writable) to.end(rest);
      });
    });
  }
}
