/** The report for programs. Members are only ever added. */
import { holdsUp, type Report, tally } from "../report.ts";

export function jsonReport(report: Report): string {
  const { profile, document, url, findings } = report;
  const summary = {
    holds: holdsUp(report),
    must: tally(findings, "MUST"),
    should: tally(findings, "SHOULD"),
  };
  const requirements = findings.map(({ outcome, ...finding }) => ({ ...finding, ...outcome }));
  return `${JSON.stringify({ profile, document, url, summary, requirements }, null, 2)}\n`;
}
