/**
 * One history: a plan played to its end, and everything that was seen of it.
 *
 * First a phase in which everything may go wrong, then the network heals and whoever was stopped
 * goes on, and at last a machine that nothing happened to asks for every key.
 */
import type { Oncekey } from "oncekey";
import type { Operation } from "../histories/operation.ts";
import { type Answer, createClients } from "./clients.ts";
import { createFleet } from "./fleet.ts";
import { createHints } from "./hints.ts";
import { createLedger, type Ledger, type Run } from "./ledger.ts";
import type { Machine } from "./machine.ts";
import { createNetwork, type Transaction } from "./network.ts";
import { createOracle } from "./oracle.ts";
import { HEAL_AT, LEASE_MS, type Plan } from "./plan.ts";
import { createRecords, type Life, type Records } from "./records.ts";
import { type Rarity, raritiesOf } from "./sometimes.ts";
import { createTimeline } from "./timeline.ts";
import { createWatch } from "./watch.ts";

export type Once = Oncekey<Transaction>;

/** What is under test: the engine and the reference store, or one of them made wrong. */
export interface Subject {
  readonly records?: (sound: Records) => Records;
  readonly once?: (sound: Once) => Once;
  /** Asked for the time at which a call takes effect, in place of the store's clock. */
  readonly clock?: (machine: Machine, now: number) => number;
}

export interface Options {
  readonly subject?: Subject;
  /** Added to what every machine's clock says. */
  readonly clockShiftMs?: number;
  /** Keeps what happened as lines to read. */
  readonly isTold?: boolean;
}

export interface History {
  readonly plan: Plan;
  readonly ledger: Ledger;
  readonly lives: readonly Life[];
  readonly answers: readonly Answer[];
  readonly operations: readonly Operation[];
  /** Runs whose lease went to another before their handler was told. */
  readonly unwarned: readonly Run[];
  /** How many of a storm waited, all of them for one key in one machine. */
  readonly waiting: number;
  /** Records made by a claim that came when its caller had long given up, or came twice. */
  readonly strayed: ReadonlySet<Life>;
  /** Which machine was given which token. */
  readonly owners: ReadonlyMap<number, Machine>;
  readonly rarities: ReadonlySet<Rarity>;
  readonly lines: readonly string[];
}

/** The last try of a client has then begun, waited, run to its end, and lost its lease if it died. */
const SETTLED_AT = HEAL_AT + 7_000 + LEASE_MS;
/** By then all background work has had its turn: its pauses grow to twice the time of the faults. */
export const LANDED_AT = HEAL_AT + 14_000;
const OVER_AT = LANDED_AT + 1_000;
const ENDS_AT = OVER_AT + 4 * LEASE_MS;

export async function play(plan: Plan, options: Options = {}): Promise<History> {
  const { subject = {}, clockShiftMs = 0, isTold = false } = options;
  const timeline = createTimeline(plan.seed);
  const sound = createRecords();
  const records = subject.records?.(sound) ?? sound;
  const ledger = createLedger();
  const { lives } = sound;
  const watch = createWatch({ timeline, ledger, lives, isTold });
  const { owners, askedAt, rare, say } = watch;
  const hints = createHints(timeline, plan.seed);
  const oracle = createOracle({
    ...{ seed: plan.seed, isHasty: plan.settings.isHasty === true },
    ...{ lives, ledger, owners, rare },
  });
  const clock = subject.clock ?? ((_, now) => now);
  const observer = { ...watch.observer, changed: hints.changed, clock };
  const network = createNetwork(timeline, plan, records, observer);

  const surroundings = { timeline, network, hints, rare, say, clockShiftMs, subject };
  const fleet = createFleet(
    plan,
    surroundings,
    plan.settings.reconciles ? oracle.program : undefined,
  );
  const { slots } = fleet;
  const isTransactional = plan.settings.effects === "transactional";
  const { requests } = plan;
  const client = { timeline, requests, isTransactional, slots, ledger, askedAt, rare, say };
  const clients = createClients(client);
  const person = fleet.boot("person", (machine) =>
    oracle.person(machine, () => timeline.now >= LANDED_AT),
  );
  const settle = () => {
    const isInDoubt = (life: Life) => records.get(life.id, timeline.now)?.state === "in-doubt";
    clients.settle(person, new Set(lives.filter(isInDoubt).map((life) => life.label)));
  };

  for (const fault of plan.faults) {
    if (fault.kind === "call" || fault.kind === "outage") continue;
    timeline.after(fault.at, () => {
      say(() => `— ${JSON.stringify(fault)}`);
      if (fault.kind === "person") settle();
      else fleet.befall(fault, clients.died);
    });
  }
  timeline.after(HEAL_AT, () => {
    say(() => "— healed");
    network.heal();
    for (const { machine } of slots) machine.goOn();
  });
  timeline.after(SETTLED_AT, () => clients.probe(fleet.boot("probe"), "settled"));
  timeline.after(LANDED_AT, settle);
  timeline.after(OVER_AT, () => clients.probe(fleet.boot("last"), "over"));
  await timeline.runUntil(ENDS_AT);

  const { operations } = network;
  const { answers, waiting } = clients;
  const seen = { ...watch.seen, plan, ledger, lives, answers, operations, waiting };
  for (const machine of fleet.killed) {
    if ([...owners.values()].includes(machine)) rare("a killed process left a record behind");
  }
  for (const rarity of raritiesOf(seen)) rare(rarity);
  return { ...seen, rarities: watch.rarities };
}
