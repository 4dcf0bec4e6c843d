/** Counts in bands as inline SVG bars, with the same numbers as a table. */
import { scaleBand, scaleLinear } from "d3-scale";

export interface Band {
  readonly name: string;
  readonly count: number;
}

const WIDTH = 360;
const ROW = 24;
const LEFT = 96;
const RIGHT = 34;

export function Bars({
  title,
  note,
  bands,
}: {
  title: string;
  note: string;
  bands: readonly Band[];
}) {
  const id = title.toLowerCase().replaceAll(/\W+/g, "-");
  const height = bands.length * ROW;
  const most = Math.max(1, ...bands.map(({ count }) => count));
  const x = scaleLinear([0, most], [0, WIDTH - LEFT - RIGHT]);
  const names = bands.map(({ name }) => name);
  const y = scaleBand(names, [0, height]).padding(0.3);
  const spoken = bands.map(({ name, count }) => `${name}: ${count}`).join("; ");
  return (
    <figure class="chart" aria-labelledby={id}>
      <figcaption>
        <h2 id={id}>{title}</h2>
        <p class="note">{note}</p>
      </figcaption>
      <svg role="img" viewBox={`0 0 ${WIDTH} ${height}`} aria-label={`${title}. ${spoken}`}>
        {bands.map(({ name, count }) => (
          <g key={name} class="bars" transform={`translate(0 ${y(name)})`}>
            <text x={LEFT - 8} y={y.bandwidth() / 2} dy="0.35em" text-anchor="end">
              {name}
            </text>
            <rect
              x={LEFT}
              width={Math.max(count === 0 ? 1 : 3, x(count))}
              height={y.bandwidth()}
              rx="2"
            />
            <text x={LEFT + x(count) + 8} y={y.bandwidth() / 2} dy="0.35em">
              {count}
            </text>
          </g>
        ))}
      </svg>
      <details>
        <summary>{title} as a table</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">Band</th>
              <th scope="col">Keys</th>
            </tr>
          </thead>
          <tbody>
            {bands.map(({ name, count }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{count}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}
