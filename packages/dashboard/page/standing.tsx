/** What is unsettled at this moment: in flight by age and by what is left of the lease, and in doubt. */
import type { RowsView } from "../src/api.ts";
import { ask, useAsked } from "./ask.ts";
import { bandsOf } from "./bands.ts";
import { Bars } from "./bars.tsx";
import { useInterval } from "./live.ts";
import { Problem } from "./parts.tsx";
import { say } from "./texts.ts";
import { countWords } from "./words.ts";

const BOUNDS_MS = [10_000, 60_000, 600_000, 3_600_000];

/** Nobody can tell more bars from one another, and a store is not to be read whole. */
const LIMIT = 200;
/** A store that takes longer has no index of what is unsettled, and is asked once. */
const QUICK_MS = 250;

export function Standing() {
  const running = useAsked("running", () =>
    ask<RowsView>("records", { state: "in-flight", limit: LIMIT }),
  );
  const doubted = useAsked("doubted", () => ask<RowsView>("queue", {}));
  useInterval(running.again, 5_000, running.tookMs < QUICK_MS);
  useInterval(doubted.again, 5_000, doubted.tookMs < QUICK_MS);
  const now = Date.now();
  return (
    <>
      <Problem text={running.error ?? doubted.error} />
      <div class="charts">
        {running.answer !== undefined && (
          <Bars
            title={say("inFlightByAge")}
            columns={[say("time"), say("keys")]}
            note={noteOf(running.answer, say("inFlightByAgeNote"))}
            bands={bandsOf(
              BOUNDS_MS,
              running.answer.rows.map(({ claimedAt }) => now - claimedAt),
            )}
          />
        )}
        {running.answer !== undefined && (
          <Bars
            title={say("inFlightByLease")}
            columns={[say("time"), say("keys")]}
            note={noteOf(running.answer, say("inFlightByLeaseNote"))}
            bands={bandsOf(
              BOUNDS_MS,
              running.answer.rows.map(({ leaseEndsAt = 0 }) => leaseEndsAt - now),
            )}
          />
        )}
        {doubted.answer !== undefined && (
          <Bars
            title={say("inDoubtByAge")}
            columns={[say("time"), say("keys")]}
            note={noteOf(doubted.answer, say("inDoubtByAgeNote"))}
            bands={bandsOf(
              BOUNDS_MS,
              doubted.answer.rows.map(({ leaseEndsAt = 0 }) => now - leaseEndsAt),
            )}
          />
        )}
      </div>
    </>
  );
}

const noteOf = ({ rows, next }: RowsView, note: string): string =>
  next === undefined ? note : say("moreThanThese", { note, count: countWords(rows.length) });
