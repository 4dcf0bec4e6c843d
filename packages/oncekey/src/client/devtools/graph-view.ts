/** The machine as a picture: where it stands, which way it came, and where it can go from here. */
import { graph } from "../graph.ts";
import { type Event, phaseOf, type Status } from "../reduce.ts";
import type { Moment } from "./log.ts";
import { draw, make, mark } from "./make.ts";
import type { DevtoolsMessages } from "./messages.ts";

export interface GraphView {
  readonly node: HTMLElement;
  draw(now: Status, moments: readonly Moment[]): void;
}

/** What comes of other tabs and pages can lead anywhere, and would cover the rest. */
const FROM_ELSEWHERE: readonly Event["type"][] = ["observed", "restored", "principal"];

const WIDTH = 92;
const HEIGHT = 22;
/** One column for each phase but the last two, which share one. */
const PLACES: Readonly<Record<Status, readonly [number, number]>> = {
  ...{ ready: [6, 82] },
  ...{ submitting: [166, 36], retrying: [166, 68], waiting: [166, 100], offline: [166, 132] },
  ...{ success: [326, 16], rejected: [326, 60], failed: [326, 88] },
  ...{ unknown: [326, 116], conflict: [326, 144] },
};
/** Each is named above the first of its statuses. */
const FIRST: readonly Status[] = ["ready", "submitting", "success", "rejected"];

const statuses = Object.keys(PLACES) as Status[];

/** Each status that an event can lead to, by the event. */
const waysFrom = (from: Status): [Event["type"], readonly Status[]][] =>
  (Object.entries(graph.states[from].on) as [Event["type"], readonly Status[]][]).filter(
    ([type]) => !FROM_ELSEWHERE.includes(type),
  );

export function graphView(messages: DevtoolsMessages): GraphView {
  const edges = new Map<string, SVGPathElement>();
  const nodes = new Map<Status, SVGGElement>();
  const picture = draw("svg", { viewBox: "0 0 446 170", role: "img" });
  for (const from of statuses) {
    for (const to of new Set(waysFrom(from).flatMap(([, targets]) => targets))) {
      const edge = draw("path", { d: curve(from, to) });
      edges.set(`${from} ${to}`, edge);
      picture.append(edge);
    }
  }
  for (const status of statuses) {
    const [x, y] = PLACES[status];
    const node = draw(
      "g",
      { "data-phase": phaseOf(status), "data-status": status },
      draw("rect", { x, y, width: WIDTH, height: HEIGHT, rx: 6 }),
      draw("text", { x: x + WIDTH / 2, y: y + 15 }, status),
    );
    nodes.set(status, node);
    picture.append(node);
    if (!FIRST.includes(status)) continue;
    picture.append(draw("text", { class: "phase", x: x + WIDTH / 2, y: y - 5 }, phaseOf(status)));
  }
  const ways = make("dl", { class: "ways" });
  const node = make(
    "figure",
    { class: "graph" },
    picture,
    make("figcaption", {}, make("h4", {}, messages.next), ways),
  );
  let drawn: Status | undefined;
  return {
    node,
    draw(now, moments) {
      const gone = new Set(moments.map(({ before, state }) => `${before.status} ${state.status}`));
      for (const [name, edge] of edges) {
        const kind = gone.has(name) ? "gone" : name.startsWith(`${now} `) && "next";
        mark(edge, { class: kind || null });
      }
      for (const [status, each] of nodes) mark(each, { class: status === now ? "now" : null });
      if (drawn === now) return;
      drawn = now;
      mark(picture, { "aria-label": `${messages.graph}. ${messages.now}: ${now}` });
      ways.replaceChildren(
        ...waysFrom(now).flatMap(([type, targets]) => [
          make("dt", {}, type),
          make("dd", {}, targets.join(", ")),
        ]),
      );
    },
  };
}

/** Out at the side that the other one is on; within a column, around it. */
function curve(from: Status, to: Status): string {
  const [x1, y1] = PLACES[from];
  const [x2, y2] = PLACES[to];
  const [start, end] = [y1 + HEIGHT / 2, y2 + HEIGHT / 2];
  if (x1 === x2) {
    const side = x1 + (start < end ? WIDTH : 0);
    const bend = side + (start < end ? 1 : -1) * (14 + Math.abs(start - end) / 6);
    return `M${side} ${start}C${bend} ${start} ${bend} ${end} ${side} ${end}`;
  }
  const [out, into] = x1 < x2 ? [x1 + WIDTH, x2] : [x1, x2 + WIDTH];
  const middle = (out + into) / 2;
  return `M${out} ${start}C${middle} ${start} ${middle} ${end} ${into} ${end}`;
}
