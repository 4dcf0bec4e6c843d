/** Compares two digests in constant time, so that a foreign one cannot be guessed by the clock. */

/** Only the length may show early: digests are of one length, so it tells nothing. */
export function same(left: string, right: string): boolean {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let index = 0; index < left.length; index++) {
    difference |= left.charCodeAt(index) ^ right.charCodeAt(index);
  }
  return difference === 0;
}
