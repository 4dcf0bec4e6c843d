/**
 * One history: a plan played to its end, and everything that was seen of it.
 *
 * First a phase in which everything may go wrong, then the network heals and whoever was stopped
 * goes on, and at last a machine that nothing happened to asks for every key.
 */
import { type Oncekey, type OncekeyEvent, oncekey } from "oncekey";
import type { Operation } from "../histories/operation.ts";
import { type Answer, createClients, type Slot } from "./clients.ts";
import { createHints } from "./hints.ts";
import { codec, createLedger, type Ledger, type Run } from "./ledger.ts";
import { createMachine, type Machine } from "./machine.ts";
import { createNetwork, type Transaction } from "./network.ts";
import { createOracle, type Look } from "./oracle.ts";
import { type Fault, HEAL_AT, LEASE_MS, type Plan, STORE_TIMEOUT_MS } from "./plan.ts";
import { mixed, seeded } from "./random.ts";
import { createRecords, type Life, type Records } from "./records.ts";
import { faultRarity, type Rarity, raritiesOf, rarityOf } from "./sometimes.ts";
import { createTimeline } from "./timeline.ts";

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

/** After the last handler and a lease, a key must answer. */
const SETTLED_AT = HEAL_AT + 2_200 + LEASE_MS;
/** By then all background work has had its turn: its pauses grow to twice the time of the faults. */
export const LANDED_AT = HEAL_AT + 14_000;
const OVER_AT = LANDED_AT + 1_000;
const ENDS_AT = OVER_AT + 4 * LEASE_MS;

export async function play(plan: Plan, options: Options = {}): Promise<History> {
  const { subject = {}, clockShiftMs = 0 } = options;
  const timeline = createTimeline(plan.seed);
  const sound = createRecords();
  const records = subject.records?.(sound) ?? sound;
  const ledger = createLedger();
  const hints = createHints(timeline, plan.seed);
  const rarities = new Set<Rarity>();
  const rare = (rarity: Rarity | undefined): void => {
    if (rarity !== undefined) rarities.add(rarity);
  };
  const unwarned: Run[] = [];
  const strayed = new Set<Life>();
  const owners = new Map<number, Machine>();
  const lines: string[] = [];
  const say = (line: () => string): void => {
    if (options.isTold) lines.push(`${String(timeline.now).padStart(6)}  ${line()}`);
  };
  const oracle = createOracle({ seed: plan.seed, lives: sound.lives, ledger, owners, rare });

  const network = createNetwork(timeline, plan, records, {
    claimed(machine, token, isStray) {
      if (owners.has(token)) rare("a claim whose reply was lost was recognized");
      owners.set(token, machine);
      const life = sound.lives.findLast((each) => each.tokens.includes(token));
      if (life === undefined) return;
      if (isStray) strayed.add(life);
      unwarned.push(...notTold(ledger.under(life.tokens), token));
    },
    changed: hints.changed,
    faulted: (fault) => rare(faultRarity(fault)),
    said: say,
    clock: subject.clock ?? ((_, now) => now),
  });

  let born = 0;
  function boot(name: string, look?: (machine: Machine) => Look): Slot {
    const nth = born++;
    const zero = seeded(plan.seed, nth, 0xc10).between(-3_600_000, 3_600_000);
    const machine = createMachine(timeline, name, mixed(plan.seed, nth), zero + clockShiftMs);
    const { effects, retentionMs, waitMs, maxRunMs, hasNotifier } = plan.settings;
    const settings = {
      ...{ store: network.connect(machine), ports: machine.ports, codec },
      ...{ leaseMs: LEASE_MS, storeTimeoutMs: STORE_TIMEOUT_MS, retentionMs, waitMs, maxRunMs },
      onEvent(event: OncekeyEvent) {
        rare(rarityOf(event));
        say(() => `${name} reports ${event.type}${"call" in event ? ` (${event.call})` : ""}`);
      },
      ...(hasNotifier ? { notifier: hints.connect(machine) } : {}),
      ...(look === undefined ? {} : { reconcile: look(machine) }),
    };
    const once: Once =
      effects === "transactional"
        ? oncekey<Transaction>({ ...settings, effects })
        : (oncekey({ ...settings, effects }) as Once);
    return { machine, once: subject.once?.(once) ?? once };
  }

  const program = plan.settings.reconciles ? oracle.program : undefined;
  const slots = Array.from({ length: plan.machines }, (_, index) => boot(`p${index}`, program));
  const clients = createClients({
    isTransactional: plan.settings.effects === "transactional",
    ...{ timeline, requests: plan.requests, slots, ledger, rare, say },
  });
  const person = boot("person", () => oracle.person(() => timeline.now >= LANDED_AT));
  const settle = () => {
    const isInDoubt = (life: Life) => records.get(life.id, timeline.now)?.state === "in-doubt";
    clients.settle(person, new Set(sound.lives.filter(isInDoubt).map((life) => life.label)));
  };

  function befall(fault: Exclude<Fault, { kind: "call" | "outage" }>): void {
    say(() => `— ${JSON.stringify(fault)}`);
    if (fault.kind === "person") return settle();
    const slot = slots[fault.machine];
    if (slot === undefined) return;
    const { machine } = slot;
    switch (fault.kind) {
      case "stop":
        machine.stop(fault.paused);
        timeline.after(fault.ms, machine.goOn);
        return;
      case "kill":
        if ([...owners.values()].includes(machine)) rare("a killed process left a record behind");
        machine.kill();
        slots[fault.machine] = boot(machine.name, program);
        clients.died(machine);
        return;
      case "jump":
        machine.jump(fault.ms);
    }
  }

  for (const fault of plan.faults) {
    if (fault.kind === "call" || fault.kind === "outage") continue;
    timeline.after(fault.at, () => befall(fault));
  }
  timeline.after(HEAL_AT, () => {
    say(() => "— healed");
    network.heal();
    for (const { machine } of slots) machine.goOn();
  });
  timeline.after(SETTLED_AT, () => clients.probe(boot("probe"), "settled"));
  timeline.after(LANDED_AT, settle);
  timeline.after(OVER_AT, () => clients.probe(boot("last"), "over"));
  await timeline.runUntil(ENDS_AT);

  const { answers, waiting } = clients;
  const seen = { plan, ledger, lives: sound.lives, answers, operations: network.operations };
  const played = { ...seen, unwarned, waiting, strayed, owners, lines };
  for (const rarity of raritiesOf(played)) rare(rarity);
  return { ...played, rarities };
}

/** Whose lease another has been given, and who had been told nothing, though it never slept. */
function notTold(runs: readonly Run[], followedBy: number): Run[] {
  return runs.filter(
    ({ token, ended, machine, signal }) =>
      token !== followedBy &&
      ended === undefined &&
      !machine.isDead &&
      !machine.hasSlept &&
      !signal().aborted,
  );
}
