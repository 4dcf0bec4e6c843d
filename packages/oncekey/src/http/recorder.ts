/**
 * Keeps a copy of an answer as it passes, and says which chunks may leave before it is safe.
 *
 * A client takes an answer for whole at its last chunk: at the end of the message, or at the byte
 * that fulfils `Content-Length`. So that chunk is held back until the record is safe, and all
 * others leave as they come. In a transaction nothing leaves before the commit, except from an
 * answer that is too long to be kept anyway.
 */
import { joined } from "./chunks.ts";
import { fitsRecord, type HeaderLine, type HeaderPolicy, isLegal, keptHeaders } from "./headers.ts";
import type { Snapshot } from "./snapshot.ts";

export interface Recorder {
  head(status: number, lines: readonly HeaderLine[], outside: readonly HeaderLine[]): void;
  /** What may leave now, in order. */
  write(chunk: Uint8Array): readonly Uint8Array[];
  /** Has anything left, or been allowed to? */
  readonly hasLeft: boolean;
  /** The head may leave before a chunk does; false where all is held back. */
  flush(): boolean;
  /** The status, once there was a head. */
  readonly status: number | undefined;
  /** What is still held, the last chunk included. */
  rest(last: Uint8Array | undefined): readonly Uint8Array[];
  /** What the record keeps: the answer, or a tombstone if it is too large or must not be kept. */
  snapshot(omitted: boolean): Snapshot;
}

interface Limits {
  readonly bytesMax: number;
  readonly policy: HeaderPolicy;
  /** Nothing leaves while the answer still fits the record. */
  readonly holdsAll: boolean;
}

export function createRecorder({ bytesMax, policy, holdsAll }: Limits): Recorder {
  let status: number | undefined;
  let kept: readonly HeaderLine[] = [];
  let location: string | undefined;
  let declared: number | undefined;
  let copies: Uint8Array[] = [];
  let held: Uint8Array[] = [];
  let bytes = 0;
  let hasLeft = false;

  const isTooLarge = () => bytes > bytesMax;

  function keep(chunk: Uint8Array): void {
    bytes += chunk.length;
    if (bytes > bytesMax) copies = [];
    else copies.push(chunk);
  }

  return {
    head(first, lines, outside) {
      status = first;
      kept = keptHeaders(lines, outside, policy);
      location = firstValue(lines, "location");
      const length = firstValue(lines, "content-length");
      declared = length === undefined ? undefined : Number(length);
    },
    write(chunk) {
      // Copied, because a handler may use its buffer again as soon as the chunk was taken. Not by
      // `slice`: Node's buffers have another one, which copies nothing.
      const copy = new Uint8Array(chunk);
      keep(copy);
      const isLast = declared !== undefined && bytes >= declared;
      if (isLast || (holdsAll && !isTooLarge())) {
        held.push(copy);
        return [];
      }
      const leaving = [...held, chunk];
      held = [];
      hasLeft = true;
      return leaving;
    },
    get hasLeft() {
      return hasLeft;
    },
    flush() {
      if (!holdsAll) hasLeft = true;
      return !holdsAll;
    },
    get status() {
      return status;
    },
    rest(last) {
      if (last === undefined || last.length === 0) return held;
      keep(last);
      held.push(last);
      return held;
    },
    snapshot(omitted) {
      const first = status ?? 200;
      if (omitted || isTooLarge() || !fitsRecord(kept)) {
        const address = location !== undefined && isLegal(["Location", location]);
        return { kind: "tombstone", status: first, ...(address && { location }) };
      }
      return { kind: "answer", status: first, headers: kept, body: joined(copies) };
    },
  };
}

function firstValue(lines: readonly HeaderLine[], name: string): string | undefined {
  return lines.find((line) => line[0].toLowerCase() === name)?.[1];
}
