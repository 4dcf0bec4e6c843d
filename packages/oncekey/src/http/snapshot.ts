/**
 * An answer as the bytes that a record keeps, and back. That they are the bytes that were written
 * is the envelope's to check; here nothing that makes no sense passes for an answer.
 *
 * | bytes | hold                                                                  |
 * |-------|-----------------------------------------------------------------------|
 * | 1     | version                                                               |
 * | 1     | kind: 1 an answer, 2 a tombstone                                      |
 * | 2     | status                                                                |
 * | 4     | length of the head                                                    |
 * | n     | head: each line's name and value, each ended by LF, in UTF-8          |
 * | rest  | body, as it was                                                       |
 *
 * The layout is stable API: a record may be read by another release than the one that wrote it.
 */
import { RecordCorrupt } from "../core/errors.ts";
import { type HeaderLine, isLegal } from "./headers.ts";

export type Snapshot = Answer | Tombstone;

/** A response to be replayed. Names have the case, and lines the order, that they were given in. */
export interface Answer {
  readonly kind: "answer";
  readonly status: number;
  readonly headers: readonly HeaderLine[];
  readonly body: Uint8Array;
}

/** It happened, and the answer was not kept: too large, or left out by the handler. */
export interface Tombstone {
  readonly kind: "tombstone";
  readonly status: number;
  readonly location?: string | undefined;
}

const VERSION = 1;
const KIND = { answer: 1, tombstone: 2 } as const;
const HEAD_LENGTH_AT = 4;
const HEAD_AT = 8;
/** Below it are interim answers, which end nothing. */
const STATUS_MIN = 200;
const STATUS_MAX = 999;

const NO_BODY = new Uint8Array(0);
const utf8 = new TextEncoder();
/** `ignoreBOM` keeps a mark instead of swallowing it: bytes in, the same bytes out. */
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Copies the body once. Throws a `TypeError` for what could not be sent as HTTP. */
export function encodeSnapshot(snapshot: Snapshot): Uint8Array {
  const { status } = snapshot;
  if (!isFinal(status)) {
    throw new TypeError(`Expected the status of an answer to be 200 to 999, got ${status}.`);
  }
  const head = utf8.encode(headText(linesOf(snapshot)));
  const body = snapshot.kind === "answer" ? snapshot.body : NO_BODY;
  const bytes = new Uint8Array(HEAD_AT + head.length + body.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = VERSION;
  bytes[1] = KIND[snapshot.kind];
  view.setUint16(2, status);
  view.setUint32(HEAD_LENGTH_AT, head.length);
  bytes.set(head, HEAD_AT);
  bytes.set(body, HEAD_AT + head.length);
  return bytes;
}

/**
 * The body is a view on `bytes`. Throws `RecordCorrupt` for damaged bytes and for those of a newer
 * version: neither may pass for an answer, nor for no record at all.
 */
export function decodeSnapshot(bytes: Uint8Array): Snapshot {
  if (bytes.length < HEAD_AT) throw new RecordCorrupt("The kept answer is cut short.");
  if (bytes[0] !== VERSION) {
    throw new RecordCorrupt(`The kept answer has version ${bytes[0]}, this release reads 1.`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const status = view.getUint16(2);
  const bodyAt = HEAD_AT + view.getUint32(HEAD_LENGTH_AT);
  if (!isFinal(status) || bodyAt > bytes.length) throw malformed();
  const headers = headLines(bytes.subarray(HEAD_AT, bodyAt));
  const body = new Uint8Array(bytes.buffer, bytes.byteOffset + bodyAt, bytes.length - bodyAt);

  if (bytes[1] === KIND.answer) return { kind: "answer", status, headers, body };
  if (bytes[1] !== KIND.tombstone || body.length > 0 || headers.length > 1) throw malformed();
  const location = headers[0]?.[1];
  return { kind: "tombstone", status, ...(location === undefined ? {} : { location }) };
}

const isFinal = (status: number): boolean =>
  Number.isInteger(status) && status >= STATUS_MIN && status <= STATUS_MAX;

const malformed = (): RecordCorrupt => new RecordCorrupt("The kept answer makes no sense.");

function linesOf(snapshot: Snapshot): readonly HeaderLine[] {
  if (snapshot.kind === "answer") return snapshot.headers;
  return snapshot.location === undefined ? [] : [["Location", snapshot.location]];
}

function headText(lines: readonly HeaderLine[]): string {
  let text = "";
  for (const line of lines) {
    // Not shown: what is illegal here may be somebody's secret.
    if (!isLegal(line)) throw new TypeError("Expected header lines that can be sent as HTTP.");
    text += `${line[0]}\n${line[1]}\n`;
  }
  return text;
}

function headLines(head: Uint8Array): HeaderLine[] {
  const texts = decodedHead(head).split("\n");
  // What follows the last LF.
  if (texts.pop() !== "" || texts.length % 2 !== 0) throw malformed();
  const lines: HeaderLine[] = [];
  for (let index = 0; index < texts.length; index += 2) {
    const line: HeaderLine = [texts[index] ?? "", texts[index + 1] ?? ""];
    if (!isLegal(line)) throw malformed();
    lines.push(line);
  }
  return lines;
}

function decodedHead(head: Uint8Array): string {
  try {
    return strictUtf8.decode(head);
  } catch {
    throw malformed();
  }
}
