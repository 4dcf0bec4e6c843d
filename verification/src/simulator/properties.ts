/**
 * What must hold of every history, by the names of the guarantees.
 *
 * Effects are counted in the ledger and compared with the lives of the records; answers are only
 * compared with what was kept. Promises are per record: when one has expired, or was released
 * because nothing happened, the next begins anew.
 */
import { contradictionsOf } from "../histories/checker.ts";
import type { Answer } from "./clients.ts";
import { type History, LANDED_AT } from "./history.ts";
import { keptIn, labelOf, type Run } from "./ledger.ts";
import { LEASE_MS, WAITERS_PER_KEY } from "./plan.ts";
import { wasFreed } from "./records.ts";

export interface Violation {
  /** Of the guarantees, or of the protocol page. */
  readonly property: string;
  readonly says: string;
}

type Check = (history: History) => Iterable<string>;

const CHECKS: Readonly<Record<string, Check>> = {
  G1: effectsAtMostOnce,
  G2: effectsAtLastOnce,
  G3: answersAreWhatIsKept,
  G4: scopesAreApart,
  G5: fingerprintsAreApart,
  G6: answersComeAfterTheRecord,
  G7: nothingStaysInFlight,
  G8: nothingKnownIsInDoubt,
  G9: waitersAreBounded,
  G10: storeIsExplained,
  "P-100": renewedLeasesAreKept,
  "P-101": whoeverLosesIsTold,
  "known errors": errorsAreKnown,
};

export function violationsOf(history: History): Violation[] {
  return Object.entries(CHECKS).flatMap(([property, check]) =>
    [...check(history)].map((says) => ({ property, says })),
  );
}

const acted = (run: Run): boolean => run.effectAt !== undefined;
const numbers = (runs: readonly Run[]): string => runs.map(({ number }) => number).join(" and ");

/** Unrepeatable and transactional: one effect in a record's life, and none in one that was freed. */
function* effectsAtMostOnce({ plan, ledger, lives }: History): Iterable<string> {
  for (const life of lives) {
    const effects = ledger.under(life.tokens).filter(acted);
    if (plan.settings.effects === "repeatable") {
      // Downstream refuses what comes under a derived key that it has seen.
      const derived = new Set(effects.map(({ derivedKey }) => derivedKey));
      if (derived.size > 1) yield `${life.label}: two derived keys, in runs ${numbers(effects)}`;
      continue;
    }
    // Who says in haste that it did not happen is believed, once no lease lasts: a limit.
    if (plan.settings.isHasty && life.ended === "forgotten") continue;
    if (effects.length > 1) yield `${life.label}: two effects, of runs ${numbers(effects)}`;
    if (wasFreed(life) && effects.length > 0) {
      yield `${life.label}: ${life.ended}, though run ${numbers(effects)} acted`;
    }
  }
  // A run under no token of any record ran unprotected.
  const tokens = new Set(lives.flatMap((life) => life.tokens));
  for (const run of ledger.runs) {
    if (!tokens.has(run.token)) yield `${labelOf(run.request)}: run ${run.number} owned nothing`;
  }
}

/** What may run again has run, and has its answer, when the faults are over. */
function* effectsAtLastOnce({ plan, ledger, lives, answers }: History): Iterable<string> {
  const last = answers.filter(({ probe }) => probe === "over");
  for (const label of new Set(plan.requests.map(labelOf))) {
    const told = last.filter(({ request }) => labelOf(request) === label);
    if (!told.some(({ said }) => said.kind === "completed")) {
      yield `${label}: no answer at the end, only ${told.map(({ said }) => said.kind).join(", ")}`;
    }
  }
  for (const life of lives) {
    if (plan.settings.effects === "unrepeatable" || life.completed === undefined) continue;
    const effects = ledger.under(life.tokens).filter(acted);
    if (effects.length === 0) yield `${life.label}: completed without an effect`;
  }
}

/** Whoever is told that it is completed is told what a record kept that had not expired. */
function* answersAreWhatIsKept(history: History): Iterable<string> {
  for (const { label, value, calledAt, returnedAt, lives } of kept(history)) {
    if (lives.some(({ expiresAt }) => expiresAt > calledAt)) continue;
    yield `${label}: at ${returnedAt} a client heard ${value}, which no record kept`;
  }
}

/** And is told so only when the record had been kept. */
function* answersComeAfterTheRecord(history: History): Iterable<string> {
  for (const { label, value, returnedAt, lives } of kept(history)) {
    const isEarly = lives.every(({ completed }) => (completed?.at ?? 0) > returnedAt);
    if (lives.length > 0 && isEarly) yield `${label}: ${value} was told before it was kept`;
  }
}

/** Each completed answer, with the records that kept the same, at whatever time. */
function* kept({ answers, lives }: History) {
  for (const { request, run, said, calledAt, returnedAt } of answers) {
    if (said.kind !== "completed") continue;
    const isOwn = run !== undefined && !said.replayed;
    if (isOwn && run.wish === "released") continue;
    const label = labelOf(request);
    const value = isOwn && run.wish === "omitted" ? "" : (JSON.stringify(said.value) ?? "");
    const same = lives.filter(
      ({ label: of, completed }) =>
        of === label && completed !== undefined && keptIn(completed.result) === value,
    );
    yield { label, value, calledAt, returnedAt, lives: same };
  }
}

function* scopesAreApart({ answers }: History): Iterable<string> {
  for (const { request, said } of answers) {
    if (said.kind !== "completed" || said.value === undefined) continue;
    const { scope, key } = said.value;
    if (labelOf({ scope, key }) === labelOf(request)) continue;
    yield `${labelOf(request)} was given the answer of ${labelOf({ scope, key })}`;
  }
}

function* fingerprintsAreApart({ answers, lives, ledger }: History): Iterable<string> {
  for (const { request, said } of answers) {
    if (said.kind !== "completed" || said.value === undefined) continue;
    if (said.value.fingerprint !== request.fingerprint) {
      yield `${labelOf(request)}: a request was given the answer of another`;
    }
  }
  for (const life of lives) {
    const ran = new Set(ledger.under(life.tokens).map(({ request }) => request.fingerprint));
    if (ran.size > 1) yield `${life.label}: two different requests ran in one record`;
  }
}

/** After the faults and a lease nobody is told to wait, and in doubt is told where it is. */
function* nothingStaysInFlight({ answers, plan }: History): Iterable<string> {
  const settled = answers.filter(({ probe }) => probe !== undefined);
  const last = new Map(settled.map((answer) => [nameOf(answer), answer]));
  for (const { request, said, returnedAt } of last.values()) {
    const isFine =
      said.kind === "completed" ||
      said.kind === "mismatch" ||
      (said.kind === "in-doubt" && plan.settings.effects === "unrepeatable");
    if (!isFine) yield `${labelOf(request)}: still ${said.kind} at ${returnedAt}`;
  }
}

const nameOf = ({ request, probe }: Answer): string =>
  `${labelOf(request)} ${request.fingerprint} ${probe}`;

/**
 * In doubt is only what nobody can know: not what an owner that is alive has ended and could write
 * since, and not what nobody ever ran (P-107).
 */
function* nothingKnownIsInDoubt(history: History): Iterable<string> {
  const { plan, ledger, lives, owners, strayed } = history;
  if (plan.settings.effects === "transactional") return;
  for (const life of lives) {
    const { completed } = life;
    const isOver = wasFreed(life) || (life.ended === "expired" && completed === undefined);
    if (isOver || (completed !== undefined && completed.at < LANDED_AT)) continue;
    const runs = ledger.under(life.tokens);
    if (runs.some(({ token }) => token === completed?.token)) continue;
    const known = runs.filter((run) => run.ended === "returned" && !run.machine.isDead);
    if (known.length > 0) yield `${life.label}: run ${numbers(known)} returned, and was not kept`;
    const [first = 0] = life.tokens;
    const isOrphan = runs.length === 0 && owners.get(first)?.isDead === false;
    const isOld = life.beganAt < LANDED_AT - LEASE_MS;
    if (isOrphan && isOld && !strayed.has(life)) yield `${life.label}: blocked, and nobody ran`;
  }
}

/** The history of every key, as its callers saw it, has an explanation. */
function* storeIsExplained({ operations }: History): Iterable<string> {
  for (const { rule, says } of contradictionsOf(operations)) yield `${rule}: ${says}`;
}

function* waitersAreBounded({ waiting }: History): Iterable<string> {
  if (waiting > WAITERS_PER_KEY) yield `${waiting} waited for one key in one process`;
}

/** Where nothing fails nobody is followed, however long a handler takes. */
function* renewedLeasesAreKept({ plan, lives, ledger }: History): Iterable<string> {
  if (plan.faults.length > 0 || plan.settings.maxRunMs > 0) return;
  for (const life of lives) {
    const owners = ledger.under(life.tokens);
    if (owners.length > 1) yield `${life.label}: runs ${numbers(owners)} though nothing had failed`;
  }
}

function* whoeverLosesIsTold({ unwarned, ledger }: History): Iterable<string> {
  for (const run of unwarned) {
    yield `${labelOf(run.request)}: run ${run.number} was followed before its signal fired`;
  }
  for (const { request, number, isBelated } of ledger.runs) {
    if (isBelated) yield `${labelOf(request)}: run ${number} began when its lease had ended`;
  }
}

/** Whoever calls is told of what may be expected, and of nothing else. */
function* errorsAreKnown({ answers }: History): Iterable<string> {
  for (const { request, said } of answers) {
    if (said.kind === "unexpected") yield `${labelOf(request)}: a client met ${said.error}`;
  }
}
