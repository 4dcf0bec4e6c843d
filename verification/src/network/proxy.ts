/**
 * The network between an application and its store, in a process of its own: it passes every byte,
 * until a message comes by that it was told to strike at.
 */
import { type AddressInfo, connect, createServer } from "node:net";
import { now } from "../chaos/ledger.ts";
import type { Fault, Place, Reach, Side, StoreName } from "./cell.ts";
import type { Message } from "./framer.ts";
import { type Ailment, createLine, type Line, type Passing } from "./line.ts";

export interface Order {
  /** Stands in the first request of the round, and what stands beside it marks the later ones. */
  readonly round: string;
  /** The request by its name, the how many-th; or the first message of a new connection. */
  readonly step: { readonly what: string; readonly nth: number } | "connect";
  readonly side: Side;
  readonly at: Place;
  readonly fault: Fault;
  readonly reach: Reach;
  readonly delayMs: number;
}

export type ToProxy =
  | { readonly kind: "start"; readonly store: StoreName; readonly port: number }
  /** Each request of the round is noted. */
  | { readonly kind: "record"; readonly round: string }
  /** What has been noted. */
  | { readonly kind: "play" }
  | { readonly kind: "arm"; readonly order: Order }
  /** New connections pass again, and what was slow is not. What is dead stays dead. */
  | { readonly kind: "heal" }
  /** Dead connections are taken away, or all. */
  | { readonly kind: "sweep"; readonly all: boolean };

export type FromProxy =
  | { readonly kind: "listening"; readonly port: number }
  | { readonly kind: "done"; readonly recorded: readonly string[] }
  /** Unasked. */
  | { readonly kind: "struck"; readonly at: number };

/** Digests of a record: its address, its fingerprint, its nonce. */
const DIGEST = /[0-9a-f]{64}/g;
/** What a transaction begins and ends with names nobody. */
const ANONYMOUS = /^(begin|commit) /;

let order: Order | undefined;
let recorded: string[] = [];
/** What is wrong with the whole network. */
let outage: Order | undefined;
/** What is ours is told from what else is under way behind the same guard. */
let round: string | undefined;
const marks = new Set<string>();
const counts = new Map<string, number>();
const lines = new Set<Line>();

function serve(store: StoreName, port: number): void {
  const server = createServer((app) => {
    if (outage?.fault === "reset") {
      app.resetAndDestroy();
      return;
    }
    const upstream = connect(port, "127.0.0.1");
    const line = createLine(store, { app, store: upstream }, { tag, pass });
    lines.add(line);
    app.once("close", () => {
      if (!line.isDead) lines.delete(line);
    });
    if (outage !== undefined) line.ail(outage.side, ailmentOf(outage));
  });
  server.listen(0, "127.0.0.1", () => {
    send({ kind: "listening", port: (server.address() as AddressInfo).port });
  });
}

/** Each message comes by here, and goes on as it is unless it is the one. */
function pass(line: Line, message: Passing): void {
  const { side, bytes } = message;
  if (order === undefined || !isDue(order, message)) {
    line.send(side, bytes);
    return;
  }
  const struck = order;
  order = undefined;
  const length = { before: 0, middle: bytes.length >> 1, after: bytes.length }[struck.at];
  // The message's other half meets the fault, and what comes before it does not.
  const strike = () => {
    fail(line, struck);
    if (length < bytes.length) line.send(side, bytes.subarray(length));
    send({ kind: "struck", at: now() });
  };
  if (length === 0) strike();
  else if (struck.fault === "reset") line.send(side, bytes.subarray(0, length), strike);
  else {
    line.send(side, bytes.subarray(0, length));
    strike();
  }
}

function fail(line: Line, struck: Order): void {
  const all = struck.reach === "outage" ? lines : [line];
  if (struck.reach === "outage") outage = struck;
  for (const each of all) {
    if (struck.fault === "reset") each.reset();
    else each.ail(struck.side, ailmentOf(struck));
  }
}

const ailmentOf = ({ fault, delayMs }: Order): Ailment =>
  fault === "delay" ? { fault, ms: delayMs } : { fault: "hole" };

function isDue({ step, side }: Order, message: Passing): boolean {
  if (message.side !== side) return false;
  return step === "connect" ? message.turn === 0 : message.tag === tagOf(step.what, step.nth);
}

const tagOf = (what: string, nth: number): string => `${what} #${nth}`;

/** Which of its kind it is in its round; "" if it belongs to another one, or to nobody's. */
function tag(request: Message): string {
  if (round === undefined || !isOf(round, request)) return "";
  recorded.push(request.what);
  const nth = (counts.get(request.what) ?? 0) + 1;
  counts.set(request.what, nth);
  return tagOf(request.what, nth);
}

function isOf(wanted: string, { what, bytes }: Message): boolean {
  if (ANONYMOUS.test(what)) return true;
  const text = bytes.toString("latin1");
  if (text.includes(wanted)) {
    for (const [digest] of text.matchAll(DIGEST)) marks.add(digest);
    return true;
  }
  return [...marks].some((mark) => text.includes(mark));
}

/** All that is known of the round before is forgotten. */
function follow(next: string): void {
  round = next;
  recorded = [];
  marks.clear();
  counts.clear();
}

function listen(message: ToProxy): void {
  switch (message.kind) {
    case "start":
      serve(message.store, message.port);
      return;
    case "record":
      follow(message.round);
      break;
    case "arm":
      follow(message.order.round);
      order = message.order;
      break;
    case "heal":
      outage = undefined;
      order = undefined;
      for (const line of lines) line.heal();
      break;
    case "sweep":
      for (const line of lines) {
        if (!message.all && !line.isDead) continue;
        line.reset();
        lines.delete(line);
      }
  }
  send({ kind: "done", recorded });
}

function send(message: FromProxy): void {
  // A harness that is gone is no error of ours.
  process.send?.(message, undefined, undefined, () => {});
}

process.on("message", listen);
// When the harness is gone there is nobody left to speak to.
process.once("disconnect", () => process.exit());
