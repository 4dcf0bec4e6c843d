/** An intent in the list: what it is, where it stands, and its lane. */
import { phaseOf } from "../reduce.ts";
import type { Intent, Send } from "./intent.ts";
import { type Bar, barsOf, placed } from "./lane.ts";
import { make, mark, say } from "./make.ts";
import type { DevtoolsMessages } from "./messages.ts";
import { shortKey } from "./short-key.ts";

export interface LaneView {
  readonly node: HTMLElement;
  draw(intent: Intent, facts: LaneFacts): void;
}

export interface LaneFacts {
  readonly now: number;
  readonly isChosen: boolean;
  readonly showsKeys: boolean;
}

export function laneView(messages: DevtoolsMessages, choose: () => void): LaneView {
  const name = make("span", { class: "name" });
  const key = make("code");
  const badge = make("span", { class: "badge" });
  const button = make(
    "button",
    { type: "button", class: "pick", onclick: choose },
    name,
    key,
    badge,
  );
  const lane = make("ol", { class: "lane", "aria-label": messages.lane });
  const length = make("span", { class: "ms" });
  const node = make("li", { class: "intent" }, button, lane, length);
  return {
    node,
    draw(intent, { now, isChosen, showsKeys }) {
      const bars = barsOf(intent);
      const { places, ms } = placed(bars, now);
      say(name, intent.name);
      say(key, showsKeys ? (intent.key ?? "") : shortKey(intent.key));
      say(badge, intent.status);
      mark(badge, { "data-phase": phaseOf(intent.status), "data-status": intent.status });
      mark(button, { "aria-pressed": String(isChosen) });
      say(length, bars.length === 0 ? "" : lasting(ms));
      lane.hidden = bars.length === 0;
      let sends = 0;
      const drawn = bars.map((bar, index) => {
        if (bar.kind === "send") sends += 1;
        const item = barNode(bar, sends, now, messages);
        const { start = 0, width = 0 } = places[index] ?? {};
        // By the object model, which a policy against styles in attributes lets pass.
        item.style.insetInlineStart = `${start * 100}%`;
        item.style.width = `${width * 100}%`;
        return item;
      });
      lane.replaceChildren(...drawn);
    },
  };
}

function barNode(bar: Bar, count: number, now: number, messages: DevtoolsMessages): HTMLElement {
  const ms = lasting((bar.to ?? now) - bar.from);
  const isWait = bar.kind === "wait";
  const words = isWait
    ? messages[bar.for]
    : `${messages.sent} ${count}: ${broughtBy(bar.send, messages)}`;
  const full = `${words}, ${ms}`;
  return make(
    "li",
    { "data-kind": isWait ? bar.for : kindOf(bar.send), title: full },
    make("span", { class: "short", "aria-hidden": "true" }, isWait ? "" : signOf(bar.send)),
    make("span", { class: "hush" }, full),
  );
}

/** What is drawn of a send. */
function kindOf({ endedAt, brought, status, replayed }: Send): string {
  if (endedAt === null) return "busy";
  if (replayed) return "replay";
  if (status === null) return "lost";
  return brought === "done" ? "done" : "no";
}

/** In a bar that may be narrow. */
function signOf({ endedAt, status, replayed, isByHand }: Send): string {
  if (endedAt === null) return "…";
  return `${isByHand ? "+" : ""}${replayed ? "↺" : ""}${status ?? "✕"}`;
}

function broughtBy(send: Send, messages: DevtoolsMessages): string {
  const { endedAt, status, replayed, fault, isByHand } = send;
  return [
    endedAt === null ? messages.underWay : (status ?? messages.lost),
    replayed && messages.replay,
    isByHand && messages.byHand,
    fault && `(${messages[fault]})`,
  ]
    .filter(Boolean)
    .join(" ");
}

export function lasting(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
