/** The outcome of the scenario as a table, for a terminal. */
import type { Outcome, Sent } from "./scenario.ts";

/** More rows than fit a screen tell no more than the sums below them. */
const ROWS_MAX = 12;

export function tableOf(outcome: Outcome, sent: readonly Sent[]): string {
  const rows = sent.slice(0, ROWS_MAX).map((one, index) => {
    const became = one.isReplay ? "replay" : one.status === 409 ? "told to wait" : "ran";
    return `  ${String(index + 1).padStart(7)}   API ${one.instance.padEnd(5)} ${one.status}    ${became}`;
  });
  if (sent.length > ROWS_MAX) rows.push(`        … and ${sent.length - ROWS_MAX} more`);
  const { requests, executions, replays, conflicts, effects, answersIdentical } = outcome;
  return [
    "  request   process   answer",
    ...rows,
    "",
    `  ${requests} requests with one key: ${counted(executions, "execution")}, ` +
      `${counted(replays, "replay")}, ${counted(conflicts, "conflict")}`,
    `  ${counted(effects, "effect")} in the ledger; ` +
      `the answers are ${answersIdentical ? "identical" : "NOT identical"}`,
  ].join("\n");
}

const counted = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? "" : "s"}`;
