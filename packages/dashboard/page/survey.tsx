/** What a bounded look into the store shows: the scopes with the most keys, and how long keys are kept. */
import type { SurveyView } from "../src/survey.ts";
import { ask, useAsked } from "./ask.ts";
import { bandsOf } from "./bands.ts";
import { Bars } from "./bars.tsx";
import { useInterval } from "./live.ts";
import { Problem } from "./parts.tsx";
import { linkToKeys } from "./route.ts";
import { shortDigest } from "./words.ts";

/** A store that takes longer is asked once. */
const QUICK_MS = 250;

const LEFT = [
  ["under 1 h", 3_600_000],
  ["under 6 h", 21_600_000],
  ["under 1 day", 86_400_000],
  ["under 7 days", 604_800_000],
  ["longer", Number.POSITIVE_INFINITY],
] as const;

export function Survey() {
  const { answer, error, again, tookMs } = useAsked("survey", () => ask<SurveyView>("survey"));
  useInterval(again, 10_000, tookMs < QUICK_MS);
  if (answer === undefined) return <Problem text={error} />;
  const { scopes, expiries } = answer;
  const bands = scopes.map(({ scope, keys }) => ({
    ...{ name: shortDigest(scope), count: keys, link: linkToKeys({ scope }) },
  }));
  return (
    <>
      <Bars
        title="Top scopes"
        note={noteOf(answer, "Whose keys there are most of.")}
        columns={["Scope", "Keys"]}
        bands={bands}
      />
      <Bars
        title="Retention horizon"
        note={noteOf(answer, "How long completed keys are kept yet. A later retry runs again.")}
        columns={["Time left", "Keys"]}
        bands={bandsOf(LEFT, expiries, (expiresAt) => expiresAt - Date.now())}
      />
    </>
  );
}

const noteOf = ({ isWhole, looked }: SurveyView, note: string): string =>
  isWhole ? note : `${note} Among ${looked} records: there are more.`;
