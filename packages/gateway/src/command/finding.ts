/** What the doctor has found: in order, worth a look, or to be mended. */
import { table } from "./printer.ts";

export interface Finding {
  /** What was looked at, in a word or two. */
  readonly check: string;
  readonly verdict: "ok" | "warning" | "problem";
  readonly says: string;
  readonly mend?: string;
}

export const ok = (check: string, says: string): Finding => ({ check, verdict: "ok", says });

export const warning = (check: string, says: string, mend?: string): Finding => ({
  check,
  verdict: "warning",
  says,
  ...(mend !== undefined && { mend }),
});

export const problem = (check: string, says: string, mend: string): Finding => ({
  check,
  verdict: "problem",
  says,
  mend,
});

/** For people: a line a finding, and its mend below it. */
export function findingsInLines(findings: readonly Finding[]): string {
  return table(
    findings.flatMap(({ check, verdict, says, mend }) => [
      [verdict, check, says],
      ...(mend === undefined ? [] : [["", "", `-> ${mend}`]]),
    ]),
  );
}
