/** One key: what its record says, and what happened to it, in order. */
import type { RecordPage } from "../src/api.ts";
import type { KeptView, RecordView } from "../src/record-view.ts";
import type { TimelineEntry } from "../src/timeline.ts";
import { ask, useAsked } from "./ask.ts";
import { useInterval, useRefresh } from "./live.ts";
import { Ago, Digest, Empty, Instant, Problem, State, Title } from "./parts.tsx";
import { linkToKey, linkToKeys } from "./route.ts";
import { bytesWords, eventTone, eventWords, shortDigest } from "./words.ts";

export function Key({ id }: { id: string }) {
  const asked = useAsked(id, () => ask<RecordPage>(`records/${id}`));
  useRefresh(asked, ({ record }) => record === shortDigest(id));
  const { answer, error, isBusy } = asked;
  const state = answer?.record.state;
  useInterval(asked.again, 5_000, state === "in-flight" || state === "in-doubt");
  return (
    <>
      <Title text={`Key ${shortDigest(id)}`}>
        {answer !== undefined && (
          <p class="lead">
            {answer.record.label} <State state={answer.record.state} />
          </p>
        )}
      </Title>
      <Problem text={error} />
      {error !== undefined && (
        <Empty>
          <p>
            A key that is sent again, and has no record, runs. <a href="#/keys">All keys</a>
          </p>
        </Empty>
      )}
      {answer !== undefined && (
        <div aria-busy={isBusy}>
          {answer.record.state === "in-doubt" && <Doubt id={id} />}
          <div class="columns">
            <Timeline entries={answer.timeline} />
            <Facts record={answer.record} />
          </div>
          {answer.record.kept !== undefined && <Kept kept={answer.record.kept} />}
        </div>
      )}
    </>
  );
}

function Doubt({ id }: { id: string }) {
  return (
    <div class="notice grave">
      <p>
        <strong>Nobody knows whether it happened.</strong> The owner fell silent in the middle of
        the work. Retries are told so, and do not run, until somebody who knows settles it.
      </p>
      <a class="button primary" href={`${linkToKey(id)}/resolve`}>
        Settle it
      </a>
    </div>
  );
}

function Timeline({ entries }: { entries: readonly TimelineEntry[] }) {
  return (
    <section class="panel" aria-labelledby="timeline">
      <h2 id="timeline">Timeline</h2>
      <ol class="timeline">
        {entries.map((entry, index) => (
          // The same thing may happen twice in one millisecond.
          <li key={`${entry.at} ${entry.type} ${index}`} class={eventTone(entry.type)}>
            <span class="what">{eventWords(entry.type)}</span>
            <span class="meta">
              <Instant at={entry.at} /> ·{" "}
              {entry.clock === "store" ? "store's clock" : "this process"}
              {entry.attempt !== undefined && ` · owner ${entry.attempt}`}
              {entry.token !== undefined && ` · token ${entry.token}`}
              {entry.detail !== undefined && ` · ${entry.detail}`}
            </span>
          </li>
        ))}
      </ol>
      <p class="note">
        The record says what became of the key. What happened on the way is what this process has
        seen and still remembers; another process keeps its own.
      </p>
    </section>
  );
}

function Facts({ record }: { record: RecordView }) {
  const { leaseEndsAt, completedAt, expiresAt } = record;
  return (
    <section class="panel" aria-labelledby="record">
      <h2 id="record">Record</h2>
      <dl class="facts">
        <dt>Address</dt>
        <dd>
          <code class="whole">{record.id}</code>
        </dd>
        <dt>Scope</dt>
        <dd>
          <a href={linkToKeys({ scope: record.scope })}>
            <Digest digest={record.scope} />
          </a>
        </dd>
        <dt>Effects</dt>
        <dd>{record.effects}</dd>
        <dt>Owner</dt>
        <dd>
          attempt {record.attempt}, token {record.token}
        </dd>
        <dt>Claimed</dt>
        <dd>
          <Ago at={record.claimedAt} />
        </dd>
        {leaseEndsAt !== undefined && (
          <dt>{record.state === "in-doubt" ? "In doubt since" : "Lease ends"}</dt>
        )}
        {leaseEndsAt !== undefined && (
          <dd>
            <Ago at={leaseEndsAt} />
          </dd>
        )}
        {completedAt !== undefined && <dt>Completed</dt>}
        {completedAt !== undefined && (
          <dd>
            <Ago at={completedAt} />
          </dd>
        )}
        {expiresAt !== undefined && <dt>Expires</dt>}
        {expiresAt !== undefined && (
          <dd>
            <Ago at={expiresAt} />
          </dd>
        )}
      </dl>
    </section>
  );
}

function Kept({ kept }: { kept: KeptView }) {
  return (
    <section class="panel" aria-labelledby="kept">
      <h2 id="kept">What duplicates get</h2>
      <p>{sentenceOf(kept)}</p>
      {kept.headers !== undefined && (
        <dl class="facts">
          {kept.headers.map(([name, value], index) => (
            <div key={`${name} ${index}`}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {kept.body !== undefined && kept.body !== "" && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must do so by keyboard too
        <pre tabIndex={0}>{kept.body}</pre>
      )}
      {kept.isCut === true && <p class="note">The rest is not shown.</p>}
      {kept.body === undefined && kept.kind !== "tombstone" && kept.kind !== "damaged" && (
        <p class="note">
          It is not shown, because it may be personal: see the option <code>showAnswers</code>.
        </p>
      )}
    </section>
  );
}

function sentenceOf({ kind, status, type, bytes }: KeptView): string {
  switch (kind) {
    case "answer":
      return `An answer with status ${status}, ${bytesWords(bytes)}${type === undefined ? "" : ` of ${type}`}.`;
    case "tombstone":
      return `It happened, with status ${status}. The answer was not kept.`;
    case "value":
      return `A value of ${bytesWords(bytes)}, kept by \`run\`.`;
    case "damaged":
      return "The kept bytes are not those that were written. Nothing is replayed, and nothing runs.";
  }
}
