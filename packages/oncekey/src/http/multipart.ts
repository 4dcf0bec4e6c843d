/**
 * Reads `multipart/form-data` (RFC 7578, RFC 2046 section 5.1) as its parts in order, without the
 * boundary, which a browser makes new for each send.
 *
 * Strict: text around the parts and padding after a boundary are malformed. Linear on any input.
 */
import { parameter } from "./media-type.ts";

/** More than any form that a person fills in. */
export const PARTS_MAX = 1000;
/** What Node allows for the head of a whole request. */
export const PART_HEAD_BYTES_MAX: number = 16 * 1024;
/** RFC 2046, section 5.1.1. */
const BOUNDARY = /^[0-9A-Za-z'()+_,./:=? -]{1,70}$/;

export interface Part {
  /** The header lines as they came, without the line break after the last. */
  readonly head: Uint8Array;
  readonly content: Uint8Array;
}

export type Multipart =
  | { readonly kind: "parts"; readonly parts: readonly Part[] }
  | { readonly kind: "malformed" | "too-many" };

const CR = 0x0d;
const DASH = 0x2d;

const utf8 = new TextEncoder();
const text = new TextDecoder();

const CRLF = utf8.encode("\r\n");
const EMPTY_LINE = utf8.encode("\r\n\r\n");
const MALFORMED: Multipart = { kind: "malformed" };

/** The parts are views on `body`. */
export function readMultipart(body: Uint8Array, contentType: string): Multipart {
  const boundary = parameter(contentType, "boundary");
  if (boundary === undefined || !BOUNDARY.test(boundary)) return MALFORMED;
  const delimiter = utf8.encode(`\r\n--${boundary}`);
  // The line break belongs to the delimiter, and there is none to begin with.
  if (!hasAt(body, delimiter.subarray(CRLF.length), 0)) return MALFORMED;
  let at = delimiter.length - CRLF.length;
  const parts: Part[] = [];
  while (!isClose(body, at)) {
    if (parts.length === PARTS_MAX) return { kind: "too-many" };
    // Past the line break that ends this delimiter: it must not begin the next one as well.
    const end = hasAt(body, CRLF, at) ? indexOf(body, delimiter, at + CRLF.length) : -1;
    const part = end === -1 ? undefined : readPart(body.subarray(at, end));
    if (part === undefined) return MALFORMED;
    parts.push(part);
    at = end + delimiter.length;
  }
  return { kind: "parts", parts };
}

/** The name of the form field that a part belongs to. */
export function fieldOf(part: Part): string | undefined {
  for (const line of text.decode(part.head).split("\r\n")) {
    if (/^content-disposition[ \t]*:/i.test(line)) return parameter(line, "name");
  }
  return undefined;
}

/** What a part holds, as text. */
export const contentText = (part: Part): string => text.decode(part.content);

/** A section begins with the line break before its head, so that a head may be empty. */
function readPart(section: Uint8Array): Part | undefined {
  const headEnd = indexOf(section, EMPTY_LINE, 0);
  if (headEnd === -1 || headEnd > PART_HEAD_BYTES_MAX) return undefined;
  return {
    head: section.subarray(CRLF.length, headEnd),
    content: section.subarray(headEnd + EMPTY_LINE.length),
  };
}

/** Two dashes, and at most a line break after them. */
function isClose(body: Uint8Array, at: number): boolean {
  if (body[at] !== DASH || body[at + 1] !== DASH) return false;
  const rest = body.length - at - 2;
  return rest === 0 || (rest === CRLF.length && hasAt(body, CRLF, at + 2));
}

function hasAt(bytes: Uint8Array, sought: Uint8Array, at: number): boolean {
  if (at + sought.length > bytes.length) return false;
  for (let index = 0; index < sought.length; index++) {
    if (bytes[at + index] !== sought[index]) return false;
  }
  return true;
}

/**
 * Of bytes that begin with CR. A failed comparison has read no CR beyond the first two lines of
 * `sought`, so nothing is read more than a few times, however the input repeats itself.
 */
function indexOf(bytes: Uint8Array, sought: Uint8Array, from: number): number {
  let at = bytes.indexOf(CR, from);
  while (at !== -1 && !hasAt(bytes, sought, at)) at = bytes.indexOf(CR, at + 1);
  return at;
}
