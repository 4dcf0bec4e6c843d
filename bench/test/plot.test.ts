/** Pictures of figures. */
import { equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { svgOf } from "../src/plot.ts";

const LINES = [
  {
    name: "a < b",
    points: [
      [1, 10],
      [10, 100],
      [100, 1000],
    ] as const,
  },
  {
    name: "begins with nothing",
    points: [
      [0, 5],
      [10, 50],
      [100, 20],
    ] as const,
  },
  { name: "not measured", points: [[1, Number.NaN]] as const },
];

test("each line that was measured is drawn and named, without points that have no logarithm", () => {
  const svg = svgOf({ title: "Costs", x: "records", y: "µs", lines: LINES });
  const paths = [...svg.matchAll(/<path class="line"[^>]* d="([^"]+)"/g)].map(([, path]) => path);
  equal(paths.length, 2);
  // A move and a line for each further point.
  equal(paths[0]?.split("L").length, 3);
  equal(paths[1]?.split("L").length, 2);
  ok(!svg.includes("NaN"));
  match(svg, />a &lt; b</);
  match(svg, /prefers-color-scheme: dark/);
});
