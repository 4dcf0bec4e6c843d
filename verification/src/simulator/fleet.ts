/** The processes that clients can reach, each with an engine of its own, and what befalls them. */
import { type OncekeyEvent, oncekey } from "oncekey";
import type { Slot } from "./clients.ts";
import type { Hints } from "./hints.ts";
import type { Once, Subject } from "./history.ts";
import { codec } from "./ledger.ts";
import { createMachine, type Machine } from "./machine.ts";
import type { Network, Transaction } from "./network.ts";
import type { Look } from "./oracle.ts";
import { type Fault, LEASE_MS, type Plan } from "./plan.ts";
import { mixed, seeded } from "./random.ts";
import { type Rarity, rarityOf } from "./sometimes.ts";
import type { Timeline } from "./timeline.ts";

export interface Fleet {
  /** Who listens under each name now. A killed process starts again, and remembers nothing. */
  readonly slots: readonly Slot[];
  readonly killed: readonly Machine[];
  /** One process more, which no fault befalls. */
  boot(name: string, look?: (machine: Machine) => Look): Slot;
  befall(fault: ProcessFault, died: (machine: Machine) => void): void;
}

type ProcessFault = Fault & { readonly kind: "stop" | "kill" | "jump" };

interface Surroundings {
  readonly timeline: Timeline;
  readonly network: Network;
  readonly hints: Hints;
  readonly subject: Subject;
  readonly clockShiftMs: number;
  rare(rarity: Rarity): void;
  say(line: () => string): void;
}

/** As far as clocks are ever apart, and further. */
const CLOCKS_APART_MS = 3_600_000;

export function createFleet(
  plan: Plan,
  surroundings: Surroundings,
  reconcile: ((machine: Machine) => Look) | undefined,
): Fleet {
  const { timeline, subject, clockShiftMs, rare, say } = surroundings;
  const killed: Machine[] = [];
  let born = 0;

  function boot(name: string, look?: (machine: Machine) => Look): Slot {
    const nth = born++;
    const zero = seeded(plan.seed, nth, 0xc10).between(-CLOCKS_APART_MS, CLOCKS_APART_MS);
    const machine = createMachine(timeline, name, mixed(plan.seed, nth), zero + clockShiftMs);
    const once = engineOn(machine, look);
    return { machine, once: subject.once?.(once) ?? once };
  }

  function engineOn(machine: Machine, look: ((machine: Machine) => Look) | undefined): Once {
    const { effects, retentionMs, waitMs, maxRunMs, storeTimeoutMs, hasNotifier } = plan.settings;
    const onEvent = (event: OncekeyEvent) => {
      const rarity = rarityOf(event);
      if (rarity !== undefined) rare(rarity);
      say(() => `${machine.name} reports ${event.type}${"call" in event ? ` ${event.call}` : ""}`);
    };
    const store = surroundings.network.connect(machine);
    const settings = {
      ...{ store, ports: machine.ports, codec, onEvent, retentionMs, waitMs, maxRunMs },
      ...{ leaseMs: LEASE_MS, storeTimeoutMs },
      ...(hasNotifier ? { notifier: surroundings.hints.connect(machine) } : {}),
      ...(look === undefined ? {} : { reconcile: look(machine) }),
    };
    if (effects === "transactional") return oncekey<Transaction>({ ...settings, effects });
    // Only the type knows of a transaction: without that mode the context has none.
    return oncekey({ ...settings, effects }) as Once;
  }

  const slots = Array.from({ length: plan.machines }, (_, index) => boot(`p${index}`, reconcile));
  return {
    slots,
    killed,
    boot,
    befall(fault, died) {
      const machine = slots[fault.machine]?.machine;
      if (machine === undefined) return;
      switch (fault.kind) {
        case "stop":
          machine.stop(fault.paused);
          timeline.after(fault.ms, machine.goOn);
          return;
        case "kill":
          machine.kill();
          killed.push(machine);
          slots[fault.machine] = boot(machine.name, reconcile);
          died(machine);
          return;
        case "jump":
          machine.jump(fault.ms);
      }
    },
  };
}
