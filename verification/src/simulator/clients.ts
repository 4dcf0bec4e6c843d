/**
 * The clients: they send, give up, and send again to another machine, as clients do.
 *
 * And the handler that all machines run: it acts once, somewhere between two pauses, and then ends
 * in the way that its request was drawn to.
 */
import {
  type Context,
  NotRecorded,
  type Oncekey,
  type Outcome,
  StoreUnavailable,
  type Work,
} from "oncekey";
import { type Ledger, labelOf, type Run, type Value, valueBy } from "./ledger.ts";
import type { Machine } from "./machine.ts";
import type { Transaction } from "./network.ts";
import { LEASE_MS, type Request } from "./plan.ts";
import type { Rarity } from "./sometimes.ts";
import type { Timeline } from "./timeline.ts";

/** A process as its clients see it: whoever listens under that name now. */
export interface Slot {
  readonly machine: Machine;
  readonly once: Oncekey<Transaction>;
}

/** How one try ended. Tries whose machine died, or that never ended, have none. */
export interface Answer {
  readonly request: Request;
  readonly machine: Machine;
  /** Of the probes that come when all is over. */
  readonly probe: Probe | undefined;
  /** The run that this try itself was, if it was one. */
  readonly run: Run | undefined;
  readonly calledAt: number;
  readonly returnedAt: number;
  readonly said:
    | Exclude<Outcome<Value>, { kind: "completed" }>
    | { readonly kind: "completed"; readonly value: Value | undefined; readonly replayed: boolean }
    | { readonly kind: "unavailable" | "not-begun" | "not-recorded" | "threw" }
    /** What nobody announced: a mistake, of the engine's or of this program. */
    | { readonly kind: "unexpected"; readonly error: string };
}

/** Sent after the faults: once when every lease must be over, once when everything must be. */
export type Probe = "settled" | "over";

export interface Clients {
  readonly answers: readonly Answer[];
  /** Of a storm, all of it for one key in one machine: who was neither answered nor running. */
  readonly waiting: number;
  died(machine: Machine): void;
  /** Asks for everything that anybody asked for. */
  probe(slot: Slot, probe: Probe): void;
  /** Asks for what has these labels, and does nothing itself: `slot` has other ways to know. */
  settle(slot: Slot, labels: ReadonlySet<string>): void;
}

interface World {
  readonly isTransactional: boolean;
  readonly timeline: Timeline;
  readonly requests: readonly Request[];
  readonly slots: readonly Slot[];
  readonly ledger: Ledger;
  askedAt(token: number): number;
  rare(rarity: Rarity): void;
  say(line: () => string): void;
}

interface Try {
  readonly request: Request;
  readonly machine: Machine;
  readonly calledAt: number;
  run: Run | undefined;
  readonly again: () => void;
}

/** A client's patience: longer than a lease, so that some of them outlive one. */
const PATIENCE_MS = 1.5 * LEASE_MS;
/** A probe may meet another one. It does not meet three. */
const PROBES = 4;

/** When each of a storm has asked, has been told that it is in flight, and waits if it may. */
const COUNTED_AT = 200;

/** What the handler throws when it was drawn to. */
class Planned extends Error {}

export function createClients(world: World): Clients {
  const { timeline, slots, ledger, say } = world;
  const answers: Answer[] = [];
  const open = new Set<Try>();
  let waiting = 0;

  function send(request: Request, tries: number, slot: Slot, probe?: Probe): void {
    const { machine, once } = slot;
    const again = () => {
      if (!open.delete(one)) return;
      cancel();
      if (tries > 1) {
        const next = probe === undefined ? nextSlot(request, tries) : slot;
        timeline.after(request.pauseMs, () => send(request, tries - 1, next, probe));
      }
    };
    const one: Try = { request, machine, calledAt: timeline.now, run: undefined, again };
    const cancel = timeline.after(PATIENCE_MS, () => {
      if (one.run !== undefined) world.rare("a client gave up on a running handler");
      again();
    });
    open.add(one);
    say(() => `client asks ${machine.name} for ${labelOf(request)} (${request.fingerprint})`);

    const hear = (said: Answer["said"]) => {
      const { calledAt, run } = one;
      const times = { calledAt, returnedAt: timeline.now };
      answers.push({ request, machine, probe, run, said, ...times });
      say(() => `${machine.name} answers ${labelOf(request)}: ${JSON.stringify(said)}`);
      if (said.kind === "completed" || said.kind === "mismatch") {
        open.delete(one);
        cancel();
      } else again();
    };
    const call = (context: Context<Transaction>) => handler(one, context);
    machine.post(1, () => {
      once.run(workOf(request), call).then(hear, (error) => hear(saidOf(error)));
    });
  }

  function nextSlot(request: Request, tries: number): Slot {
    const slot = slots[(request.machine + request.tries - tries + 1) % slots.length];
    if (slot === undefined) throw new RangeError("There is no such machine.");
    return slot;
  }

  async function handler(one: Try, context: Context<Transaction>): Promise<Value | undefined> {
    const { request, machine } = one;
    const { beforeMs, afterMs, ending, heeds } = request.work;
    const isOver = (token: number) =>
      machine.ports.now() - world.askedAt(token) >= LEASE_MS && !world.isTransactional;
    const run = ledger.begin({
      request,
      machine,
      token: context.token,
      attempt: context.attempt,
      derivedKey: context.deriveKey("effect"),
      beganAt: timeline.now,
      signal: () => context.signal,
      isBelated: isOver(context.token) && !context.signal.aborted,
    });
    one.run = run;
    say(() => `${machine.name} runs ${labelOf(request)} as run ${run.number}`);
    const acts = !ending.startsWith("release") && ending !== "throw-before";
    const act = () => {
      run.effectAt = timeline.now;
      say(() => `${machine.name} ★ effect of run ${run.number}`);
    };
    try {
      await machine.sleep(beforeMs);
      if (heeds && context.signal.aborted) {
        world.rare("a handler heeded its signal");
        throw new Planned("The lease is lost.");
      }
      if (ending === "throw-before") throw new Planned("Nothing happened yet.");
      if (acts && world.isTransactional) context.transaction.write(act);
      else if (acts) act();
      await machine.sleep(afterMs);
      if (ending === "throw-after") throw new Planned("The mail failed.");
      if (ending.startsWith("release")) {
        context.release();
        run.wish = "released";
        if (ending === "release-throw") throw new Planned("Refused.");
      } else if (ending === "omit") {
        context.omit();
        run.wish = "omitted";
        world.rare("a result was omitted");
      }
      run.ended = "returned";
      return valueBy(request, run.number);
    } catch (error) {
      run.ended = "threw";
      throw error;
    }
  }

  for (const request of world.requests) {
    timeline.after(request.at, () =>
      send(request, request.tries, nextSlot(request, request.tries + 1)),
    );
  }

  /** Each different thing that is asked for, once. */
  const wanted = [
    ...new Map(
      world.requests.map((request) => [`${labelOf(request)} ${request.fingerprint}`, request]),
    ).values(),
  ];

  timeline.after(COUNTED_AT, () => {
    waiting = [...open].filter(({ run }) => run === undefined).length;
  });

  return {
    answers,
    get waiting() {
      return waiting;
    },
    died(machine) {
      for (const one of [...open]) if (one.machine === machine) one.again();
    },
    probe(slot, probe) {
      const work = { beforeMs: 1, afterMs: 1, ending: "return", heeds: false } as const;
      for (const request of wanted) {
        send({ ...request, work, tries: PROBES, pauseMs: LEASE_MS / 2 }, PROBES, slot, probe);
      }
    },
    settle({ machine, once }, labels) {
      for (const request of wanted.filter((each) => labels.has(labelOf(each)))) {
        const nothing = (context: Context<Transaction>) => {
          context.release();
          throw new Planned("Only a look.");
        };
        machine.post(1, () => {
          once.run(workOf(request), nothing).catch(() => {});
        });
      }
    },
  };
}

function workOf(request: Request): Work {
  const { scope, key, fingerprint } = request;
  return { scope, key, fingerprint, label: labelOf(request) };
}

function saidOf(error: unknown): Answer["said"] {
  if (error instanceof StoreUnavailable) {
    const isBegun = !error.message.startsWith("The transaction");
    return { kind: isBegun ? "unavailable" : "not-begun" };
  }
  if (error instanceof NotRecorded) return { kind: "not-recorded" };
  if (error instanceof Planned) return { kind: "threw" };
  return { kind: "unexpected", error: String(error) };
}
