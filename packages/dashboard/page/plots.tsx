/** Live plots of the last ten minutes, and the events as they come. */
import type { SeenEvent } from "../src/event-memory.ts";
import type { PlotsView, Step } from "../src/plots.ts";
import { ask, useAsked } from "./ask.ts";
import { Chart, type Series } from "./chart.tsx";
import { useInterval, useRefresh } from "./live.ts";
import { Empty, Instant, Problem, Title } from "./parts.tsx";
import { Standing } from "./standing.tsx";
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
      <div class="columns">
        <Feed events={events} />
        {answer !== undefined && <Labels view={answer} />}
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
        title="Duplicates absorbed"
        note="Retries that did not run again. Replays are those that got the kept answer."
        series={[
          series("absorbed", (step) => step.absorbed),
          series("replayed", (step) => step.replayed),
        ]}
      />
      <Chart
        {...common}
        title="Conflicts"
        note="A duplicate came while the first was running; or a key came back with another request."
        series={[
          series("conflicts", (step) => step.conflicts),
          series("mismatches", (step) => step.mismatches),
        ]}
      />
      <Chart
        {...common}
        title="In doubt"
        note="Retries that were told that nobody knows the outcome."
        series={[series("told", (step) => step.inDoubt)]}
      />
      <Chart
        {...common}
        unit="ms"
        title="Store latency"
        note="Calls of the store, and a read of it once a second while somebody looks."
        series={[series("p50", (step) => step.p50Ms), series("p99", (step) => step.p99Ms)]}
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

function Labels({ view: { labels } }: { view: PlotsView }) {
  return (
    <section class="panel" aria-labelledby="labels">
      <h2 id="labels">Busiest</h2>
      {labels.length === 0 ? (
        <Empty>
          <p>The routes with the most requests appear here.</p>
        </Empty>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">Request</th>
              <th scope="col">Times</th>
            </tr>
          </thead>
          <tbody>
            {labels.map(({ label, requests }) => (
              <tr key={label}>
                <th scope="row">{label}</th>
                <td>{requests}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
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
