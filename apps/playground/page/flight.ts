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
  if (event.what === "engine") spark(stage, event, slower);
  const way = wayOf(event, story);
  if (way === undefined || flying >= FLYING_MAX) return;
  const stops = way.places.flatMap((name) => placeOf(stage, name) ?? []);
  if (stops.length < 2 || stops.length < way.places.length) return;
  const dot = document.createElement("span");
  dot.className = `dot ${way.tone}`;
  dot.textContent = `${way.number} ${way.key}`;
  dot.setAttribute("aria-hidden", "true");
  launch(stage, dot, stops, TRIP_MS * slower);
}

function launch(
  stage: HTMLElement,
  shape: HTMLElement,
  stops: readonly Point[],
  duration: number,
): void {
  stage.append(shape);
  flying += 1;
  const frames = stops.map(({ x, y }) => ({ transform: `translate(${x}px, ${y}px)` }));
  shape
    .animate(frames, { duration, easing: "cubic-bezier(.5,0,.3,1)", fill: "both" })
    .finished.catch(() => {})
    .finally(() => {
      shape.remove();
      flying -= 1;
    });
}

type Reported = Extract<Stamped, { what: "engine" }>;

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Way {
  readonly number: number;
  /** Enough to see that it is the same. */
  readonly key: string;
  readonly tone: Tone;
  readonly places: readonly string[];
}

function wayOf(event: Stamped, story: Story): Way | undefined {
  if (!("request" in event)) return;
  const sent = story.sent.get(event.request);
  if (sent === undefined) return;
  const about = { number: sent.nth, key: sent.key.slice(0, 4) };
  const inner = sent.instance === undefined ? [] : ["balancer", `api-${sent.instance}`];
  const isGated = sent.via === "gateway";
  const outer = isGated ? ["person", "gateway"] : ["person"];
  switch (event.what) {
    case "arrived":
      return isGated ? { ...about, tone: "busy", places: outer } : undefined;
    case "sent":
      return { ...about, tone: "busy", places: [isGated ? "gateway" : "person", ...inner] };
    case "answered":
      return { ...about, tone: sent.tone, places: [...outer, ...inner].reverse() };
    case "unanswered":
      return { ...about, tone: "bad", places: inner.toReversed() };
    default:
      return undefined;
  }
}

/** What a guard asks its store, and what it gets from there: without a number, since it is one key's. */
function spark(stage: HTMLElement, event: Reported, slower: number): void {
  const from = event.instance === "gateway" ? "gateway" : `api-${event.instance}`;
  const isAnswer = event.event === "replayed" || event.event === "in-doubt";
  if (!isAnswer && event.event !== "claimed" && event.event !== "completed") return;
  const stops = [from, "store"].flatMap((name) => placeOf(stage, name) ?? []);
  if (stops.length < 2 || flying >= FLYING_MAX) return;
  const shape = document.createElement("span");
  shape.className = `spark ${isAnswer ? "calm" : "gold"}`;
  shape.setAttribute("aria-hidden", "true");
  launch(stage, shape, isAnswer ? stops.reverse() : stops, TRIP_MS * slower);
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
function placeOf(stage: HTMLElement, name: string): Point | undefined {
  const place = stage.querySelector(`[data-place="${name}"]`)?.getBoundingClientRect();
  if (place === undefined) return undefined;
  const { left, top } = stage.getBoundingClientRect();
  return { x: place.left - left + place.width / 2, y: place.top - top + place.height / 2 };
}
