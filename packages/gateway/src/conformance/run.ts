/** Plays the cases of a profile against a server, one after the other, and says what came of each. */
import { Broken, NoAnswer, NotApplicable, TooLate } from "./broken.ts";
import { type Case, obstacle } from "./case.ts";
import { allCases } from "./cases.ts";
import { PROFILES } from "./profile.ts";
import type { Finding, Outcome, Report } from "./report.ts";
import { createSession, type Session } from "./session.ts";
import type { Target } from "./target.ts";

export interface RunOptions {
  /** Only these: ids such as "P-35", or names such as "race". All unless given. */
  readonly only?: readonly string[];
  /** Told of each finding as it is made. */
  readonly onFinding?: (finding: Finding) => void;
}

/** The cases that count in a profile, as they are chosen. */
export function casesOf(target: Target, only: readonly string[] = []): readonly Case[] {
  return allCases.filter(({ name, cites }) => {
    const cited = cites[target.profile];
    if (cited === undefined) return false;
    return only.length === 0 || only.includes(name) || only.includes(cited[0]);
  });
}

/**
 * One plain request with a key of its own. Throws `NoAnswer` or `Broken`: a description that does
 * not fit would fail every case, for a reason that is not the server's.
 */
export async function tryOut(target: Target): Promise<void> {
  const session = createSession(target, PROFILES[target.profile], 0);
  await session.counter();
  const { status } = await session.send({ key: session.key() });
  if (status >= 200 && status < 300) return;
  throw new Broken("a 2xx for the described request", String(status));
}

export async function run(target: Target, options: RunOptions = {}): Promise<Report> {
  const findings: Finding[] = [];
  // One after the other: a count of runs is the server's, and another case's runs would be in it.
  for (const [index, each] of casesOf(target, options.only).entries()) {
    const finding = await play(each, target, index + 1);
    findings.push(finding);
    options.onFinding?.(finding);
  }
  return {
    profile: target.profile,
    document: PROFILES[target.profile].title,
    url: `${target.url.origin}${target.url.pathname}`,
    findings,
  };
}

async function play(each: Case, target: Target, index: number): Promise<Finding> {
  const { name, title, cites } = each;
  const [id, level] = cites[target.profile] ?? [name, "MUST"];
  const startedAt = performance.now();
  const outcome = await outcomeOf(each, target, index);
  const ms = Math.round(performance.now() - startedAt);
  return { id, level, name, title, outcome, ms };
}

/** How often a case is played whose moment passes: a busy machine is seldom busy three times. */
const TRIES = 3;

async function outcomeOf(each: Case, target: Target, index: number): Promise<Outcome> {
  const reason = obstacle(each, target);
  if (reason !== undefined) return { kind: "not-applicable", reason };
  for (let tries = 1; ; tries++) {
    const session = createSession(target, PROFILES[target.profile], index);
    try {
      await each.run(session);
      return { kind: "pass" };
    } catch (error) {
      if (error instanceof TooLate && tries < TRIES) continue;
      return judged(error, session);
    } finally {
      session.close();
    }
  }
}

/** An error that is not about the server is a mistake of ours, and goes on up. */
function judged(error: unknown, session: Session): Outcome {
  const { log, redact } = session;
  const sent = log.map(redact);
  if (error instanceof NotApplicable) return { kind: "not-applicable", reason: error.message };
  if (error instanceof NoAnswer) {
    return { kind: "fail", failure: { sent, expected: "an answer", got: redact(error.message) } };
  }
  if (error instanceof Broken) {
    const { expected, got } = error;
    return { kind: "fail", failure: { sent, expected: redact(expected), got: redact(got) } };
  }
  throw error;
}
