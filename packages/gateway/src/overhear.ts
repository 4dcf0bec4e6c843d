/**
 * Listens whether an answer speaks of the key and not of the work (P-131).
 *
 * An upstream with a guard of its own may say that the first request still runs, or that its store
 * is away. To keep that would be to tell every retry so for a day.
 */
import { type Line, valuesOf } from "./fields.ts";

export interface Overhearing {
  head(lines: readonly Line[]): void;
  chunk(bytes: Uint8Array): void;
  /** Asked when the answer is whole. */
  speaksOfTheKey(): boolean;
}

/** A problem is a few hundred bytes; whatever is longer says more than that. */
const PROBLEM_BYTES_MAX = 16 * 1024;

export function createOverhearing(): Overhearing {
  let heard: Uint8Array[] | undefined;
  let bytes = 0;
  return {
    head(lines) {
      const [type = ""] = valuesOf(lines, "content-type");
      if (/^application\/problem\+json\b/i.test(type)) heard = [];
    },
    chunk(chunk) {
      if (heard === undefined) return;
      bytes += chunk.length;
      if (bytes > PROBLEM_BYTES_MAX) heard = undefined;
      // Copied: the buffer is the connection's, and used again.
      else heard.push(Uint8Array.from(chunk));
    },
    speaksOfTheKey: () => heard !== undefined && isRetryable(Buffer.concat(heard).toString()),
  };
}

function isRetryable(text: string): boolean {
  try {
    const said: unknown = JSON.parse(text);
    if (typeof said !== "object" || said === null) return false;
    const { code, retryable } = said as { readonly code?: unknown; readonly retryable?: unknown };
    return retryable === true && typeof code === "string" && code.startsWith("idempotency_");
  } catch {
    return false;
  }
}
