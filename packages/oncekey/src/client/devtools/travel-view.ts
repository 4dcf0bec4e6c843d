/** Time travel: the state after each event, by going through `reduce` once more. */
import type { State } from "../reduce.ts";
import type { Intent } from "./intent.ts";
import { lasting } from "./lane-view.ts";
import { type Moment, momentsOf, wordsOf } from "./log.ts";
import { make, mark, say } from "./make.ts";
import type { DevtoolsMessages } from "./messages.ts";
import { shortKey } from "./short-key.ts";

export interface TravelView {
  readonly node: HTMLElement;
  /** Says how far one has gone, for whatever else shows it. */
  draw(intent: Intent, showsKeys: boolean): { readonly state: State; readonly gone: Moment[] };
}

const FIELDS = [
  ...(["status", "reason", "doing", "key", "attempt", "tries"] as const),
  ...(["open", "held", "online", "firstSentAt", "nextRetryAt"] as const),
];

/** `moved`: somebody has gone to another moment. */
export function travelView(messages: DevtoolsMessages, moved: () => void): TravelView {
  let chosen: number | undefined;
  /** Of which intent. */
  let at: number | undefined;
  const range = make("input", { type: "range", min: 0, "aria-label": messages.travel });
  const words = make("output", {});
  const state = make("dl", { class: "state" });
  const effects = make("p", { class: "effects" });
  range.addEventListener("input", () => {
    // At the end it goes on with what happens.
    chosen = range.value === range.max ? undefined : Number(range.value);
    moved();
  });
  const node = make(
    "section",
    { class: "travel" },
    make("h4", {}, messages.travel),
    make("div", { class: "scrub" }, range, words),
    state,
    effects,
  );
  return {
    node,
    draw(intent, showsKeys) {
      if (at !== intent.id) chosen = undefined;
      at = intent.id;
      const moments = momentsOf(intent.log);
      const index = Math.min(chosen ?? moments.length, moments.length);
      const gone = moments.slice(0, index);
      const moment = gone.at(-1);
      const start = moments[0]?.event.at ?? 0;
      const said = moment
        ? `${index}/${moments.length} ${wordsOf(moment.event)} +${lasting(moment.event.at - start)}`
        : messages.before;
      mark(range, { max: moments.length, "aria-valuetext": said });
      range.value = String(index);
      say(words, said);
      const now = moment?.state ?? intent.log.base;
      const rows = FIELDS.flatMap((field) => {
        const isNew = moment !== undefined && moment.before[field] !== now[field];
        const value = make("dd", {}, worded(now, field, start, showsKeys));
        if (isNew) value.append(make("span", { class: "hush" }, ` (${messages.changed})`));
        mark(value, { "data-new": isNew });
        return [make("dt", {}, field), value];
      });
      state.replaceChildren(...rows);
      const done = moment?.effects.map((effect) =>
        effect.do === "wait" ? `wait ${lasting(effect.ms)}` : effect.do,
      );
      say(effects, `${messages.effects}: ${done?.join(", ") || "—"}`);
      return { state: now, gone };
    },
  };
}

function worded(
  state: State,
  field: (typeof FIELDS)[number],
  start: number,
  showsKeys: boolean,
): string {
  const value = state[field];
  if (field === "key" && !showsKeys) return shortKey(state.key);
  // As they are told, and counted from the first event: a clock's time says nothing to anybody.
  const isTime = field === "firstSentAt" || field === "nextRetryAt";
  if (isTime && typeof value === "number") return `+${lasting(value - start)}`;
  return String(value ?? "—");
}
