/**
 * Queries and form bodies (`application/x-www-form-urlencoded`) as pairs of bytes.
 *
 * Two of them are equal when only the way differs in which characters are encoded. The order of
 * the pairs counts: to some handlers it means something, and refusing is the safe error.
 */

const PERCENT = 0x25;
const AMPERSAND = 0x26;
const PLUS = 0x2b;
const EQUALS = 0x3d;
const SPACE = 0x20;

const utf8 = new TextEncoder();
const text = new TextDecoder();

/**
 * The pairs in one encoding: only `%`, `&` and, in names, `=` stay escaped. The pairs of the field
 * `omit` are left out. Takes any bytes, in linear time. May be `form` itself.
 */
export function canonicalPairs(form: Uint8Array, omit?: string): Uint8Array {
  if (omit === undefined && !hasEscapes(form)) return form;
  const out = new Uint8Array(lengthMax(form));
  let length = 0;
  let first = true;
  for (const { name, value } of pairs(form)) {
    const decodedName = decoded(name);
    if (omit !== undefined && isNamed(decodedName, omit)) continue;
    if (!first) out[length++] = AMPERSAND;
    first = false;
    length = write(decodedName, { out, length, isName: true });
    if (value === undefined) continue;
    out[length++] = EQUALS;
    length = write(decoded(value), { out, length, isName: false });
  }
  return out.subarray(0, length);
}

/** The values of the field, in their order. One that has no `=` is empty. */
export function fieldValues(form: Uint8Array, field: string): string[] {
  const values: string[] = [];
  for (const { name, value } of pairs(form)) {
    if (!isNamed(decoded(name), field)) continue;
    values.push(value === undefined ? "" : text.decode(decoded(value)));
  }
  return values;
}

interface Pair {
  readonly name: Uint8Array;
  /** `undefined` when there is no `=`. */
  readonly value: Uint8Array | undefined;
}

function* pairs(form: Uint8Array): Generator<Pair> {
  for (let start = 0; start <= form.length; ) {
    const found = form.indexOf(AMPERSAND, start);
    const end = found === -1 ? form.length : found;
    const pair = form.subarray(start, end);
    const equals = pair.indexOf(EQUALS);
    yield equals === -1
      ? { name: pair, value: undefined }
      : { name: pair.subarray(0, equals), value: pair.subarray(equals + 1) };
    start = end + 1;
  }
}

const hasEscapes = (part: Uint8Array): boolean => part.includes(PERCENT) || part.includes(PLUS);

/** As the URL standard has it: what is no escape stands for itself. */
function decoded(part: Uint8Array): Uint8Array {
  if (!hasEscapes(part)) return part;
  const out = new Uint8Array(part.length);
  let length = 0;
  for (let at = 0; at < part.length; at++) {
    const byte = part[at] ?? 0;
    const high = byte === PERCENT ? hexDigit(part[at + 1]) : -1;
    const low = high === -1 ? -1 : hexDigit(part[at + 2]);
    if (low !== -1) {
      out[length++] = high * 16 + low;
      at += 2;
    } else {
      out[length++] = byte === PLUS ? SPACE : byte;
    }
  }
  return out.subarray(0, length);
}

function hexDigit(byte = 0): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** Only a percent sign that began no escape grows, from one byte to three. */
function lengthMax(form: Uint8Array): number {
  let length = form.length;
  for (const byte of form) if (byte === PERCENT) length += 2;
  return length;
}

interface Place {
  readonly out: Uint8Array;
  readonly length: number;
  readonly isName: boolean;
}

/** Escapes what would otherwise be read as the end of the part. Returns the new length. */
function write(part: Uint8Array, { out, length, isName }: Place): number {
  for (const byte of part) {
    if (byte === PERCENT || byte === AMPERSAND || (isName && byte === EQUALS)) {
      out[length++] = PERCENT;
      // Two hex digits: "25", "26" or "3D".
      out[length++] = byte === EQUALS ? 0x33 : 0x32;
      out[length++] = byte === EQUALS ? 0x44 : byte + 0x10;
    } else {
      out[length++] = byte;
    }
  }
  return length;
}

function isNamed(name: Uint8Array, field: string): boolean {
  const expected = utf8.encode(field);
  return name.length === expected.length && name.every((byte, at) => byte === expected[at]);
}
