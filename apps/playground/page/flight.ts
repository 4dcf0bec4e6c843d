/**
 * Moves a dot with the request's number between the places of the stage, for one thing that
 * happened. Who asked for less motion gets none: the boxes say in words what became of it.
 */
import type { Stamped } from "../src/happening.ts";
import type { Story, Tone } from "./story.ts";

/** More at once is a cloud, and a slow one. */
const FLYING_MAX = 40;
const TRIP_MS = 700;

let flying = 0;

export function fly(stage: HTMLElement, event: Stamped, story: Story, slower: number): void {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  if (event.what === "effect") ring(stage, `api-${event.instance}`);
  const way = wayOf(event, story);
  if (way === undefined || flying >= FLYING_MAX) return;
  const stops = way.places.flatMap((name) => placeOf(stage, name) ?? []);
  if (stops.length < way.places.length) return;
  const dot = document.createElement("span");
  dot.className = `dot ${way.tone}`;
  dot.textContent = `${way.number} ${way.key}`;
  dot.setAttribute("aria-hidden", "true");
  stage.append(dot);
  flying += 1;
  const frames = stops.map(({ x, y }) => ({ transform: `translate(${x}px, ${y}px)` }));
  const duration = TRIP_MS * slower;
  dot
    .animate(frames, { duration, easing: "cubic-bezier(.5,0,.3,1)", fill: "both" })
    .finished.catch(() => {})
    .finally(() => {
      dot.remove();
      flying -= 1;
    });
}

interface Way {
  readonly number: number;
  /** Enough to see that it is the same. */
  readonly key: string;
  readonly tone: Tone;
  readonly places: readonly string[];
}

function wayOf(event: Stamped, story: Story): Way | undefined {
  if (event.what !== "sent" && event.what !== "answered" && event.what !== "unanswered") return;
  const sent = story.sent.get(event.request);
  if (sent === undefined) return;
  const about = { number: sent.nth, key: sent.key.slice(0, 4) };
  const api = `api-${sent.instance}`;
  switch (event.what) {
    case "sent":
      return { ...about, tone: "busy", places: ["person", "balancer", api] };
    case "answered":
      return { ...about, tone: sent.tone, places: [api, "balancer", "person"] };
    case "unanswered":
      return { ...about, tone: "bad", places: [api, "balancer"] };
  }
}

function ring(stage: HTMLElement, name: string): void {
  stage
    .querySelector(`[data-place="${name}"]`)
    ?.animate([{ boxShadow: "0 0 0 0 var(--gold)" }, { boxShadow: "0 0 0 1rem transparent" }], {
      duration: 800,
      easing: "ease-out",
    });
}

/** Its middle, from the stage's upper left corner. */
function placeOf(stage: HTMLElement, name: string): { x: number; y: number } | undefined {
  const place = stage.querySelector(`[data-place="${name}"]`)?.getBoundingClientRect();
  if (place === undefined) return undefined;
  const { left, top } = stage.getBoundingClientRect();
  return { x: place.left - left + place.width / 2, y: place.top - top + place.height / 2 };
}
