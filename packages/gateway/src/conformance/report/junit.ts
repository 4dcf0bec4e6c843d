/** The report as JUnit XML, which every CI shows: a MUST that fails is a failed test. */
import { type Finding, type Report, tally } from "../report.ts";
import { xml } from "./xml.ts";

export function junitReport({ profile, url, findings }: Report): string {
  const failures = findings.filter(isFailure).length;
  const skipped = findings.length - tally(findings).passed - failures;
  const seconds = findings.reduce((sum, { ms }) => sum + ms, 0) / 1000;
  const suite = [
    `name="oncekey conformance, ${profile}"`,
    `hostname="${xml(url)}"`,
    `tests="${findings.length}" failures="${failures}" errors="0" skipped="${skipped}"`,
    `time="${seconds}"`,
  ].join(" ");
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites><testsuite ${suite}>`,
    ...findings.map(testCase),
    "</testsuite></testsuites>",
    "",
  ].join("\n");
}

const isFailure = ({ level, outcome }: Finding): boolean =>
  level === "MUST" && outcome.kind === "fail";

function testCase(finding: Finding): string {
  const { id, level, name, title, ms } = finding;
  const attributes = `classname="${xml(name)}" name="${xml(`${id}: ${title}`)}" time="${ms / 1000}"`;
  const properties = `<properties><property name="level" value="${level}"/></properties>`;
  return `<testcase ${attributes}>${properties}${innerOf(finding)}</testcase>`;
}

/** A SHOULD that does not hold is no failure of the run: it is shown as skipped, with the reason. */
function innerOf(finding: Finding): string {
  const { outcome } = finding;
  if (outcome.kind === "pass") return "";
  if (outcome.kind === "not-applicable") return `<skipped message="${xml(outcome.reason)}"/>`;
  const { sent, expected, got } = outcome.failure;
  const message = xml(`expected ${expected}, got ${got}`);
  if (!isFailure(finding)) return `<skipped message="SHOULD: ${message}"/>`;
  return `<failure message="${message}">${xml(sent.join("\n"))}</failure>`;
}
