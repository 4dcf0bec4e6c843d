/** Spans of time sorted into bands, for bars. */
import type { Band } from "./bars.tsx";
import { say } from "./texts.ts";
import { spanWords } from "./words.ts";

/** Counts the spans below each bound, in ms, and those that are longer than all of them. */
export function bandsOf(bounds: readonly number[], spans: readonly number[]): Band[] {
  const counts = new Array<number>(bounds.length + 1).fill(0);
  for (const span of spans) {
    const found = bounds.findIndex((most) => span < most);
    const index = found === -1 ? bounds.length : found;
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts.map((count, index) => {
    const most = bounds[index];
    const name =
      most === undefined ? say("bandLonger") : say("bandUnder", { span: spanWords(most) });
    return { name, count };
  });
}
