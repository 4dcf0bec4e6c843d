/**
 * What somebody found out about the store's database: whether it keeps what it acknowledges.
 *
 * The store itself is never asked about its settings, because no `Inspector` has a word for them.
 * Whoever holds the connection knows, as `oncekey doctor` does, and hands the findings in.
 */
import type { Messages } from "./messages.ts";

/** One thing that was looked at. The same shape as a finding of `oncekey doctor`. */
export interface StoreFinding {
  /** What was looked at, in a word or two, such as "appendfsync". */
  readonly check: string;
  readonly verdict: "ok" | "warning" | "problem";
  /** A sentence for people. */
  readonly says: string;
  /** What to do about it. */
  readonly mend?: string;
}

/** Looks at the database. Called at most once a minute, and only while somebody looks. */
export type Examine = () => readonly StoreFinding[] | Promise<readonly StoreFinding[]>;

export interface HealthView {
  /** Absent where nobody examines the store. */
  readonly findings?: readonly StoreFinding[];
}

export interface Health {
  view(): Promise<HealthView>;
}

/** Settings change by a person's hand: more often would only be load. */
const EVERY_MS = 60_000;
/** A list for people to read. */
const FINDINGS_MAX = 50;

export function createHealth(examine: Examine | undefined, messages: Messages): Health {
  let known: Promise<HealthView> | undefined;
  let askedAt = 0;
  return {
    async view() {
      if (examine === undefined) return {};
      if (known === undefined || Date.now() - askedAt >= EVERY_MS) {
        askedAt = Date.now();
        known = examined(examine, messages);
      }
      return known;
    },
  };
}

async function examined(examine: Examine, messages: Messages): Promise<HealthView> {
  try {
    const findings = await examine();
    return { findings: findings.slice(0, FINDINGS_MAX).map(findingOf) };
  } catch {
    // Why it failed may name hosts and accounts, which are not for everybody who may look.
    const { examination: check, notExamined: says } = messages;
    return { findings: [{ check, verdict: "problem", says }] };
  }
}

/** Only the words that are meant to be shown. */
const findingOf = ({ check, verdict, says, mend }: StoreFinding): StoreFinding => ({
  check,
  verdict,
  says,
  ...(mend === undefined ? {} : { mend }),
});
