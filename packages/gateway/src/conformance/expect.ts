/** What cases expect of answers, each with a failure that says what came instead. */
import { type Answer, at, field, json, lines } from "./answer.ts";
import { Broken } from "./broken.ts";
import type { Counter } from "./counter.ts";
import type { Refusal } from "./profile.ts";
import type { Session } from "./session.ts";

/** The rule is met, or the case ends here. */
export function holds(condition: boolean, expected: string, got: string): void {
  if (!condition) throw new Broken(expected, got);
}

export function hasStatus(answer: Answer, statuses: readonly number[], what: string): void {
  holds(
    statuses.includes(answer.status),
    `${statuses.join(" or ")} for ${what}`,
    String(answer.status),
  );
}

/** Fields whose value is the answer's own, so that a report may show them. */
const SHOWN = ["content-type", "retry-after", "cache-control"];

/** An answer in a few words: its status and the fields that say what it is. */
export function shown(answer: Answer): string {
  const fields = SHOWN.flatMap((name) => {
    const value = field(answer, name);
    return value === undefined ? [] : [`${name}: ${value}`];
  });
  return [String(answer.status), ...fields].join(", ");
}

const isSuccess = ({ status }: Answer): boolean => status >= 200 && status < 300;

/** The handler's own answer, without a marker. */
export function isFirst(session: Session, answer: Answer, what = "a request that runs"): void {
  holds(isSuccess(answer), `a 2xx for ${what}`, shown(answer));
  isUnmarked(session, answer, what);
}

export function isUnmarked(session: Session, answer: Answer, what: string): void {
  const marker = markerOf(session);
  if (marker === undefined) return;
  const found = field(answer, marker.name);
  holds(found === undefined, `no \`${marker.name}\` on ${what}`, `\`${marker.name}: ${found}\``);
}

function isMarked(session: Session, answer: Answer, what: string): void {
  const marker = markerOf(session);
  if (marker === undefined) return;
  const found = lines(answer, marker.name);
  holds(
    found.length === 1 && found[0] === marker.value,
    `\`${marker.name}: ${marker.value}\` on ${what}`,
    found.length === 0 ? "no such field" : found.map((value) => `\`${value}\``).join(", "),
  );
}

function markerOf({ target }: Session): { name: string; value: string } | undefined {
  const [name, ...value] = target.marker?.split(":") ?? [];
  return name === undefined ? undefined : { name, value: value.join(":").trim() };
}

/** The first answer once more: its status, its bytes, and the marker where there is one. */
export function isReplay(
  session: Session,
  first: Answer,
  again: Answer,
  what = "the duplicate",
): void {
  isSameAnswer(first, again, what);
  isMarked(session, again, what);
}

export function isSameAnswer(first: Answer, again: Answer, what = "the duplicate"): void {
  hasStatus(again, [first.status], what);
  sameBytes(first.body, again.body, what);
}

function sameBytes(first: Uint8Array, again: Uint8Array, what: string): void {
  const differs = first.findIndex((byte, index) => byte !== again[index]);
  const position = differs < 0 && first.length !== again.length ? first.length : differs;
  holds(
    position < 0,
    `the ${first.length} bytes of the first answer for ${what}`,
    `${again.length} bytes, other from byte ${position} on`,
  );
}

/** One of the four refusals, by its status, and never marked as a replay. */
export function isRefused(session: Session, answer: Answer, refusal: Refusal, what: string): void {
  hasStatus(answer, session.target.statuses[refusal], what);
  isUnmarked(session, answer, what);
}

/** The code that the profile has for a refusal, where its document says. */
export function hasCode(session: Session, answer: Answer, refusal: Refusal): void {
  const code = session.profile.codes[refusal];
  if (code === undefined) return;
  const found = at(json(answer), code.pointer);
  holds(
    found === code.value,
    `"${code.value}" at ${code.pointer} of the refusal`,
    // Whatever else stands there might be a part of what was sent.
    found === undefined ? "nothing there" : "another value",
  );
}

export async function ran(counter: Counter, times: number, what: string): Promise<void> {
  const runs = await counter.runs();
  if (runs === undefined) return;
  holds(runs === times, `${times} ${times === 1 ? "run" : "runs"} after ${what}`, String(runs));
}
