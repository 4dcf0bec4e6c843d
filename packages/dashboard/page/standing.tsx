/** What is unsettled at this moment: in flight by age and by what is left of the lease, and in doubt. */
import type { RowsView } from "../src/api.ts";
import { ask, useAsked } from "./ask.ts";
import { bandsOf } from "./bands.ts";
import { Bars } from "./bars.tsx";
import { useInterval } from "./live.ts";
import { Problem } from "./parts.tsx";

const BANDS = [
  ["under 10 s", 10_000],
  ["under 1 min", 60_000],
  ["under 10 min", 600_000],
  ["under 1 h", 3_600_000],
  ["longer", Number.POSITIVE_INFINITY],
] as const;

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
  return (
    <>
      <Problem text={running.error ?? doubted.error} />
      <div class="charts">
        {running.answer !== undefined && (
          <Bars
            title="In flight, by age"
            columns={["Time", "Keys"]}
            note={noteOf(
              running.answer,
              "Keys whose owner is at work, by the time since the claim.",
            )}
            bands={bandsOf(BANDS, running.answer.rows, ({ claimedAt }) => Date.now() - claimedAt)}
          />
        )}
        {running.answer !== undefined && (
          <Bars
            title="In flight, by lease left"
            columns={["Time", "Keys"]}
            note={noteOf(running.answer, "How long each owner may still be silent.")}
            bands={bandsOf(
              BANDS,
              running.answer.rows,
              ({ leaseEndsAt = 0 }) => leaseEndsAt - Date.now(),
            )}
          />
        )}
        {doubted.answer !== undefined && (
          <Bars
            title="In doubt, by age"
            columns={["Time", "Keys"]}
            note={noteOf(doubted.answer, "Keys that wait for somebody who knows.")}
            bands={bandsOf(
              BANDS,
              doubted.answer.rows,
              ({ leaseEndsAt = 0 }) => Date.now() - leaseEndsAt,
            )}
          />
        )}
      </div>
    </>
  );
}

const noteOf = ({ rows, next }: RowsView, note: string): string =>
  next === undefined ? note : `${note} There are more than these ${rows.length}.`;
