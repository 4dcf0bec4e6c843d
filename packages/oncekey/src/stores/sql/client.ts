/**
 * What a SQL store asks of a client, so that any client can be one: two functions, no types of its
 * own beyond text and bytes.
 *
 * Numbers and lists are written into text by whoever calls, and cast in the statement: how a client
 * passes an array or a 64-bit integer is the one thing in which no two of them agree.
 */

export type SqlValue = string | Uint8Array;

/** Columns by name. Integers may come as numbers, bigints or text, as each client likes. */
export type SqlRow = Readonly<Record<string, unknown>>;

export interface SqlStatement {
  /** With its parameters as `$1`, `$2`, ... */
  readonly text: string;
  /** For clients that can prepare it: one name has one text, always. */
  readonly name?: string;
}

export type SqlQuery = (
  statement: SqlStatement,
  values: readonly SqlValue[],
) => Promise<readonly SqlRow[]>;

/** `Handle` is what the user's own code is given inside a transaction. */
export interface SqlClient<Handle> {
  /** In a transaction of its own, which is committed before the rows are returned. */
  query(statement: SqlStatement, values: readonly SqlValue[]): Promise<readonly SqlRow[]>;
  /** Begins, runs `work`, commits. When `work` rejects, all is rolled back, and this rejects. */
  transaction<Result>(work: (handle: Handle, query: SqlQuery) => Promise<Result>): Promise<Result>;
}

/** Results come as a list of rows, or as an object that has them, as each client likes. */
export function rowsOf(result: unknown): readonly SqlRow[] {
  if (Array.isArray(result)) return result;
  const rows = (result as { readonly rows?: unknown } | null | undefined)?.rows;
  return Array.isArray(rows) ? rows : [];
}

/** For clients that number parameters themselves: what stands between them, and each one's value. */
export function splitAtParameters(
  text: string,
  values: readonly SqlValue[],
): { readonly pieces: string[]; readonly parameters: readonly SqlValue[] } {
  const pieces = text.split(/\$\d+/);
  const numbers = [...text.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number));
  return { pieces, parameters: numbers.map((number) => values[number - 1] ?? "") };
}
