/** A script's answer read as a record or a claim. What cannot be read is corrupt, never absent. */
import { RecordCorrupt } from "../core/errors.ts";
import type { Digest, Effects, IdempotencyRecord, Unsettled } from "../core/record.ts";
import type { Claim } from "../core/store.ts";
import type { Reply } from "./redis-script.ts";

type Claimed = Extract<Claim, { outcome: "claimed" }>;

/** `claimed`, token, attempt, claimedAt. */
export function readClaim(id: Digest, [, token, attempt, claimedAt]: Reply): Claimed {
  return {
    outcome: "claimed",
    lease: { id, token: integer(token) },
    attempt: integer(attempt),
    claimedAt: integer(claimedAt),
  };
}

/** A word, Redis's clock, the record's words, and its result if it has one. */
export function readRecord(id: Digest, [, now, words, result]: Reply): IdempotencyRecord {
  const [, state, token, attempt, claimedAt, , effects, scope, fingerprint, ...rest] =
    textOf(words).split(" ");
  // In flight: the end of the lease, and the nonce. Completed: when it was, and when it expires.
  const [instant, other, ...label] = rest;
  const remembered = {
    id,
    scope: digest(scope),
    fingerprint: digest(fingerprint),
    effects: effectsOf(effects),
    label: label.join(" "),
    token: integer(token),
    attempt: integer(attempt),
    claimedAt: integer(claimedAt),
  };
  if (state === "completed") {
    return {
      ...remembered,
      state,
      completedAt: integer(instant),
      expiresAt: integer(other),
      result: bytesOf(result),
    };
  }
  const endsAt = integer(instant);
  const isOver = endsAt <= integer(now);
  return {
    ...remembered,
    state: unsettledState(remembered.effects, isOver),
    leaseEndsAt: endsAt,
  };
}

function unsettledState(effects: Effects, isOver: boolean): Unsettled["state"] {
  return effects === "unrepeatable" && isOver ? "in-doubt" : "in-flight";
}

/** Copied, or a small result would keep the whole chunk alive that it arrived in. */
function bytesOf(result: unknown): Uint8Array {
  if (!(result instanceof Uint8Array)) throw corrupt("result");
  return new Uint8Array(result);
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textOf(words: unknown): string {
  try {
    return decoder.decode(bytesOf(words));
  } catch {
    throw corrupt("text");
  }
}

/** An integer of Redis, or its digits: as text or as bytes, by script and client. */
function integer(value: unknown): number {
  const number = Number(value instanceof Uint8Array ? decoder.decode(value) : value);
  if (!Number.isSafeInteger(number) || number < 0) throw corrupt("number");
  return number;
}

function digest(value: string | undefined): Digest {
  if (value === undefined || !/^[0-9a-f]{64}$/.test(value)) throw corrupt("digest");
  return value;
}

function effectsOf(value: string | undefined): Effects {
  if (value === "unrepeatable" || value === "repeatable" || value === "transactional") return value;
  throw corrupt("effects");
}

function corrupt(part: string): RecordCorrupt {
  return new RecordCorrupt(`There is a record that cannot be read: its ${part} is damaged.`);
}
