/** What a run has found, as data: text, JSON, JUnit and the badge are made from it. */
import type { Level } from "./case.ts";
import type { ProfileName } from "./profile.ts";

export type Outcome =
  | { readonly kind: "pass" }
  | { readonly kind: "fail"; readonly failure: Failure }
  | { readonly kind: "not-applicable"; readonly reason: string };

/** What was sent, what was expected, what came. Without keys, bodies and credentials. */
export interface Failure {
  readonly sent: readonly string[];
  readonly expected: string;
  readonly got: string;
}

export interface Finding {
  readonly id: string;
  readonly level: Level;
  readonly name: string;
  readonly title: string;
  readonly outcome: Outcome;
  readonly ms: number;
}

export interface Report {
  readonly profile: ProfileName;
  /** The document that the server was held to. */
  readonly document: string;
  /** Without what the address may hold of a user or a query. */
  readonly url: string;
  readonly findings: readonly Finding[];
}

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly notApplicable: number;
}

export function tally(findings: readonly Finding[], level?: Level): Tally {
  const counted = findings.filter((finding) => level === undefined || finding.level === level);
  const of = (kind: Outcome["kind"]): number =>
    counted.filter(({ outcome }) => outcome.kind === kind).length;
  return { passed: of("pass"), failed: of("fail"), notApplicable: of("not-applicable") };
}

/** Whether every MUST that applies holds. A run in which nothing applied has shown nothing. */
export const holdsUp = ({ findings }: Report): boolean =>
  tally(findings, "MUST").failed === 0 && tally(findings).passed > 0;
