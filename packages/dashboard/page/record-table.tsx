/** The frame of every list of records: one row each, headed by its first request, which is the way to it. */
import type { ComponentChildren } from "preact";
import type { Row } from "../src/api.ts";
import { Digest } from "./parts.tsx";
import { linkToKey } from "./route.ts";

export interface Column {
  readonly name: string;
  /** Numbers stand below each other by their last digit. */
  readonly isNumber?: boolean;
  cell(row: Row): ComponentChildren;
}

export interface RecordTableProps {
  /** What a reader calls the table. */
  readonly name: string;
  /** What stands above the first requests. */
  readonly first: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

export function RecordTable({ name, first, columns, rows }: RecordTableProps) {
  const classOf = ({ isNumber }: Column) => (isNumber === true ? "number" : undefined);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must do so by keyboard too
    <section class="scroll" tabIndex={0} aria-label={name}>
      <table>
        <thead>
          <tr>
            <th scope="col">{first}</th>
            {columns.map((column) => (
              <th key={column.name} scope="col" class={classOf(column)}>
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <th scope="row">
                <a href={linkToKey(row.id)}>
                  {row.label} <Digest digest={row.id} />
                </a>
              </th>
              {columns.map((column) => (
                <td key={column.name} class={classOf(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
