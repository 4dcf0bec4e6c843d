/** A plan, played and judged; and now and then once more with all clocks set wrong (G11). */
import { type History, type Options, play, type Subject } from "./history.ts";
import type { Plan } from "./plan.ts";
import { type Violation, violationsOf } from "./properties.ts";

export interface Examined {
  readonly history: History;
  readonly violations: readonly Violation[];
}

/** An hour, and a little more, so that nothing meets a round number by chance. */
const CLOCK_SHIFT_MS = 3_600_123;
/** Each shifted history costs a whole one. */
const SHIFTED_EVERY = 16;

export async function examine(
  plan: Plan,
  subject: Subject = {},
  options: Pick<Options, "isTold"> = {},
): Promise<Examined> {
  const history = await play(plan, { ...options, subject });
  const violations = violationsOf(history);
  if (plan.seed % SHIFTED_EVERY === 0 && violations.length === 0) {
    const shifted = await play(plan, { subject, clockShiftMs: CLOCK_SHIFT_MS });
    const [here, there] = [history, shifted].map(decisionsOf);
    if (here !== there) {
      violations.push({ property: "G11", says: "other clocks on the machines, other decisions" });
    }
  }
  return { history, violations };
}

/** Who ran, what was done, and what was said to whom and when. */
function decisionsOf({ ledger, answers, lives }: History): string {
  return JSON.stringify([
    ledger.runs.map(({ token, beganAt, effectAt, ended }) => [token, beganAt, effectAt, ended]),
    answers.map(({ said, calledAt, returnedAt }) => [said, calledAt, returnedAt]),
    lives.map(({ label, tokens, completed, ended }) => [label, tokens, completed?.at, ended]),
  ]);
}
