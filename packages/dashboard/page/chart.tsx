/** A plot as inline SVG, with the same numbers as a table beside it. */

import { scaleLinear, scaleTime } from "d3-scale";
import { area, curveMonotoneX, line } from "d3-shape";
import { useId } from "preact/hooks";
import { LANGUAGE, say } from "./texts.ts";
import { countWords, percentWords } from "./words.ts";

export interface Series {
  readonly name: string;
  /** `undefined`: nothing is known of this step. */
  readonly values: readonly (number | undefined)[];
  /** What stands in the legend, where it is neither the sum nor the newest. */
  readonly whole?: string;
}

export interface ChartProps {
  readonly title: string;
  readonly unit: string;
  readonly times: readonly number[];
  readonly series: readonly Series[];
  readonly note: string;
}

const WIDTH = 360;
const HEIGHT = 150;
const LEFT = 40;
const RIGHT = 20;
const TOP = 10;
const BOTTOM = 22;

const CLOCK = new Intl.DateTimeFormat(LANGUAGE, {
  ...({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const),
});
const MS = new Intl.NumberFormat(LANGUAGE, {
  ...({ style: "unit", unit: "millisecond", unitDisplay: "short" } as const),
  ...{ minimumFractionDigits: 2, maximumFractionDigits: 2 },
});
const PRECISE = new Intl.DateTimeFormat(LANGUAGE, {
  ...({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const),
});

export function Chart(props: ChartProps) {
  const { title, unit, series, note } = props;
  const id = useId();
  return (
    <figure class="chart" aria-labelledby={id}>
      <figcaption>
        <h2 id={id}>{title}</h2>
        <p class="note">{note}</p>
      </figcaption>
      <Drawing {...props} />
      <ul class="legend">
        {series.map(({ name, values, whole }, index) => (
          <li key={name}>
            <svg aria-hidden="true" viewBox="0 0 24 8" width="24" height="8">
              <path class={`line s${index}`} d="M0 4H24" />
            </svg>
            {name}: <strong>{whole ?? sumWords(values, unit)}</strong>
          </li>
        ))}
      </ul>
      <Numbers {...props} />
    </figure>
  );
}

function Drawing({ title, unit, times, series }: ChartProps) {
  const known = series.flatMap(({ values }) => values.filter((value) => value !== undefined));
  const most = unit === "%" ? 100 : Math.max(unit === "ms" ? 1 : 4, ...known);
  const x = scaleTime([times[0] ?? 0, times.at(-1) ?? 1], [LEFT, WIDTH - RIGHT]);
  const y = scaleLinear([0, most], [HEIGHT - BOTTOM, TOP]).nice(4);
  const isThere = (value: number | undefined): boolean => value !== undefined;
  const at = (_: number | undefined, index: number): number => x(times[index] ?? 0);
  const high = (value: number | undefined): number => y(value ?? 0);
  const stroke = line<number | undefined>(at, high).defined(isThere).curve(curveMonotoneX);
  const fill = area<number | undefined>(at, y(0), high).defined(isThere).curve(curveMonotoneX);
  const spoken = series
    .map(({ name, values, whole }) => `${name}: ${whole ?? sumWords(values, unit)}`)
    .join("; ");

  return (
    <svg
      role="img"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      aria-label={say("lastTenMinutes", { title, values: spoken })}
    >
      {y.ticks(4).map((tick) => (
        <g key={tick} class="grid">
          <path d={`M${LEFT} ${y(tick)}H${WIDTH - RIGHT}`} />
          <text x={LEFT - 6} y={y(tick)} dy="0.32em" text-anchor="end">
            {unit === "%" ? percentWords(tick / 100) : countWords(tick)}
          </text>
        </g>
      ))}
      {x.ticks(4).map((tick) => (
        <text key={tick.getTime()} class="tick" x={x(tick)} y={HEIGHT - 6} text-anchor="middle">
          {CLOCK.format(tick)}
        </text>
      ))}
      {series.map(({ name, values }, index) => (
        <g key={name}>
          {index === 0 && <path class="fill" d={fill(values) ?? ""} />}
          <path class={`line s${index}`} d={stroke(values) ?? ""} />
        </g>
      ))}
    </svg>
  );
}

function Numbers({ title, unit, times, series }: ChartProps) {
  const steps = times
    .map((time, index) => ({ time, values: series.map(({ values }) => values[index]) }))
    .filter(({ values }) => values.some((value) => value !== undefined && value > 0))
    .reverse();
  return (
    <details>
      <summary>{say("asTable", { title })}</summary>
      {steps.length === 0 ? (
        <p class="note">{say("allZero")}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must do so by keyboard too
        <section class="scroll low" tabIndex={0} aria-label={say("numbersOf", { title })}>
          <table>
            <thead>
              <tr>
                <th scope="col">{say("fiveSecondsFrom")}</th>
                {series.map(({ name }) => (
                  <th key={name} scope="col" class="number">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {steps.map(({ time, values }) => (
                <tr key={time}>
                  <th scope="row">{PRECISE.format(time)}</th>
                  {values.map((value, index) => (
                    <td key={series[index]?.name} class="number">
                      {valueWords(value, unit)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </details>
  );
}

function valueWords(value: number | undefined, unit: string): string {
  if (value === undefined) return say("notKnown");
  if (unit === "%") return percentWords(value / 100);
  return unit === "ms" ? MS.format(value) : countWords(value);
}

/** Counts are added up; a latency is the newest that is known. */
function sumWords(values: readonly (number | undefined)[], unit: string): string {
  const known = values.filter((value) => value !== undefined);
  if (unit === "ms") return valueWords(known.at(-1), unit);
  return countWords(known.reduce((sum, value) => sum + value, 0));
}
