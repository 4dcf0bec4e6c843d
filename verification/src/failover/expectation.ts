/**
 * What a failover may do, as data: how often the effect happens, what is told before and after, and
 * what the promoted server has.
 *
 * A limit (bold where it is published) is not a violation. It must be reproduced instead: a run in
 * which the acknowledged record was not lost, or its second effect not seen, has not been there.
 */
import type { Mode } from "../chaos/cell.ts";
import { type Cell, isConfirmed } from "./cell.ts";

export interface Expectation {
  /** The numbers of effects that are right, once all is over. */
  readonly effects: readonly number[];
  /** The number that has to be seen at least once in a run. */
  readonly limit?: 2;
  /** What the first client has been told when the primary dies. `any`: it is not the point. */
  readonly first: "answered" | "refused" | "refused, then answered" | "any";
  /** What the promoted server has of the record, before anybody is led to it. */
  readonly promoted: "absent" | "unsettled" | "completed" | "any";
  /** What every process says in the end. */
  readonly end: "answered" | "in-doubt" | "either";
}

type Row = Readonly<Record<Mode, Expectation>>;
type Change = Partial<Expectation>;

/** One effect and one answer in every mode, but for what is said otherwise. */
function row(
  common: Pick<Expectation, "first" | "promoted">,
  unlike: Partial<Record<Mode, Change>>,
): Row {
  const of = (mode: Mode): Expectation => ({
    effects: [1],
    end: "answered",
    ...common,
    ...unlike[mode],
  });
  return {
    unrepeatable: of("unrepeatable"),
    repeatable: of("repeatable"),
    deduplicated: of("deduplicated"),
    transactional: of("transactional"),
  };
}

const TWICE: Change = { effects: [2], limit: 2 };
const IN_DOUBT: Change = { end: "in-doubt" };

const KEPT = row({ first: "answered", promoted: "completed" }, {});
/** What was acknowledged is gone: nobody knows that it ever ran. */
const LOST = row(
  { first: "answered", promoted: "absent" },
  { unrepeatable: TWICE, repeatable: TWICE },
);
/** The claim is known, and its completion is not. */
const HALF_LOST = row(
  { first: "answered", promoted: "unsettled" },
  { unrepeatable: IN_DOUBT, repeatable: TWICE },
);
const REFUSED = row({ first: "refused", promoted: "absent" }, {});
const REFUSED_AT_FIRST = row({ first: "refused, then answered", promoted: "completed" }, {});
/** Its owner goes on completing until somebody confirms; whoever repeats may be faster. */
const COMPLETED_LATE = row(
  { first: "any", promoted: "unsettled" },
  { repeatable: { effects: [1, 2] } },
);
const COMPLETED_NEVER = row(
  { first: "any", promoted: "unsettled" },
  { unrepeatable: IN_DOUBT, repeatable: TWICE },
);
/** The claim was committed after all, and nobody ran it: nobody can know that, either. */
const LEFT_BEHIND = row(
  { first: "refused", promoted: "unsettled" },
  { unrepeatable: { effects: [0], ...IN_DOUBT } },
);
/** The store takes back what was not confirmed, if its process lives long enough for that. */
const TAKEN_BACK = row(
  { first: "refused", promoted: "any" },
  { unrepeatable: { effects: [0, 1], end: "either" } },
);

export function expectationOf({ store, durability, scenario, mode }: Cell): Expectation {
  const confirmed = isConfirmed(durability);
  switch (scenario) {
    case "healthy":
      return KEPT[mode];
    case "before-claim":
      return (confirmed ? REFUSED : LOST)[mode];
    case "before-complete":
      return (confirmed ? COMPLETED_LATE : HALF_LOST)[mode];
    case "owner-lost":
      return COMPLETED_NEVER[mode];
    case "caught-up":
      return (confirmed ? REFUSED_AT_FIRST : KEPT)[mode];
    case "flickering":
      return KEPT[mode];
    case "stale-owner":
      return { ...LOST[mode], first: "any" };
    case "committed-late":
      return (store === "redis" ? TAKEN_BACK : LEFT_BEHIND)[mode];
    case "cancelled":
      return LOST[mode];
  }
}
