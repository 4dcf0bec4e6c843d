/** Counts as inline SVG bars, with the same numbers as a table. */

import { scaleBand, scaleLinear } from "d3-scale";
import { useId } from "preact/hooks";
import { say } from "./texts.ts";
import { countWords } from "./words.ts";

export interface Band {
  readonly name: string;
  readonly count: number;
  /** Where the name leads, in the table. */
  readonly link?: string;
}

export interface BarsProps {
  readonly title: string;
  readonly note: string;
  /** What the names and the counts are of. */
  readonly columns: readonly [string, string];
  readonly bands: readonly Band[];
}

const WIDTH = 360;
const ROW = 24;
const RIGHT = 40;
/** About what a letter takes, for the room that names are given. */
const LETTER = 6.6;
/** The drawing has no room for more; the table has the whole name. */
const LETTERS_MAX = 22;

export function Bars(props: BarsProps) {
  const { title, note, bands } = props;
  const id = useId();
  return (
    <figure class="chart plain" aria-labelledby={id}>
      <figcaption>
        <h2 id={id}>{title}</h2>
        <p class="note">{note}</p>
      </figcaption>
      {bands.length === 0 ? <p class="none">{say("nothingYet")}</p> : <Drawing {...props} />}
      <Numbers {...props} />
    </figure>
  );
}

const cut = (name: string): string =>
  name.length > LETTERS_MAX ? `${name.slice(0, LETTERS_MAX - 1)}…` : name;

function Drawing({ title, bands }: BarsProps) {
  const height = bands.length * ROW;
  const letters = Math.max(...bands.map(({ name }) => cut(name).length));
  const left = Math.max(80, letters * LETTER + 10);
  const most = Math.max(1, ...bands.map(({ count }) => count));
  const x = scaleLinear([0, most], [0, WIDTH - left - RIGHT]);
  const names = bands.map(({ name }) => name);
  const y = scaleBand(names, [0, height]).padding(0.3);
  const spoken = bands.map(({ name, count }) => `${name}: ${count}`).join("; ");
  return (
    <svg role="img" viewBox={`0 0 ${WIDTH} ${height}`} aria-label={`${title}. ${spoken}`}>
      {bands.map(({ name, count }) => (
        <g key={name} class="bars" transform={`translate(0 ${y(name)})`}>
          <text x={left - 8} y={y.bandwidth() / 2} dy="0.35em" text-anchor="end">
            {cut(name)}
          </text>
          <rect
            x={left}
            width={count === 0 ? 1 : Math.max(3, x(count))}
            height={y.bandwidth()}
            rx="2"
          />
          <text class="count" x={left + x(count) + 8} y={y.bandwidth() / 2} dy="0.35em">
            {countWords(count)}
          </text>
        </g>
      ))}
    </svg>
  );
}

function Numbers({ title, columns, bands }: BarsProps) {
  return (
    <details>
      <summary>{say("asTable", { title })}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must do so by keyboard too */}
      <section class="scroll low" tabIndex={0} aria-label={say("numbersOf", { title })}>
        <table>
          <thead>
            <tr>
              <th scope="col">{columns[0]}</th>
              <th scope="col" class="number">
                {columns[1]}
              </th>
            </tr>
          </thead>
          <tbody>
            {bands.map(({ name, count, link }) => (
              <tr key={name}>
                <th scope="row">{link === undefined ? name : <a href={link}>{name}</a>}</th>
                <td class="number">{countWords(count)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}
