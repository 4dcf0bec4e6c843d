/** Live plots of the last ten minutes, and the events as they come. */
import type { SeenEvent } from "../src/event-memory.ts";
import type { PlotsView, Step } from "../src/plots.ts";
import { ask, useAsked } from "./ask.ts";
import { Bars } from "./bars.tsx";
import { Chart, type Series } from "./chart.tsx";
import { Health } from "./health.tsx";
import { useInterval, useRefresh } from "./live.ts";
import { Empty, Instant, Problem, Title } from "./parts.tsx";
import { Standing } from "./standing.tsx";
import { Survey } from "./survey.tsx";
import { say, sayWord } from "./texts.ts";
import { eventTone, percentWords } from "./words.ts";

export function Plots({ events }: { events: readonly SeenEvent[] }) {
  const asked = useAsked("plots", () => ask<PlotsView>("plots"));
  useRefresh(asked, () => true);
  useInterval(asked.again, 5_000);
  const { answer, error } = asked;
  return (
    <>
      <Title text={say("plots")}>
        <p class="lead">{say("plotsLead")}</p>
      </Title>
      <Problem text={error} />
      {answer !== undefined && <Charts view={answer} />}
      <Standing />
      <div class="charts">
        {answer !== undefined && <Labels view={answer} />}
        <Survey />
      </div>
      <div class="columns">
        <Feed events={events} />
        <Health />
      </div>
    </>
  );
}

function Charts({ view: { steps } }: { view: PlotsView }) {
  const times = steps.map(({ at }) => at);
  const series = (name: string, of: (step: Step) => number | undefined): Series => ({
    name,
    values: steps.map(of),
  });
  const common = { times, unit: "" };
  return (
    <div class="charts">
      <Chart
        {...common}
        title={say("requests")}
        note={say("requestsNote")}
        series={[series(say("requestsSeries"), (step) => step.requests)]}
      />
      <Chart
        {...common}
        title={say("prevented")}
        note={say("preventedNote")}
        series={[
          series(say("preventedSeries"), (step) => step.absorbed),
          series(say("replayedSeries"), (step) => step.replayed),
        ]}
      />
      <Chart
        {...common}
        unit="%"
        title={say("replayRate")}
        note={say("replayRateNote")}
        series={[{ ...series(say("replayedSeries"), replayRate), whole: wholeRate(steps) }]}
      />
      <Chart
        {...common}
        title={say("conflicts")}
        note={say("conflictsNote")}
        series={[series(say("conflictsSeries"), (step) => step.conflicts)]}
      />
      <Chart
        {...common}
        title={say("mismatches")}
        note={say("mismatchesNote")}
        series={[series(say("mismatchesSeries"), (step) => step.mismatches)]}
      />
      <Chart
        {...common}
        title={say("retriesInDoubt")}
        note={say("retriesInDoubtNote")}
        series={[series(say("toldSeries"), (step) => step.inDoubt)]}
      />
      <Chart
        {...common}
        unit="ms"
        title={say("addedLatency")}
        note={say("addedLatencyNote")}
        series={[
          series(say("p50Series"), (step) => step.p50Ms),
          series(say("p99Series"), (step) => step.p99Ms),
        ]}
      />
      <Chart
        {...common}
        unit="ms"
        title={say("storeReads")}
        note={say("storeReadsNote")}
        series={[series(say("slowestSeries"), (step) => step.readMs)]}
      />
      <Chart
        {...common}
        title={say("storeFailures")}
        note={say("storeFailuresNote")}
        series={[series(say("failuresSeries"), (step) => step.storeFailures)]}
      />
    </div>
  );
}

const replayRate = ({ requests, replayed }: Step): number | undefined =>
  requests === 0 ? undefined : (100 * replayed) / requests;

function wholeRate(steps: readonly Step[]): string {
  const sum = (of: (step: Step) => number) => steps.reduce((total, step) => total + of(step), 0);
  const requests = sum((step) => step.requests);
  return requests === 0 ? say("notKnown") : percentWords(sum((step) => step.replayed) / requests);
}

function Labels({ view: { labels } }: { view: PlotsView }) {
  return (
    <Bars
      title={say("topRoutes")}
      note={say("topRoutesNote")}
      columns={[say("request"), say("times")]}
      bands={labels.map(({ label, requests }) => ({ name: label, count: requests }))}
    />
  );
}

function Feed({ events }: { events: readonly SeenEvent[] }) {
  return (
    <section class="panel" aria-labelledby="feed">
      <h2 id="feed">{say("asItHappens")}</h2>
      {events.length === 0 ? (
        <Empty>
          <p>{say("eventsAppear")}</p>
        </Empty>
      ) : (
        <ol class="timeline">
          {events
            .slice(-12)
            .reverse()
            .map((event) => (
              <li key={event.number} class={eventTone(event.type)}>
                <span class="what">{sayWord("event", event.type)}</span>
                <span class="meta">
                  <Instant at={event.at} /> · {event.label}
                  {event.record !== undefined && ` · ${event.record}`}
                </span>
              </li>
            ))}
        </ol>
      )}
    </section>
  );
}
