/** One key: what its record says, and what happened to it, in order. */
import type { RecordPage } from "../src/api.ts";
import type { KeptView, RecordView } from "../src/record-view.ts";
import type { TimelineEntry } from "../src/timeline.ts";
import { ask, useAsked } from "./ask.ts";
import { useInterval, useRefresh } from "./live.ts";
import { Ago, Digest, Empty, Instant, Problem, State, Title } from "./parts.tsx";
import { linkToKey, linkToKeys } from "./route.ts";
import { Said } from "./said.tsx";
import { say, sayWord } from "./texts.ts";
import { bytesWords, eventTone, shortDigest } from "./words.ts";

export function Key({ id }: { id: string }) {
  const asked = useAsked(id, () => ask<RecordPage>(`records/${id}`));
  useRefresh(asked, ({ record }) => record === shortDigest(id));
  const { answer, error, isBusy } = asked;
  const state = answer?.record.state;
  useInterval(asked.again, 5_000, state === "in-flight" || state === "in-doubt");
  return (
    <>
      <Title text={say("keyTitle", { key: shortDigest(id) })}>
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
            <Said name="keyGone" of={{ keys: <a href="#/keys">{say("allKeys")}</a> }} />
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
        <strong>{say("doubtLead")}</strong> {say("doubt")}
      </p>
      <a class="button primary" href={`${linkToKey(id)}/resolve`}>
        {say("settleIt")}
      </a>
    </div>
  );
}

function Timeline({ entries }: { entries: readonly TimelineEntry[] }) {
  return (
    <section class="panel" aria-labelledby="timeline">
      <h2 id="timeline">{say("timeline")}</h2>
      <ol class="timeline">
        {entries.map((entry, index) => (
          // The same thing may happen twice in one millisecond.
          <li key={`${entry.at} ${entry.type} ${index}`} class={eventTone(entry.type)}>
            <span class="what">{sayWord("event", entry.type)}</span>
            <span class="meta">
              <Instant at={entry.at} /> ·{" "}
              {say(entry.clock === "store" ? "storesClock" : "thisProcess")}
              {entry.attempt !== undefined && ` · ${say("owner", { attempt: entry.attempt })}`}
              {entry.token !== undefined && ` · ${say("token", { token: entry.token })}`}
              {entry.detail !== undefined && ` · ${entry.detail}`}
            </span>
          </li>
        ))}
      </ol>
      <p class="note">{say("timelineNote")}</p>
    </section>
  );
}

function Facts({ record }: { record: RecordView }) {
  const { leaseEndsAt, completedAt, expiresAt } = record;
  return (
    <section class="panel" aria-labelledby="record">
      <h2 id="record">{say("record")}</h2>
      <dl class="facts">
        <dt>{say("address")}</dt>
        <dd>
          <code class="whole">{record.id}</code>
        </dd>
        <dt>{say("scope")}</dt>
        <dd>
          <a href={linkToKeys({ scope: record.scope })}>
            <Digest digest={record.scope} />
          </a>
        </dd>
        <dt>{say("effects")}</dt>
        <dd>{sayWord("effects", record.effects)}</dd>
        <dt>{say("ownerTerm")}</dt>
        <dd>{say("attemptAndToken", { attempt: record.attempt, token: record.token })}</dd>
        <dt>{say("claimed")}</dt>
        <dd>
          <Ago at={record.claimedAt} />
        </dd>
        {leaseEndsAt !== undefined && (
          <dt>{say(record.state === "in-doubt" ? "inDoubtSince" : "leaseEnds")}</dt>
        )}
        {leaseEndsAt !== undefined && (
          <dd>
            <Ago at={leaseEndsAt} />
          </dd>
        )}
        {completedAt !== undefined && <dt>{say("completed")}</dt>}
        {completedAt !== undefined && (
          <dd>
            <Ago at={completedAt} />
          </dd>
        )}
        {expiresAt !== undefined && <dt>{say("expires")}</dt>}
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
      <h2 id="kept">{say("duplicatesGet")}</h2>
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
      {kept.isCut === true && <p class="note">{say("isCut")}</p>}
      {kept.body === undefined && kept.kind !== "tombstone" && kept.kind !== "damaged" && (
        <p class="note">
          <Said name="notShown" of={{ option: <code>showAnswers</code> }} />
        </p>
      )}
    </section>
  );
}

function sentenceOf({ kind, status = 0, type, bytes }: KeptView): string {
  const size = bytesWords(bytes);
  switch (kind) {
    case "answer":
      return type === undefined
        ? say("getAnswer", { status, size })
        : say("getTypedAnswer", { status, size, type });
    case "tombstone":
      return say("getTombstone", { status });
    case "value":
      return say("getValue", { size });
    case "damaged":
      return say("getDamaged");
  }
}
