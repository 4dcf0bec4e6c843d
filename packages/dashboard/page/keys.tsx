/** The list of keys: one row for each record, filtered by what the address says. */
import type { Row, RowsView } from "../src/api.ts";
import { ask, useAsked } from "./ask.ts";
import { Find } from "./find.tsx";
import { useRefresh } from "./live.ts";
import { Ago, Digest, Empty, Options, Problem, State, Title } from "./parts.tsx";
import { type Column, RecordTable } from "./record-table.tsx";
import { linkToKeys } from "./route.ts";
import { Said } from "./said.tsx";
import { say } from "./texts.ts";
import { bytesWords, countWords, shortDigest } from "./words.ts";

const STATES = [
  ["", say("anyState")],
  ["in-flight", say("state:in-flight")],
  ["in-doubt", say("state:in-doubt")],
  ["completed", say("state:completed")],
] as const;

const AGES = [
  ["", say("anyAge")],
  ["60000", say("olderMinute")],
  ["3600000", say("olderHour")],
  ["86400000", say("olderDay")],
] as const;

const FILTERS = ["state", "label", "status", "ageMs", "scope"];

export function Keys({ query }: { query: URLSearchParams }) {
  const filters = Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? ""]));
  const after = query.get("after") ?? "";
  const asked = useAsked(query.toString(), () => ask<RowsView>("records", wishOf(filters, after)));
  // Only the first page moves: further back one reads.
  useRefresh(asked, () => after === "");
  const { answer, error, isBusy } = asked;
  const isFiltered = Object.values(filters).some((value) => value !== "");

  return (
    <>
      <Title text={say("keys")}>
        <p class="lead">{say("keysLead")}</p>
      </Title>
      <Find />
      <Filters filters={filters} />
      <Problem text={error} />
      <section aria-label={say("records")} aria-busy={isBusy}>
        {answer !== undefined && answer.rows.length > 0 && (
          <RecordTable
            name={say("recordsTable")}
            first={say("firstRequest")}
            columns={COLUMNS}
            rows={answer.rows}
          />
        )}
        {answer?.rows.length === 0 && <Nothing isFiltered={isFiltered} view={answer} />}
      </section>
      {(after !== "" || answer?.next !== undefined) && (
        <nav class="pages" aria-label={say("pages")}>
          {after !== "" && <a href={linkToKeys(filters)}>{say("firstPage")}</a>}
          {answer?.next !== undefined && (
            <a href={linkToKeys({ ...filters, after: answer.next })}>
              {say(answer.rows.length === 0 ? "lookFurther" : "nextPage")}
            </a>
          )}
        </nav>
      )}
    </>
  );
}

function wishOf(filters: Readonly<Record<string, string>>, after: string): unknown {
  const { state, label, status = "", ageMs = "", scope } = filters;
  const number = (text: string) => (text === "" ? undefined : Number(text));
  return { state, label, scope, status: number(status), ageMs: number(ageMs), after };
}

function Filters({ filters }: { filters: Readonly<Record<string, string>> }) {
  function apply(event: SubmitEvent) {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const fields = new FormData(event.currentTarget);
    const value = (name: string) => String(fields.get(name) ?? "").trim();
    location.hash = linkToKeys({
      ...filters,
      ...{ state: value("state"), label: value("label") },
      ...{ status: value("status"), ageMs: value("ageMs") },
    });
  }
  const { state = "", label, status, ageMs = "", scope = "" } = filters;
  return (
    // Made anew with each address, so that the fields say what is shown.
    <form class="bar" key={JSON.stringify(filters)} onSubmit={apply} aria-label={say("filter")}>
      <label>
        {say("state")}
        <select name="state">
          <Options chosen={state} of={STATES} />
        </select>
      </label>
      <label>
        {say("methodOrPath")}
        <input name="label" type="search" defaultValue={label} placeholder="POST /payments" />
      </label>
      <label>
        {say("status")}
        <input
          class="short"
          name="status"
          inputMode="numeric"
          pattern="[2-5][0-9][0-9]"
          defaultValue={status}
          placeholder="201"
        />
      </label>
      <label>
        {say("age")}
        <select name="ageMs">
          <Options chosen={ageMs} of={AGES} />
        </select>
      </label>
      <button type="submit">{say("filter")}</button>
      {scope !== "" && (
        <p class="chip">
          {say("scope")} <Digest digest={scope} />{" "}
          <a href={linkToKeys({ ...filters, scope: "" })}>{say("anyScope")}</a>
        </p>
      )}
    </form>
  );
}

const COLUMNS: readonly Column[] = [
  { name: say("state"), cell: ({ state }) => <State state={state} /> },
  {
    name: say("replaysSeen"),
    isNumber: true,
    cell: ({ replays }) => countWords(replays),
  },
  { name: say("claimed"), cell: ({ claimedAt }) => <Ago at={claimedAt} /> },
  { name: say("attempt"), isNumber: true, cell: ({ attempt }) => attempt },
  { name: say("kept"), cell: keptWords },
  { name: say("scope"), cell: ({ scope }) => <Scope scope={scope} /> },
];

function Scope({ scope }: { scope: string }) {
  return (
    <a href={linkToKeys({ scope })} aria-label={say("onlyScope", { scope: shortDigest(scope) })}>
      <Digest digest={scope} />
    </a>
  );
}

function keptWords({ kept }: Row): string {
  if (kept === undefined) return say("keptNothing");
  const { status = 0 } = kept;
  const size = bytesWords(kept.bytes);
  switch (kept.kind) {
    case "answer":
      return say("keptAnswer", { status, size });
    case "tombstone":
      return say("keptTombstone", { status });
    case "value":
      return say("keptValue", { size });
    case "damaged":
      return say("keptDamaged");
  }
}

function Nothing({ isFiltered, view }: { isFiltered: boolean; view: RowsView }) {
  if (view.next !== undefined) {
    return (
      <Empty>
        <p>{say("noneOfLooked", { looked: countWords(view.looked) })}</p>
      </Empty>
    );
  }
  return isFiltered ? (
    <Empty>
      <p>{say("noneFits")}</p>
      <p>
        <a href="#/keys">{say("showAll")}</a>
      </p>
    </Empty>
  ) : (
    <Empty>
      <p>{say("noRecord")}</p>
      <p>
        <Said name="noRecordYet" of={{ key: <code>Idempotency-Key</code> }} />
      </p>
    </Empty>
  );
}
