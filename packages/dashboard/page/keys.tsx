/** The list of keys: one row for each record, filtered by what the address says. */
import type { Row, RowsView } from "../src/api.ts";
import { ask, useAsked } from "./ask.ts";
import { Find } from "./find.tsx";
import { useRefresh } from "./live.ts";
import { Ago, Digest, Empty, Options, Problem, State, Title } from "./parts.tsx";
import { type Column, RecordTable } from "./record-table.tsx";
import { linkToKeys } from "./route.ts";
import { bytesWords, shortDigest } from "./words.ts";

const STATES = [
  ["", "any"],
  ["in-flight", "in flight"],
  ["in-doubt", "in doubt"],
  ["completed", "completed"],
] as const;

const AGES = [
  ["", "any age"],
  ["60000", "older than a minute"],
  ["3600000", "older than an hour"],
  ["86400000", "older than a day"],
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
      <Title text="Keys">
        <p class="lead">One row for each key: its first request, and what came of it.</p>
      </Title>
      <Find />
      <Filters filters={filters} />
      <Problem text={error} />
      <section aria-label="Records" aria-busy={isBusy}>
        {answer !== undefined && answer.rows.length > 0 && (
          <RecordTable
            name="Records, table"
            first="First request"
            columns={COLUMNS}
            rows={answer.rows}
          />
        )}
        {answer?.rows.length === 0 && <Nothing isFiltered={isFiltered} view={answer} />}
      </section>
      {(after !== "" || answer?.next !== undefined) && (
        <nav class="pages" aria-label="Pages">
          {after !== "" && <a href={linkToKeys(filters)}>First page</a>}
          {answer?.next !== undefined && (
            <a href={linkToKeys({ ...filters, after: answer.next })}>
              {answer.rows.length === 0 ? "Look further" : "Next page"}
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
    <form class="bar" key={JSON.stringify(filters)} onSubmit={apply} aria-label="Filter">
      <label>
        State
        <select name="state">
          <Options chosen={state} of={STATES} />
        </select>
      </label>
      <label>
        Method or path
        <input name="label" type="search" defaultValue={label} placeholder="POST /payments" />
      </label>
      <label>
        Status
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
        Age
        <select name="ageMs">
          <Options chosen={ageMs} of={AGES} />
        </select>
      </label>
      <button type="submit">Filter</button>
      {scope !== "" && (
        <p class="chip">
          Scope <Digest digest={scope} />{" "}
          <a href={linkToKeys({ ...filters, scope: "" })}>any scope</a>
        </p>
      )}
    </form>
  );
}

const COLUMNS: readonly Column[] = [
  { name: "State", cell: ({ state }) => <State state={state} /> },
  {
    name: "Replays seen",
    isNumber: true,
    cell: ({ replays }) => replays,
  },
  { name: "Claimed", cell: ({ claimedAt }) => <Ago at={claimedAt} /> },
  { name: "Attempt", isNumber: true, cell: ({ attempt }) => attempt },
  { name: "Kept", cell: keptWords },
  { name: "Scope", cell: ({ scope }) => <Scope scope={scope} /> },
];

function Scope({ scope }: { scope: string }) {
  return (
    <a href={linkToKeys({ scope })} aria-label={`Only scope ${shortDigest(scope)}`}>
      <Digest digest={scope} />
    </a>
  );
}

function keptWords({ kept }: Row): string {
  if (kept === undefined) return "nothing yet";
  switch (kept.kind) {
    case "answer":
      return `${kept.status}, ${bytesWords(kept.bytes)}`;
    case "tombstone":
      return `${kept.status}, not kept`;
    case "value":
      return `value, ${bytesWords(kept.bytes)}`;
    case "damaged":
      return "cannot be read";
  }
}

function Nothing({ isFiltered, view }: { isFiltered: boolean; view: RowsView }) {
  if (view.next !== undefined) {
    return (
      <Empty>
        <p>None of the {view.looked} records that were looked at fits. There are more.</p>
      </Empty>
    );
  }
  return isFiltered ? (
    <Empty>
      <p>No record fits. Records that have expired are not listed.</p>
      <p>
        <a href="#/keys">Show all</a>
      </p>
    </Empty>
  ) : (
    <Empty>
      <p>There is no record yet.</p>
      <p>
        As soon as a request with an <code>Idempotency-Key</code> reaches a guarded route, its
        record appears here by itself.
      </p>
    </Empty>
  );
}
