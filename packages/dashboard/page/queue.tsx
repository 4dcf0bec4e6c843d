/** The records in doubt, the oldest first: what waits for somebody who knows. */
import { useState } from "preact/hooks";
import type { Row, RowsView } from "../src/api.ts";
import { ask, useAsked, wordsOf } from "./ask.ts";
import { useInterval, useRefresh } from "./live.ts";
import { Ago, Empty, Problem, Title } from "./parts.tsx";
import { type Column, RecordTable } from "./record-table.tsx";
import { linkToKey } from "./route.ts";
import { say } from "./texts.ts";
import { shortDigest } from "./words.ts";

/** More would not be settled by hand, and a page must not grow without end. */
const KEPT_MAX = 1000;

export function Queue() {
  const asked = useAsked("queue", () => ask<RowsView>("queue", {}));
  const [further, setFurther] = useState<RowsView>();
  const [problem, setProblem] = useState<string>();
  useRefresh(asked, ({ type }) => type !== "renewed" && further === undefined);
  // Nobody tells when a lease ends: so it is looked at now and then.
  useInterval(asked.again, 5_000, further === undefined);

  const shown = further ?? asked.answer;

  async function lookFurther() {
    if (shown?.next === undefined) return;
    try {
      const more = await ask<RowsView>("queue", { after: shown.next });
      const rows = [...shown.rows, ...more.rows].sort((a, b) => since(a) - since(b));
      setFurther({ ...more, rows: rows.slice(0, KEPT_MAX), looked: shown.looked + more.looked });
    } catch (error) {
      setProblem(wordsOf(error));
    }
  }

  return (
    <>
      <Title text={say("inDoubt")}>
        <p class="lead">{say("queueLead")}</p>
      </Title>
      <Problem text={problem ?? asked.error} />
      <section aria-label={say("recordsInDoubt")} aria-busy={asked.isBusy}>
        {shown !== undefined && shown.rows.length > 0 && (
          <RecordTable
            name={say("recordsInDoubtTable")}
            first={say("request")}
            columns={COLUMNS}
            rows={shown.rows}
          />
        )}
        {shown?.rows.length === 0 && shown.next === undefined && (
          <Empty>
            <p>{say("nothingInDoubt")}</p>
            <p>{say("wouldBeInDoubt")}</p>
          </Empty>
        )}
      </section>
      {shown?.next !== undefined && (
        <p class="pages">
          {say("queueMore")}{" "}
          <button type="button" onClick={lookFurther}>
            {say("lookFurther")}
          </button>
        </p>
      )}
    </>
  );
}

const since = (row: Row): number => row.leaseEndsAt ?? 0;

const COLUMNS: readonly Column[] = [
  { name: say("inDoubtSince"), cell: (row) => <Ago at={since(row)} /> },
  { name: say("claimed"), cell: ({ claimedAt }) => <Ago at={claimedAt} /> },
  { name: say("attempt"), isNumber: true, cell: ({ attempt }) => attempt },
  { name: say("tokenHead"), isNumber: true, cell: ({ token }) => token },
  { name: say("settle"), cell: (row) => <Settle row={row} /> },
];

function Settle({ row: { id, label } }: { row: Row }) {
  return (
    <a
      class="button"
      href={`${linkToKey(id)}/resolve`}
      aria-label={say("settleOne", { request: label, key: shortDigest(id) })}
    >
      {say("settle")}
    </a>
  );
}
