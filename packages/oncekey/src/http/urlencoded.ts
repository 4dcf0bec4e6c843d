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

/** Positions in a form. Views would be nicer, and cost seconds for a form of a million pairs. */
interface Pair {
  readonly start: number;
  /** Of the sign, or of the end where there is none. */
  readonly equals: number;
  readonly end: number;
}

/**
 * The pairs in one encoding: only `%`, `&` and, in names, `=` stay escaped. The pairs of the field
 * `omit` are left out. Takes any bytes, in linear time. May be `form` itself.
 */
export function canonicalPairs(form: Uint8Array, omit?: string): Uint8Array {
  if (omit === undefined && !form.includes(PERCENT) && !form.includes(PLUS)) return form;
  const omitted = omit === undefined ? undefined : utf8.encode(omit);
  const out = new Uint8Array(lengthMax(form));
  let length = 0;
  let kept = 0;
  eachPair(form, (pair) => {
    if (omitted !== undefined && isNamed(form, pair, omitted)) return;
    if (kept++ > 0) out[length++] = AMPERSAND;
    eachByte(form, pair.start, pair.equals, (byte) => write(byte, byte === EQUALS));
    if (pair.equals < pair.end) out[length++] = EQUALS;
    eachByte(form, pair.equals + 1, pair.end, (byte) => write(byte, false));
  });
  return out.subarray(0, length);

  /** Escapes what would otherwise be read as the end of the part. */
  function write(byte: number, endsName: boolean): void {
    if (byte !== PERCENT && byte !== AMPERSAND && !endsName) {
      out[length++] = byte;
      return;
    }
    out[length++] = PERCENT;
    out[length++] = HEX.charCodeAt(byte >> 4);
    out[length++] = HEX.charCodeAt(byte & 15);
  }
}

/** The values of the field, in their order. One that has no `=` is empty. */
export function fieldValues(form: Uint8Array, field: string): string[] {
  const name = utf8.encode(field);
  const values: string[] = [];
  eachPair(form, (pair) => {
    if (!isNamed(form, pair, name)) return;
    const bytes: number[] = [];
    eachByte(form, pair.equals + 1, pair.end, (byte) => bytes.push(byte));
    values.push(text.decode(Uint8Array.from(bytes)));
  });
  return values;
}

const HEX = "0123456789ABCDEF";

/** Only a percent sign that begins no escape grows, from one byte to three. */
function lengthMax(form: Uint8Array): number {
  let length = form.length;
  for (const byte of form) if (byte === PERCENT) length += 2;
  return length;
}

/** An empty form is one empty pair. */
function eachPair(form: Uint8Array, visit: (pair: Pair) => void): void {
  let start = 0;
  let equals = -1;
  for (let at = 0; at <= form.length; at++) {
    if (at === form.length || form[at] === AMPERSAND) {
      visit({ start, equals: equals === -1 ? at : equals, end: at });
      start = at + 1;
      equals = -1;
    } else if (equals === -1 && form[at] === EQUALS) {
      equals = at;
    }
  }
}

/** Decoded as the URL standard has it: what begins no escape stands for itself. */
function eachByte(
  form: Uint8Array,
  start: number,
  end: number,
  visit: (byte: number) => void,
): void {
  for (let at = start; at < end; at++) {
    const byte = form[at] ?? 0;
    const high = byte === PERCENT ? hexDigit(form[at + 1]) : -1;
    const low = high === -1 ? -1 : hexDigit(form[at + 2]);
    if (low === -1) {
      visit(byte === PLUS ? SPACE : byte);
    } else {
      visit(high * 16 + low);
      at += 2;
    }
  }
}

/** -1 for anything else, so also for the sign that ends the part. */
function hexDigit(byte = 0): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function isNamed(form: Uint8Array, { start, equals }: Pair, name: Uint8Array): boolean {
  let at = 0;
  let same = true;
  eachByte(form, start, equals, (byte) => {
    same &&= byte === name[at++];
  });
  return same && at === name.length;
}
