/** The options that every door has in common, with their defaults and their reasons. */
import { checkFunction, checkInteger, checkOneOf, checkStore, refuse } from "./check.ts";
import type { Seal } from "./envelope.ts";
import type { Listener } from "./events.ts";
import type { Notifier } from "./notifier.ts";
import type { Ports } from "./ports.ts";
import type { Effects } from "./record.ts";
import type { Store } from "./store.ts";

export interface CommonOptions {
  /** How long an owner may be silent before others may act. Renewed at a third of it. 30 s. */
  readonly leaseMs?: number;
  /** How long a completed record answers duplicates, counted from completion. 24 h, at most 30 d. */
  readonly retentionMs?: number;
  /** How long a duplicate waits for a running owner. 0: it is told at once. */
  readonly waitMs?: number;
  /** Renewal stops after this long. Off, because only the application knows its longest run. */
  readonly maxRunMs?: number;
  /** A store call that takes longer counts as failed. 5 s. */
  readonly storeTimeoutMs?: number;
  /** Wakes waiters early, such as `redisNotifier(subscriber)`. Without one they ask at intervals. */
  readonly notifier?: Notifier;
  /** Encrypts what is stored, such as `aesGcm(keys)` of `oncekey/seal`. Without one it is not. */
  readonly seal?: Seal;
  /** Hears of everything that happens: the library itself prints nothing. */
  readonly onEvent?: Listener;
  /** Clock, timers, randomness and hash, for simulators. */
  readonly ports?: Ports;
}

export const COMMON_OPTIONS: readonly string[] = [
  "store",
  "effects",
  "leaseMs",
  "retentionMs",
  "waitMs",
  "maxRunMs",
  "storeTimeoutMs",
  "notifier",
  "seal",
  "onEvent",
  "ports",
];

export interface CommonSettings {
  readonly effects: Effects;
  readonly leaseMs: number;
  readonly retentionMs: number;
  readonly waitMs: number;
  readonly maxRunMs: number;
  readonly storeTimeoutMs: number;
}

const DAY_MS = 86_400_000;
/** Long enough for a slow handler between two beats, short enough that a crash is soon over. */
const LEASE_MS = 30_000;
/** 24 hours, as Stripe keeps keys: a client that retries a day later is a new story. */
const RETENTION_MS = DAY_MS;
/** Timers of the platforms end at 24.8 days; records do not hang on timers, so 30 days are fine. */
const RETENTION_MS_MAX = 30 * DAY_MS;
/** A lease below this cannot be renewed reliably: a busy event loop pauses for as long. */
const LEASE_MS_MIN = 50;
/** The longest delay of the platforms' timers (2^31 - 1 ms): past it they fire at once. */
const TIMER_MS_MAX = 2_147_483_647;
const STORE_TIMEOUT_MS = 5_000;

export function checkCommon(
  options: CommonOptions & { readonly store: Store; readonly effects?: Effects },
): CommonSettings {
  const effects = checkOneOf("effects", options.effects ?? "unrepeatable", [
    "unrepeatable",
    "repeatable",
    "transactional",
  ]);
  checkStore(options.store, effects);
  if (options.onEvent !== undefined) checkFunction("onEvent", options.onEvent);
  if (options.notifier !== undefined && typeof options.notifier?.watch !== "function") {
    refuse("notifier", "a notifier, such as redisNotifier(subscriber)", options.notifier);
  }
  const { seal } = options;
  if (seal !== undefined && (typeof seal?.seal !== "function" || typeof seal.open !== "function")) {
    // Not with what was given: that may be the keys themselves.
    throw new TypeError("Expected `seal` to be a seal, such as aesGcm(keys) of oncekey/seal.");
  }
  const retentionMs = options.retentionMs ?? RETENTION_MS;
  return {
    effects,
    leaseMs: checkInteger("leaseMs", options.leaseMs ?? LEASE_MS, LEASE_MS_MIN, TIMER_MS_MAX),
    retentionMs: checkInteger("retentionMs", retentionMs, 1, RETENTION_MS_MAX),
    waitMs: checkInteger("waitMs", options.waitMs ?? 0, 0, TIMER_MS_MAX),
    maxRunMs: checkInteger("maxRunMs", options.maxRunMs ?? 0, 0, TIMER_MS_MAX),
    storeTimeoutMs: checkInteger(
      "storeTimeoutMs",
      options.storeTimeoutMs ?? STORE_TIMEOUT_MS,
      1,
      TIMER_MS_MAX,
    ),
  };
}
