/** A page of records, the newest first: a range of tokens, which are the rows' addresses. */
import type { ListRequest, Page } from "../../core/inspector.ts";
import type { Connection } from "./sqlite-client.ts";
import { CLOCK } from "./sqlite-records.ts";
import { COLUMNS, readRow } from "./sqlite-row.ts";
import { tablesOf } from "./sqlite-schema.ts";

/** Beyond every token. */
const TOKEN_MAX = Number.MAX_SAFE_INTEGER;

/**
 * Reads a fixed number of rows, whether they are to be shown or have expired: so a page costs the
 * same everywhere, and may be shorter than it could be.
 */
export function readPage(connection: Connection, table: string, request: ListRequest): Page {
  const { limit, after, scope, state } = request;
  const values: (string | number)[] = [after === undefined ? TOKEN_MAX : Number(after)];
  if (scope !== undefined) values.push(scope);
  // One more than wanted tells whether there is a page after this one.
  const rows = connection.rows(queryFor(table, request), ...values, limit + 1);

  const shown = rows.slice(0, limit);
  const records = shown
    .map((row) => readRow(row, Number(row.now))?.record)
    .filter((record) => record !== undefined)
    .filter((record) => state === undefined || record.state === state);
  const last = shown.at(-1);
  if (rows.length <= limit || last === undefined) return { records };
  return { records, next: String(last.token) };
}

function queryFor(table: string, { scope, state }: ListRequest): string {
  const { records, unsettled } = tablesOf(table);
  const isUnsettled = state === "in-flight" || state === "in-doubt";
  const where = ["token < ?"];
  if (scope !== undefined) where.push("scope = ?");
  if (isUnsettled) where.push("completed_at IS NULL");
  if (state === "completed") where.push("completed_at IS NOT NULL");
  // A scope may hold a million completed records and one in doubt: the planner cannot know.
  const source = isUnsettled ? `${records} INDEXED BY ${unsettled}` : records;
  // What has expired is not shown, so its result need not be read.
  return `SELECT ${COLUMNS}, ${CLOCK} AS now,
      CASE WHEN expires_at > ${CLOCK} THEN result END AS result
    FROM ${source} WHERE ${where.join(" AND ")} ORDER BY token DESC LIMIT ?`;
}
