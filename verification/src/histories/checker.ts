/**
 * Holds what callers saw of a store against what the contract lets them see.
 *
 * It knows nothing but calls, answers and times, so it can judge any store. Whatever it reports is
 * a violation under every possible order of the calls: a call takes effect at one instant between
 * its call and its return, and one without an answer at any time after its call, or never.
 */
import type { Digest, Token } from "oncekey";
import type { Operation } from "./operation.ts";
import { type Look, type Of, type Past, pastOf, type Won, type Write } from "./past.ts";

export interface Contradiction {
  readonly id: Digest;
  /** Which sentence of the contract is contradicted. */
  readonly rule: keyof typeof RULES;
  readonly says: string;
}

export const RULES = {
  "a token is given to one claim": oneClaimPerToken,
  "tokens grow": tokensGrow,
  "a claim takes only what is free": onlyWhatIsFree,
  "a stale token writes nothing": staleTokens,
  "a write of the owner is not refused": ownersAreHeard,
  "only what is in doubt is settled": onlyDoubtIsSettled,
  "completed is final": completedIsFinal,
  "nothing is read that was not written": readsAreWritten,
} as const;

/** Empty: the history can be explained. */
export function contradictionsOf(operations: readonly Operation[]): Contradiction[] {
  const byId = new Map<Digest, Operation[]>();
  for (const operation of operations) {
    const list = byId.get(operation.id);
    if (list === undefined) byId.set(operation.id, [operation]);
    else list.push(operation);
  }
  return [...byId].flatMap(([id, own]) => {
    const past = pastOf(own);
    return Object.entries(RULES).flatMap(([rule, find]) =>
      [...find(past)].map((says) => ({ id, rule: rule as keyof typeof RULES, says })),
    );
  });
}

const mayHaveBeenDone = ({ answer }: Write): boolean => answer !== false;
/** Who settles a record does not own it. */
const isOfOthers = ({ verb }: Write): boolean => verb === "resolve" || verb === "forget";
const isMaybe = (operation: Operation): boolean => operation.answer === undefined;

function* oneClaimPerToken({ won }: Past): Iterable<string> {
  const nonces = new Map<Token, string>();
  for (const { token, claim } of won) {
    const other = nonces.get(token);
    if (other !== undefined && other !== claim.nonce)
      yield `token ${token} was given to two claims`;
    nonces.set(token, claim.nonce);
  }
}

function* tokensGrow({ won }: Past): Iterable<string> {
  for (const earlier of won) {
    for (const later of won) {
      const isLater = earlier.returnedAt < later.claim.calledAt;
      if (isLater && later.token < earlier.token) {
        yield `token ${later.token} was given after ${earlier.token}`;
      }
    }
  }
}

/** Between two tokens somebody let go, or the lease ended, or the kept result expired. */
function* onlyWhatIsFree(past: Past): Iterable<string> {
  for (const earlier of past.won) {
    for (const later of past.won) {
      if (later.token <= earlier.token || later.claim.nonce === earlier.claim.nonce) continue;
      if (!mayBeFree(past, earlier, later)) {
        yield `token ${later.token} was given while ${earlier.token} held the record`;
      }
    }
  }
}

function mayBeFree({ won, writes, claims }: Past, earlier: Won, later: Won): boolean {
  const { claim, token } = earlier;
  const until = later.returnedAt;
  const isOlder = (between: Won) => between.token > token && between.token < later.token;
  // Judged between neighbours: what became of the one in between is another pair's to tell.
  if (won.some(isOlder)) return true;
  for (const write of writes) {
    if (!mayHaveBeenDone(write) || write.calledAt > until) continue;
    const isOwn = write.token === token;
    // Whoever resolved it has a token that nobody was told.
    if (write.verb === "resolve" && write.calledAt + claim.retentionMs <= until) return true;
    if (!isOwn) continue;
    if (write.verb === "release" || write.verb === "forget") return true;
    if (write.verb === "complete" && write.calledAt + claim.retentionMs <= until) return true;
  }
  // A claim that got no answer may have come between, and be over: nobody knows its token.
  const isUnknown = (other: Of<"claim">) =>
    isMaybe(other) && other.nonce !== claim.nonce && other.calledAt <= until;
  if (claims.some(isUnknown)) return true;
  const isFollowed = claim.effects !== "unrepeatable" && later.attempt > earlier.attempt;
  const isForgotten = claim.effects !== "unrepeatable" && later.attempt === 1;
  if (isFollowed) return leaseMayEnd(writes, won, earlier) <= until;
  return isForgotten && leaseMayEnd(writes, won, earlier) + claim.retentionMs <= until;
}

/** The earliest instant at which the lease can have ended. */
function leaseMayEnd(writes: readonly Write[], won: readonly Won[], { claim, token }: Won): number {
  let end = claim.calledAt + claim.leaseMs;
  for (const again of won) {
    if (again.token === token) end = Math.max(end, again.claim.calledAt + claim.leaseMs);
  }
  for (const write of writes) {
    if (write.verb !== "renew" || write.token !== token) continue;
    // One that shortens the lease may be the last, and one without an answer may be none at all.
    if (write.leaseMs < claim.leaseMs) return Number.NEGATIVE_INFINITY;
    if (write.answer === true) end = Math.max(end, write.calledAt + write.leaseMs);
  }
  return end;
}

/** Once a later claim has returned, an older token is nobody's any more. */
function* staleTokens({ won, writes }: Past): Iterable<string> {
  for (const write of writes) {
    if (write.answer !== true) continue;
    const newer = won.find(
      ({ token, returnedAt }) => token > write.token && returnedAt < write.calledAt,
    );
    if (newer === undefined) continue;
    yield `${write.verb} under token ${write.token} was done after ${newer.token} was given`;
  }
}

/** Refused, though nobody else can have had the record, and nobody can have let it go. */
function* ownersAreHeard({ won, writes, claims }: Past): Iterable<string> {
  for (const write of writes) {
    if (write.answer !== false || isOfOthers(write)) continue;
    const mine = won.find(({ token }) => token === write.token);
    if (mine === undefined || mine.returnedAt > write.calledAt) continue;
    const until = write.returnedAt ?? Number.POSITIVE_INFINITY;
    const touched = writes.some(
      (other) =>
        other !== write &&
        other.verb !== "renew" &&
        other.calledAt < until &&
        mayHaveBeenDone(other),
    );
    const followed = claims.some(
      (other) =>
        other.calledAt < until &&
        other.nonce !== mine.claim.nonce &&
        (isMaybe(other) ||
          (other.answer?.outcome === "claimed" && other.answer.token > write.token)),
    );
    const { calledAt, retentionMs, effects } = mine.claim;
    const expired = effects !== "unrepeatable" && calledAt + retentionMs <= until;
    if (touched || followed || expired) continue;
    yield `${write.verb} was refused under token ${write.token}, which nobody had overtaken`;
  }
}

/** Whoever is not the owner has no say while its lease lasts, and none where it may be followed. */
function* onlyDoubtIsSettled({ won, writes }: Past): Iterable<string> {
  for (const write of writes) {
    if (write.answer !== true || !isOfOthers(write)) continue;
    const mine = won.find(({ token }) => token === write.token);
    if (mine === undefined) continue;
    const { returnedAt = Number.POSITIVE_INFINITY } = write;
    const isLive = leaseMayEnd(writes, won, mine) > returnedAt;
    if (!isLive && mine.claim.effects === "unrepeatable") continue;
    yield `${write.verb} under token ${write.token} was done, and it was not in doubt`;
  }
}

/** Until its retention ends every look shows the same result, and nobody is given the record. */
function* completedIsFinal({ claims, writes, looks, won }: Past): Iterable<string> {
  const retentionMs = Math.min(...claims.map((claim) => claim.retentionMs));
  for (const { token, result, from, writtenAt } of completionsKnown(writes, looks)) {
    const until = writtenAt + retentionMs;
    for (const { seen, operation, returnedAt } of looks) {
      if (operation.calledAt <= from || returnedAt >= until) continue;
      if (seen?.state !== "completed" || seen.token !== token) {
        yield `token ${token} had completed it, and then it was ${seen?.state ?? "absent"}`;
      } else if (result !== undefined && seen.result !== result) {
        yield `the result of token ${token} changed`;
      }
    }
    for (const later of won) {
      if (later.claim.calledAt <= from || later.returnedAt >= until) continue;
      yield `token ${later.token} was given after token ${token} had completed it`;
    }
  }
}

interface Completion {
  readonly token: Token;
  /** Unknown from a write's answer: an earlier one may have been the one that counts. */
  readonly result: string | undefined;
  /** From here on it is known. */
  readonly from: number;
  /** When it can first have been written: its retention may count from there. */
  readonly writtenAt: number;
}

function completionsKnown(writes: readonly Write[], looks: readonly Look[]): Completion[] {
  const kept = writes.filter(({ verb }) => verb === "complete" || verb === "resolve");
  const firstUnder = (token: Token) =>
    Math.min(
      ...kept.flatMap((write) =>
        write.verb === "resolve" || write.token === token ? [write.calledAt] : [],
      ),
    );
  const told = kept.flatMap(({ verb, token, answer, returnedAt = 0 }) =>
    verb === "complete" && answer === true
      ? [{ token, result: undefined, from: returnedAt, writtenAt: firstUnder(token) }]
      : [],
  );
  const seen = looks.flatMap(({ seen, returnedAt }) =>
    seen?.state === "completed"
      ? [
          {
            token: seen.token,
            result: seen.result,
            from: returnedAt,
            writtenAt: firstUnder(seen.token),
          },
        ]
      : [],
  );
  return [...told, ...seen];
}

/** A result is somebody's who had begun to write it, and a token somebody's who had claimed. */
function* readsAreWritten({ claims, writes, looks, won }: Past): Iterable<string> {
  for (const { seen, returnedAt } of looks) {
    if (seen === undefined) continue;
    const began = claims.some(
      (claim) => claim.fingerprint === seen.fingerprint && claim.calledAt <= returnedAt,
    );
    if (!began) yield `a record was seen that nobody had claimed`;
    if (seen.state !== "completed") {
      const given = won.find(({ token }) => token === seen.token);
      if (given !== undefined && given.attempt !== seen.attempt) {
        yield `token ${seen.token} was attempt ${given.attempt}, and was seen as ${seen.attempt}`;
      }
      continue;
    }
    const written = writes.some(
      (write) =>
        (write.verb === "complete" || write.verb === "resolve") &&
        write.result === seen.result &&
        write.calledAt <= returnedAt &&
        mayHaveBeenDone(write) &&
        (write.verb === "resolve" || write.token === seen.token),
    );
    if (!written) yield `token ${seen.token} was seen as completed with what nobody had written`;
  }
}
