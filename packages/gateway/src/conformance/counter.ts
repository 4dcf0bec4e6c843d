/**
 * How often the handler ran. Where the server can be asked, that is a count; where its answers hold
 * an id of the effect, it is the number of different ids that were seen, if any; otherwise nobody
 * knows.
 */
import { type Answer, at, field, json } from "./answer.ts";
import { Broken } from "./broken.ts";
import type { Counting } from "./target.ts";

export interface Counter {
  /** Runs since the counter was made, or undefined if they cannot be counted. */
  runs(): Promise<number | undefined>;
  /** Takes note of an answer. */
  see(answer: Answer): void;
}

export async function createCounter(
  counting: Counting | undefined,
  ask: (url: URL) => Promise<Answer>,
): Promise<Counter> {
  if (counting?.by === "url") {
    const { url, pointer } = counting;
    const before = countIn(await ask(url), pointer);
    return { runs: async () => countIn(await ask(url), pointer) - before, see: () => {} };
  }
  const ids = new Set<string>();
  return {
    // Answers without an id, such as refusals, say nothing about runs, not even that there were none.
    runs: async () => (ids.size === 0 ? undefined : ids.size),
    see(answer) {
      const id = counting && idIn(answer, counting);
      if (id !== undefined) ids.add(id);
    },
  };
}

/** A bare number, or the number at the pointer of a JSON answer. */
function countIn(answer: Answer, pointer: string): number {
  const count = at(json(answer), pointer);
  if (answer.status === 200 && typeof count === "number" && Number.isInteger(count)) return count;
  throw new Broken(
    "a number of runs from the count's URL",
    `${answer.status}, and no whole number at ${pointer === "" ? "its root" : `\`${pointer}\``}`,
  );
}

/** Only a success has an effect to name. */
function idIn(answer: Answer, counting: Exclude<Counting, { by: "url" }>): string | undefined {
  if (answer.status < 200 || answer.status > 399) return undefined;
  if (counting.by === "header") return field(answer, counting.header);
  const id = at(json(answer), counting.pointer);
  return id === undefined ? undefined : JSON.stringify(id);
}
