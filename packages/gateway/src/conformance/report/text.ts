/** The report for people: a line for each requirement, and what came where one does not hold. */
import { type Finding, type Report, type Tally, tally } from "../report.ts";

const WORDS = { pass: "pass", fail: "FAIL", "not-applicable": "n.a." } as const;

/** The line of one finding, as it is printed while the run goes on. */
export function findingText({ id, level, title, outcome }: Finding): string {
  const line = `${WORDS[outcome.kind]}  ${level.padEnd(6)}  ${id}: ${title}`;
  if (outcome.kind === "pass") return line;
  if (outcome.kind === "not-applicable") return `${line}\n      (${outcome.reason})`;
  const { sent, expected, got } = outcome.failure;
  return [
    line,
    ...sent.map((each) => `      sent      ${each}`),
    `      expected  ${expected}`,
    `      got       ${got}`,
  ].join("\n");
}

export const headText = ({ document, url }: Pick<Report, "document" | "url">): string =>
  `${url}\nheld to: ${document}\n`;

/** The sums, and the last word. */
export function sumText(report: Report): string {
  const levels = (["MUST", "SHOULD"] as const).map(
    (level) => `${level.padEnd(6)}  ${counts(tally(report.findings, level))}`,
  );
  return ["", ...levels].join("\n");
}

const counts = ({ passed, failed, notApplicable }: Tally): string =>
  `${passed} passed, ${failed} failed, ${notApplicable} not applicable`;
