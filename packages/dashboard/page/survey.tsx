/** What a bounded look into the store shows: the scopes with the most keys, and how long keys are kept. */
import type { SurveyView } from "../src/survey.ts";
import { ask, useAsked } from "./ask.ts";
import { bandsOf } from "./bands.ts";
import { Bars } from "./bars.tsx";
import { useInterval } from "./live.ts";
import { Problem } from "./parts.tsx";
import { linkToKeys } from "./route.ts";
import { say } from "./texts.ts";
import { countWords, shortDigest } from "./words.ts";

/** A store that takes longer is asked once. */
const QUICK_MS = 250;

const LEFT_MS = [3_600_000, 21_600_000, 86_400_000, 604_800_000];

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
        title={say("topScopes")}
        note={noteOf(answer, say("topScopesNote"))}
        columns={[say("scope"), say("keys")]}
        bands={bands}
      />
      <Bars
        title={say("retention")}
        note={noteOf(answer, say("retentionNote"))}
        columns={[say("timeLeft"), say("keys")]}
        bands={bandsOf(
          LEFT_MS,
          expiries.map((expiresAt) => expiresAt - Date.now()),
        )}
      />
    </>
  );
}

const noteOf = ({ isWhole, looked }: SurveyView, note: string): string =>
  isWhole ? note : say("amongRecords", { note, count: countWords(looked) });
