/**
 * What a seed stands for: settings, requests and faults, as data.
 *
 * Everything that a shrinker may want to leave out is in here; only delays are drawn later, from
 * the seed and the number of the call.
 */
import type { Effects } from "oncekey";
import { mixed, type Random, seeded } from "./random.ts";

export interface Plan {
  readonly seed: number;
  readonly settings: Settings;
  readonly machines: number;
  readonly requests: readonly Request[];
  readonly faults: readonly Fault[];
}

export interface Settings {
  readonly effects: Effects;
  readonly retentionMs: number;
  readonly waitMs: number;
  readonly maxRunMs: number;
  /** Sometimes longer than a lease, as nobody should have it. */
  readonly storeTimeoutMs: number;
  readonly hasNotifier: boolean;
  readonly reconciles: boolean;
  /** A person who does not wait until the owner can act no more, and says that it did not happen. */
  readonly isHasty?: boolean;
}

/** One thing that a client wants, over all of its tries. */
export interface Request {
  readonly at: number;
  /** Where its first try goes; each further one goes to the next machine. */
  readonly machine: number;
  readonly scope: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly tries: number;
  readonly pauseMs: number;
  readonly work: HandlerPlan;
}

/** What the handler does, should this request be the one that runs. */
export interface HandlerPlan {
  readonly beforeMs: number;
  readonly afterMs: number;
  readonly ending: Ending;
  /** Whether it looks at its signal before it acts. */
  readonly heeds: boolean;
}

/** `release` and `release-throw` say that nothing happened, and it is true. */
export type Ending =
  | "return"
  | "omit"
  | "release"
  | "release-throw"
  | "throw-before"
  | "throw-after";

export type CallFault = "refused" | "error-after" | "lost" | "lost-reply" | "late" | "twice";

export type Fault =
  /** Befalls the nth call to the store, of whichever machine. */
  | { readonly kind: "call"; readonly n: number; readonly fault: CallFault; readonly ms: number }
  | { readonly kind: "outage"; readonly at: number; readonly ms: number; readonly silent: boolean }
  /** As by SIGSTOP; `paused`, with its machine, whose clock then stands still as well. */
  | {
      readonly kind: "stop";
      readonly machine: number;
      readonly at: number;
      readonly ms: number;
      readonly paused: boolean;
    }
  | { readonly kind: "kill"; readonly machine: number; readonly at: number }
  | { readonly kind: "jump"; readonly machine: number; readonly at: number; readonly ms: number }
  /** A person looks at everything in doubt, and settles what can be known. */
  | { readonly kind: "person"; readonly at: number };

export const LEASE_MS = 600;
/** Ordinary latency, each way. */
export const LATENCY_MS_MAX = 12;
/** The safety phase ends here: faults stop, and whoever was stopped goes on. */
export const HEAL_AT = 4_000;

/** As many as may wait for one key in one process (P-125). */
export const WAITERS_PER_KEY = 100;
const STORM_REQUESTS = 120;
/** Who is in haste looks soon after a lease may have ended, and again. */
const LOOKS_AT: readonly number[] = [650, 800, 1_000, 1_300, 1_700];

export function planOf(seed: number): Plan {
  const random = seeded(seed, 0x91a);
  const isStorm = random.chance(0.004);
  const settings: Settings = {
    effects: random.pick(["unrepeatable", "unrepeatable", "repeatable", "transactional"]),
    retentionMs: random.pick([900, 60_000]),
    waitMs: isStorm ? 1_000 : random.pick([0, 0, 400, 2_000]),
    maxRunMs: random.pick([0, 0, 0, 700]),
    storeTimeoutMs: random.pick([200, 200, 200, 900]),
    hasNotifier: random.chance(0.5),
    reconciles: random.chance(0.6),
  };
  // Not drawn with the rest, so that the other plans stay what they were.
  const isHasty = settings.effects === "unrepeatable" && mixed(seed, 0x4a57) % 4 === 0;
  const machines = isStorm ? 1 : random.between(1, 3);
  const keys = random.pick([1, 1, 2]);
  const scopes = random.pick([1, 1, 2]);
  const many = isStorm ? STORM_REQUESTS : random.between(2, 6);
  const requests = Array.from({ length: many }, () =>
    isStorm ? stormOf(random) : requestOf(random, machines, keys, scopes),
  );
  const faults = isStorm || random.chance(0.1) ? [] : faultsOf(random, machines);
  if (!isHasty) return { seed, settings, machines, requests, faults };
  return {
    ...{ seed, machines, requests },
    settings: { ...settings, isHasty },
    faults: [...faults, ...hasteOf(seed, machines)],
  };
}

function stormOf(random: Random): Request {
  const work = { beforeMs: 500, afterMs: 0, ending: "return", heeds: false } as const;
  const of = { scope: "ann", key: "k1", fingerprint: "a", tries: 1, pauseMs: 50, work };
  return { at: random.between(0, 20), machine: 0, ...of };
}

function requestOf(random: Random, machines: number, keys: number, scopes: number): Request {
  return {
    at: random.pick([0, random.between(0, 60), random.between(0, 1_500)]),
    machine: random.between(0, machines - 1),
    scope: scopes === 1 ? "ann" : random.pick(["ann", "bob"]),
    key: `k${random.between(1, keys)}`,
    fingerprint: random.chance(0.9) ? "a" : "b",
    tries: random.between(1, 4),
    pauseMs: random.pick([20, 150, 700]),
    work: {
      beforeMs: random.pick([0, 5, 40, 250, 1_000]),
      afterMs: random.pick([0, 5, 40, 250, 1_100]),
      ending: random.chance(0.6)
        ? "return"
        : random.pick(["omit", "release", "release-throw", "throw-before", "throw-after"]),
      heeds: random.chance(0.5),
    },
  };
}

function faultsOf(random: Random, machines: number): Fault[] {
  const some = (most: number) => Array.from({ length: random.between(0, most) });
  const at = () => random.pick([random.between(0, 100), random.between(0, 2_500)]);
  const machine = () => random.between(0, machines - 1);
  const calls = some(random.pick([2, 6, 12])).map(
    (): Fault => ({
      kind: "call",
      n: random.pick([random.between(0, 8), random.between(0, 50)]),
      fault: random.pick(["refused", "error-after", "lost", "lost-reply", "late", "twice"]),
      ms: random.pick([30, 120, 400, 1_500]),
    }),
  );
  return [
    ...calls,
    ...some(random.pick([0, 1])).map(
      (): Fault => ({
        kind: "outage",
        at: at(),
        ms: random.pick([60, 300, 1_200]),
        silent: random.chance(0.5),
      }),
    ),
    ...some(2).map(
      (): Fault => ({
        kind: "stop",
        machine: machine(),
        at: at(),
        ms: random.pick([100, 700, 900, 1_300]),
        paused: random.chance(0.4),
      }),
    ),
    ...some(random.pick([0, 1, 2])).map(
      (): Fault => ({ kind: "kill", machine: machine(), at: at() }),
    ),
    ...some(random.pick([0, 1])).map(
      (): Fault => ({
        kind: "jump",
        machine: machine(),
        at: at(),
        ms: random.pick([100, 500, 3_600_000]),
      }),
    ),
    ...some(random.pick([0, 1])).map((): Fault => ({ kind: "person", at: at() + 700 })),
  ];
}

/** Owners who stand still for a lease and come back, and a person who does not wait for them. */
function hasteOf(seed: number, machines: number): Fault[] {
  const stops = Array.from({ length: machines }, (_, machine): Fault => {
    const at = mixed(seed, machine, 0x4a57) % 500;
    return { kind: "stop", machine, at, ms: LEASE_MS + 100, paused: true };
  });
  const looks = LOOKS_AT.map((at): Fault => ({ kind: "person", at }));
  return [...stops, ...looks];
}

/** How long the nth call is under way, there and back. */
export function latencyOf(seed: number, n: number): readonly [there: number, back: number] {
  const bits = mixed(seed, n, 0x1a7);
  return [1 + (bits % LATENCY_MS_MAX), 1 + ((bits >>> 8) % LATENCY_MS_MAX)];
}
