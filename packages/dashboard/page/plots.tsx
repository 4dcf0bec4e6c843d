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
import { eventTone, eventWords } from "./words.ts";

export function Plots({ events }: { events: readonly SeenEvent[] }) {
  const asked = useAsked("plots", () => ask<PlotsView>("plots"));
  useRefresh(asked, () => true);
  useInterval(asked.again, 5_000);
  const { answer, error } = asked;
  return (
    <>
      <Title text="Plots">
        <p class="lead">
          What this process has seen in the last ten minutes, in steps of five seconds.
        </p>
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
        title="Requests"
        note="Requests with a key, whatever became of them."
        series={[series("requests", (step) => step.requests)]}
      />
      <Chart
        {...common}
        title="Duplicates prevented"
        note="Retries that did not run again. Replays are those that got the kept answer."
        series={[
          series("prevented", (step) => step.absorbed),
          series("replayed", (step) => step.replayed),
        ]}
      />
      <Chart
        {...common}
        unit="%"
        title="Replay rate"
        note="Of the requests with a key, how many got a kept answer."
        series={[{ ...series("replayed", replayRate), whole: wholeRate(steps) }]}
      />
      <Chart
        {...common}
        title="Conflicts"
        note="A duplicate came while the first was running, and was told so."
        series={[series("conflicts", (step) => step.conflicts)]}
      />
      <Chart
        {...common}
        title="Mismatches"
        note="A key came back with another request, which did not run."
        series={[series("mismatches", (step) => step.mismatches)]}
      />
      <Chart
        {...common}
        title="Retries in doubt"
        note="Retries that were told that nobody knows the outcome."
        series={[series("told", (step) => step.inDoubt)]}
      />
      <Chart
        {...common}
        unit="ms"
        title="Added latency"
        note="Calls of the store that a request waits for. A first run waits for its claim and its completion, a replay for its claim."
        series={[series("p50", (step) => step.p50Ms), series("p99", (step) => step.p99Ms)]}
      />
      <Chart
        {...common}
        unit="ms"
        title="Store reads"
        note="A read once a second, while somebody looks. No request waits for it."
        series={[series("slowest", (step) => step.readMs)]}
      />
      <Chart
        {...common}
        title="Store failures"
        note="Calls that got no answer, or were refused."
        series={[series("failures", (step) => step.storeFailures)]}
      />
    </div>
  );
}

const replayRate = ({ requests, replayed }: Step): number | undefined =>
  requests === 0 ? undefined : (100 * replayed) / requests;

function wholeRate(steps: readonly Step[]): string {
  const sum = (of: (step: Step) => number) => steps.reduce((total, step) => total + of(step), 0);
  const requests = sum((step) => step.requests);
  return requests === 0
    ? "not known"
    : `${Math.round((100 * sum((step) => step.replayed)) / requests)} %`;
}

function Labels({ view: { labels } }: { view: PlotsView }) {
  return (
    <Bars
      title="Top routes"
      note="The requests that this process has seen most, among the events that it remembers."
      columns={["Request", "Times"]}
      bands={labels.map(({ label, requests }) => ({ name: label, count: requests }))}
    />
  );
}

function Feed({ events }: { events: readonly SeenEvent[] }) {
  return (
    <section class="panel" aria-labelledby="feed">
      <h2 id="feed">As it happens</h2>
      {events.length === 0 ? (
        <Empty>
          <p>Events appear here while this page is open, a moment after they happened.</p>
        </Empty>
      ) : (
        <ol class="timeline">
          {events
            .slice(-12)
            .reverse()
            .map((event) => (
              <li key={event.number} class={eventTone(event.type)}>
                <span class="what">{eventWords(event.type)}</span>
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
