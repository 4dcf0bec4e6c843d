/**
 * The rare branches that a run must have taken: a simulator that never goes there proves nothing
 * about them, however many histories it plays.
 */
import type { OncekeyEvent } from "oncekey";
import type { Answer } from "./clients.ts";
import type { History } from "./history.ts";
import { labelOf } from "./ledger.ts";
import { type CallFault, WAITERS_PER_KEY } from "./plan.ts";
import { type Life, wasFreed } from "./records.ts";

export const RARITIES = [
  "an owner that fell silent was followed",
  "a late completion healed a record in doubt",
  "an owner was fenced out, and passed on the answer that it found",
  "an owner was fenced out while its follower still ran",
  "an owner found that its record had been resolved",
  "a claim whose reply was lost was recognized",
  "an orphaned claim was let go in the background",
  "a completion landed in the background",
  "a release landed in the background",
  "a result could not be recorded in time",
  "a waiter ran after a release",
  "a waiter followed a silent owner",
  "a waiter was given the owner's answer",
  "a waiter waited in vain",
  "more waited than may wait",
  "a lease could not be renewed in time, and the handler was told",
  "a renewal was refused, and the handler was told",
  "a run was too long, and the handler was told",
  "a handler heeded its signal",
  "a commit of unknown outcome was found to be made",
  "a commit of unknown outcome was found not to be made",
  "a transaction could not begin",
  "an overtaken transaction was rolled back",
  "reconciling found that it had happened",
  "reconciling found that it had not happened",
  "reconciling found nothing out",
  "reconciling failed",
  "a person settled what was in doubt",
  "a person said that it did not happen while the owner could still act",
  "what a person would have settled had its owner back, and was left alone",
  "in doubt was the answer",
  "a mismatch was the answer",
  "the store was unavailable, and nothing ran",
  "a result was omitted",
  "a record expired, and its key ran again",
  "a client gave up on a running handler",
  "a killed process left a record behind",
  "a call met a fault: refused",
  "a call met a fault: error-after",
  "a call met a fault: lost",
  "a call met a fault: lost-reply",
  "a call met a fault: late",
  "a call met a fault: twice",
  "a call met a fault: outage",
] as const;

export type Rarity = (typeof RARITIES)[number];

/** Held to the list by the compiler: each fault has its line in it. */
export const faultRarity = (fault: CallFault | "outage"): Rarity => `a call met a fault: ${fault}`;

/** What an event of the engine's tells. */
export function rarityOf(event: OncekeyEvent): Rarity | undefined {
  switch (event.type) {
    case "recovered":
      if (event.call === "claim") return "an orphaned claim was let go in the background";
      if (event.call === "complete") return "a completion landed in the background";
      return "a release landed in the background";
    case "not-recorded":
      return "a result could not be recorded in time";
    case "lease-lost":
      if (event.reason.includes("taken over"))
        return "a renewal was refused, and the handler was told";
      if (event.reason.includes("maxRunMs")) return "a run was too long, and the handler was told";
      return "a lease could not be renewed in time, and the handler was told";
    default:
      return undefined;
  }
}

/** What a played history tells by its end. */
export function raritiesOf(history: Omit<History, "rarities">): Rarity[] {
  const { answers, lives, operations, waiting, plan } = history;
  const rarities = [...lives.flatMap((life) => ofLife(life, lives)), ...answers.flatMap(ofAnswer)];
  if (waiting === WAITERS_PER_KEY) rarities.push("more waited than may wait");
  if (plan.settings.waitMs > 0) {
    rarities.push(...answers.flatMap((answer) => ofWait(answer, lives, plan.settings.waitMs)));
  }
  if (plan.settings.effects === "transactional") {
    for (const { run, said } of answers) {
      const commit = operations.find(
        (each) => each.verb === "complete" && each.token === run?.token,
      );
      if (commit?.answer === false) rarities.push("an overtaken transaction was rolled back");
      if (commit === undefined || commit.answer !== undefined) continue;
      if (said.kind === "completed" && !said.replayed) {
        rarities.push("a commit of unknown outcome was found to be made");
      }
      if (said.kind === "not-recorded" && run?.effectAt === undefined) {
        rarities.push("a commit of unknown outcome was found not to be made");
      }
    }
  }
  return rarities;
}

function ofLife(life: Life, lives: readonly Life[]): Rarity[] {
  const rarities: Rarity[] = [];
  if (life.healed) rarities.push("a late completion healed a record in doubt");
  if (life.spared) {
    rarities.push("what a person would have settled had its owner back, and was left alone");
  }
  const hasFollower = life.tokens.length > 1 && life.effects !== "unrepeatable";
  if (hasFollower) rarities.push("an owner that fell silent was followed");
  const isAgain = life.ended === "expired" && life.completed !== undefined;
  if (isAgain && lives.some((later) => later.id === life.id && later.beganAt > life.beganAt)) {
    rarities.push("a record expired, and its key ran again");
  }
  return rarities;
}

function ofAnswer({ said, run }: Answer): Rarity[] {
  switch (said.kind) {
    case "completed":
      if (run === undefined || !said.replayed) return [];
      return typeof said.value?.run === "string"
        ? ["an owner found that its record had been resolved"]
        : ["an owner was fenced out, and passed on the answer that it found"];
    case "in-flight":
      return run === undefined ? [] : ["an owner was fenced out while its follower still ran"];
    case "in-doubt":
      return ["in doubt was the answer"];
    case "mismatch":
      return ["a mismatch was the answer"];
    case "unavailable":
      return ["the store was unavailable, and nothing ran"];
    case "not-begun":
      return ["a transaction could not begin"];
    case "not-recorded":
    case "threw":
    case "unexpected":
      return [];
  }
}

/** A claim and its answer are long over by then: whoever has none yet is waiting. */
const WAITING_MS = 60;

function ofWait(answer: Answer, lives: readonly Life[], waitMs: number): Rarity[] {
  const { run, said, calledAt, returnedAt } = answer;
  const label = labelOf(answer.request);
  if (run !== undefined && run.beganAt > calledAt + WAITING_MS) {
    if (run.attempt > 1) return ["a waiter followed a silent owner"];
    const isFree = lives.some(
      (life) => life.label === label && wasFreed(life) && life.beganAt <= calledAt,
    );
    return isFree ? ["a waiter ran after a release"] : [];
  }
  if (run !== undefined) return [];
  if (said.kind === "in-flight" && returnedAt - calledAt >= waitMs)
    return ["a waiter waited in vain"];
  const cameLater = lives.some(
    ({ label: of, completed }) =>
      of === label && completed !== undefined && completed.at > calledAt + WAITING_MS,
  );
  return said.kind === "completed" && cameLater ? ["a waiter was given the owner's answer"] : [];
}
