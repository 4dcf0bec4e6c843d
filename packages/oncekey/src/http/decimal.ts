/**
 * One spelling for each decimal number: `1`, `1.0`, `10e-1` and `1e0` are equal, and nothing is
 * rounded, because a double would take 9007199254740993 for its neighbour.
 */

/** With at most this many digits an exponent and any length of a body add up exactly. */
const EXPONENT_DIGITS_MAX = 15;

/** Nearly all numbers in requests: whole, without zeros at the end. They are canonical already. */
const CANONICAL = /^(?:0|-?(?:[1-9]\d*)?[1-9])$/;

/**
 * A JSON number (RFC 8259, section 6) as digits without zeros at either end, and an exponent.
 * `undefined` when the exponent is too long to be counted with.
 */
export function canonicalDecimal(lexeme: string): string | undefined {
  if (CANONICAL.test(lexeme)) return lexeme;
  const [mantissa = "", exponent = "0"] = lexeme.split(/[eE]/);
  const negative = mantissa.startsWith("-");
  const [whole = "", fraction = ""] = mantissa.slice(negative ? 1 : 0).split(".");
  const digits = whole + fraction;

  // Not by patterns such as /0+$/, which take quadratic time on zeros inside.
  let start = 0;
  while (digits[start] === "0") start++;
  // Negative zero too: as decimals they are equal, whatever a double makes of it.
  if (start === digits.length) return "0";
  let end = digits.length;
  while (digits[end - 1] === "0") end--;

  const power = exactInteger(exponent);
  if (power === undefined) return undefined;
  const scale = power - fraction.length + (digits.length - end);
  const significant = `${negative ? "-" : ""}${digits.slice(start, end)}`;
  return scale === 0 ? significant : `${significant}e${scale}`;
}

function exactInteger(lexeme: string): number | undefined {
  const digits = lexeme.replace(/^[+-]?0*/, "");
  if (digits.length > EXPONENT_DIGITS_MAX) return undefined;
  return lexeme.startsWith("-") ? -Number(digits) : Number(digits);
}
