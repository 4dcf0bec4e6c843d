/** The panel as a whole: a button in a corner of the page, and what it opens. */
import { phaseOf } from "../reduce.ts";
import { detailView } from "./detail-view.ts";
import type { Elsewhere } from "./elsewhere.ts";
import type { Faults } from "./faults.ts";
import { faultsView } from "./faults-view.ts";
import type { Feed } from "./feed.ts";
import { type Intent, isBusy } from "./intent.ts";
import { type LaneView, laneView } from "./lane-view.ts";
import { make, mark, say } from "./make.ts";
import type { DevtoolsMessages } from "./messages.ts";
import { STYLE } from "./style.ts";

const ELEMENT = "oncekey-devtools";

export interface Panel {
  draw(): void;
  remove(): void;
}

interface Shown {
  readonly feed: Feed;
  readonly faults: Faults;
  readonly elsewhere: Elsewhere;
  readonly messages: DevtoolsMessages;
  readonly isOpen: boolean;
  now(): number;
}

/** What is under way grows while one looks at it. */
const TICK_MS = 200;

export function openPanel({ feed, faults, elsewhere, messages, isOpen, now }: Shown): Panel {
  let chosen: number | undefined;
  let showsKeys = false;
  let tick: ReturnType<typeof setInterval> | undefined;
  const lanes = new Map<number, LaneView>();

  const pill = make("button", {
    type: "button",
    class: "pill",
    "aria-controls": "panel",
    onclick: () => show(panel.hidden === true),
  });
  const heading = make("h2", { id: "title" }, messages.title);
  const counts = make("p", { class: "counts" });
  const keys = make("button", { type: "button", onclick: revealed }, messages.showKeys);
  const clear = make("button", { type: "button", onclick: feed.clear }, messages.clear);
  const empty = make("p", { class: "empty" }, messages.nothing);
  const list = make("ol", { class: "intents", "aria-label": messages.intents });
  const others = make("ol", {});
  const remote = make("section", {}, make("h4", {}, messages.elsewhere), others);
  const detail = detailView(messages, feed, draw);
  const breaking = faultsView(messages, faults);
  const panel = make(
    "div",
    { class: "panel", id: "panel", onkeydown: pressed },
    make("header", {}, heading, counts, keys, clear),
    make(
      "div",
      { class: "body" },
      make("div", { class: "list" }, empty, list, remote),
      detail.node,
    ),
    breaking.node,
  );
  const host = hosting(make("section", { class: "all", "aria-labelledby": "title" }, pill, panel));
  // Beside the body, which some libraries replace as a whole when they turn the page.
  document.documentElement.append(host);

  function show(isShown: boolean): void {
    panel.hidden = !isShown;
    mark(pill, { "aria-expanded": String(isShown) });
    draw();
  }

  function pressed({ key }: KeyboardEvent): void {
    if (key !== "Escape") return;
    show(false);
    pill.focus();
  }

  function revealed(): void {
    showsKeys = !showsKeys;
    draw();
  }

  function choose(id: number): void {
    chosen = id;
    draw();
  }

  function draw(): void {
    const { intents } = feed;
    const newest = latest();
    say(pill, intents.length === 0 ? messages.title : `${messages.title} ${intents.length}`);
    mark(pill, { "data-phase": newest ? phaseOf(newest.status) : null });
    clearInterval(tick);
    if (panel.hidden) return;
    if (intents.some(isBusy)) tick = setInterval(drawLanes, TICK_MS);
    counts.replaceChildren(...countsOf(intents, messages));
    mark(keys, { "aria-pressed": String(showsKeys) });
    empty.hidden = intents.length > 0;
    drawLanes();
    const drawn = [...elsewhere.tabs.values()]
      .flat()
      .map(({ name, key, status, attempts }) =>
        make(
          "li",
          {},
          `${name} `,
          make("code", {}, key),
          ` ${status}, ${messages.sends} ${attempts}`,
        ),
      );
    others.replaceChildren(...drawn);
    remote.hidden = drawn.length === 0;
    detail.draw(current(), { now: now(), showsKeys });
    breaking.draw();
  }

  function current(): Intent | undefined {
    return feed.intents.find(({ id }) => id === chosen) ?? latest();
  }

  /** Where something happened last: that is shown until somebody has chosen. */
  function latest(): Intent | undefined {
    return feed.intents.toSorted((one, other) => lastAt(other) - lastAt(one))[0];
  }

  function drawLanes(): void {
    const { intents } = feed;
    for (const [id, lane] of lanes) {
      if (intents.some((intent) => intent.id === id)) continue;
      lane.node.remove();
      lanes.delete(id);
    }
    intents.forEach((intent, index) => {
      const { id } = intent;
      const lane = lanes.get(id) ?? laneView(messages, () => choose(id));
      lanes.set(id, lane);
      // Only where it is not there yet: what is moved loses its focus.
      if (list.children[index] !== lane.node)
        list.insertBefore(lane.node, list.children[index] ?? null);
      lane.draw(intent, { now: now(), isChosen: id === current()?.id, showsKeys });
    });
  }

  show(isOpen);
  return {
    draw,
    remove() {
      clearInterval(tick);
      host.remove();
    },
  };
}

const lastAt = ({ log, sends }: Intent): number =>
  Math.max(log.events.at(-1)?.at ?? 0, sends.at(-1)?.at ?? 0);

/** Its name is defined, so that a page which hides what is undefined does not hide it. */
function hosting(content: HTMLElement): HTMLElement {
  if (!customElements.get(ELEMENT)) customElements.define(ELEMENT, class extends HTMLElement {});
  const host = document.createElement(ELEMENT);
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  root.append(content);
  return host;
}

function countsOf(intents: readonly Intent[], messages: DevtoolsMessages): (Node | string)[] {
  const sends = intents.flatMap((intent) => intent.sends);
  const replays = sends.filter(({ replayed }) => replayed);
  return [
    [messages.keys, intents.length],
    [messages.sends, sends.length],
    [messages.replays, replays.length],
  ].flatMap(([name, count], index) => [
    `${index === 0 ? "" : " · "}${name} `,
    make("b", {}, String(count)),
  ]);
}
