/**
 * Lines over two logarithmic axes, as an SVG file that can be read in light and in dark. The scales
 * and the lines are d3's, as in the dashboard.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { scaleLog } from "d3-scale";
import { line as pathOf } from "d3-shape";
import type { Options } from "./options.ts";

type Point = readonly [x: number, y: number];

export interface Plot {
  readonly title: string;
  /** Words for the axes, with the unit. */
  readonly x: string;
  readonly y: string;
  readonly lines: readonly { readonly name: string; readonly points: readonly Point[] }[];
}

/** From `bench/dist/src`. */
const IMAGES = fileURLToPath(new URL("../../../docs/images", import.meta.url));

const [WIDTH, HEIGHT] = [720, 400];
const MARGIN = { top: 44, right: 28, bottom: 48, left: 64 } as const;
const LEGEND_LINE = 18;

/** Okabe and Ito's, in shades that both backgrounds bear; each line has marks of its own beside. */
const COLOURS = ["#2b83ca", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#56b4e9"];
const MARKS = ["circle", "square", "diamond"] as const;

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #24292f; }
  .title { font-weight: 600; font-size: 15px; }
  .grid { stroke: #8c959f; stroke-opacity: 0.35; }
  .line { fill: none; stroke-width: 2; }
  .back { fill: #ffffff; }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3; } .back { fill: #0d1117; } }`;

/** A run that only shows that it works leaves the pictures of others alone. */
export function writePlot({ images, quick }: Options, name: string, plot: Plot): void {
  if (images === undefined && quick) return;
  const folder = images ?? IMAGES;
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.svg`);
  writeFileSync(file, svgOf(plot));
  process.stderr.write(`• wrote ${file}\n`);
}

export function svgOf({ title, x, y, lines }: Plot): string {
  // There is no logarithm of nothing: what was not measured, and no bytes at all, are left out.
  const shown = lines
    .map(({ name, points }) => ({ name, points: points.filter(([a, b]) => a > 0 && b > 0) }))
    .filter(({ points }) => points.length > 0);
  const all = shown.flatMap(({ points }) => points);
  const top = MARGIN.top + shown.length * LEGEND_LINE;
  const height = HEIGHT + shown.length * LEGEND_LINE;
  const across = scaleLog(extentOf(all, 0), [MARGIN.left, WIDTH - MARGIN.right]);
  const up = scaleLog(extentOf(all, 1), [height - MARGIN.bottom, top]).nice();
  const path = pathOf<Point>(
    ([value]) => across(value),
    ([, value]) => up(value),
  );
  const grid = [
    ...ticksOf(across).map((value) => {
      const at = across(value).toFixed(1);
      const foot = height - MARGIN.bottom;
      return `<line class="grid" x1="${at}" x2="${at}" y1="${top}" y2="${foot}"/>
  <text x="${at}" y="${foot + 18}" text-anchor="middle">${short(value)}</text>`;
    }),
    ...ticksOf(up).map((value) => {
      const at = up(value).toFixed(1);
      return `<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${at}" y2="${at}"/>
  <text x="${MARGIN.left - 8}" y="${at}" dy="0.35em" text-anchor="end">${short(value)}</text>`;
    }),
  ];
  const drawn = shown.map(({ name, points }, index) => {
    const colour = COLOURS[index % COLOURS.length] ?? "";
    const legend = MARGIN.top + index * LEGEND_LINE;
    const dots = points.map(([a, b]) => mark(index, across(a), up(b), colour));
    return `<path class="line" stroke="${colour}" d="${path([...points])}"/>
  ${dots.join("")}
  ${mark(index, MARGIN.left + 6, legend - 4, colour)}
  <text x="${MARGIN.left + 20}" y="${legend}">${escaped(name)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img">
  <title>${escaped(title)}</title>
  <style>${STYLE}
  </style>
  <rect class="back" width="${WIDTH}" height="${height}"/>
  <text class="title" x="${MARGIN.left}" y="22">${escaped(title)}</text>
  ${grid.join("\n  ")}
  ${drawn.join("\n  ")}
  <text x="${WIDTH - MARGIN.right}" y="${height - 10}" text-anchor="end">${escaped(x)}</text>
  <text x="${MARGIN.left - 8}" y="${top - 12}" text-anchor="end">${escaped(y)}</text>
</svg>
`;
}

function extentOf(points: readonly Point[], axis: 0 | 1): [number, number] {
  const values = points.map((point) => point[axis]);
  return [Math.min(...values), Math.max(...values)];
}

/** Powers of ten, and where there are few of them what lies between. */
function ticksOf(scale: { ticks(): number[]; domain(): number[] }): readonly number[] {
  const [least = 1, most = 1] = scale.domain();
  const decades = Math.log10(most / least);
  const steps = decades > 3 ? [1] : decades > 1.5 ? [1, 3] : [1, 2, 5];
  return scale.ticks().filter((value) => {
    const digit = Math.round(value / 10 ** Math.floor(Math.log10(value) + 1e-9));
    return steps.includes(digit);
  });
}

function mark(index: number, x: number, y: number, colour: string): string {
  const [a, b] = [x.toFixed(1), y.toFixed(1)];
  const kind = MARKS[index % MARKS.length];
  if (kind === "circle") return `<circle cx="${a}" cy="${b}" r="4" fill="${colour}"/>`;
  const turn = kind === "diamond" ? ` transform="rotate(45 ${a} ${b})"` : "";
  const [left, up] = [(x - 3.5).toFixed(1), (y - 3.5).toFixed(1)];
  return `<rect x="${left}" y="${up}" width="7" height="7" fill="${colour}"${turn}/>`;
}

const UNITS = [
  [1e6, "M"],
  [1e3, "k"],
] as const;

function short(value: number): string {
  const [unit, letter] = UNITS.find(([unit]) => value >= unit) ?? [1, ""];
  return `${Number((value / unit).toPrecision(3))}${letter}`;
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
