/**
 * The header fields on the wire: their names, and the syntax of a key.
 *
 * A key is a structured-field string (RFC 9651, section 3.3.3), as the draft has it, or bare, as
 * Stripe-style clients send it. Both spell the same key. Anything that could be two keys, or a
 * key with parameters that lost its quotes, is refused: guessing would merge two requests.
 */

export const IDEMPOTENCY_KEY = "Idempotency-Key";
export const IDEMPOTENT_REPLAYED = "Idempotent-Replayed";

/** What Stripe and the Agentic Commerce Protocol allow: a longer key is no identifier. */
export const KEY_LENGTH_MAX = 255;
/** Room for 255 characters that are all escaped, their quotes, and some parameters. */
export const KEY_FIELD_LENGTH_MAX = 1024;

/** For `Access-Control-Allow-Headers`: a page on another origin may not send the key without it. */
export const CORS_ALLOW_HEADERS: readonly string[] = [IDEMPOTENCY_KEY];
/** For `Access-Control-Expose-Headers`: what the client has to read from an answer. */
export const CORS_EXPOSE_HEADERS: readonly string[] = [
  IDEMPOTENT_REPLAYED,
  IDEMPOTENCY_KEY,
  "Retry-After",
  "Location",
];

/** Blank apart from invalid: one profile takes a blank key for none at all. */
export type ParsedKey =
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "blank" }
  | { readonly kind: "invalid" };

const BLANK: ParsedKey = { kind: "blank" };
const INVALID: ParsedKey = { kind: "invalid" };

/** Linear: at every point one character decides which way to go. */
// Marked as pure, so that a page that only sends keys does not load how they are read.
const ITEM = /* @__PURE__ */ itemPattern();
/** Space, `"`, `,` and `;` would make it look like a list, or like parameters. */
const BARE = /^[!#-+\--:<-~]+$/;

function itemPattern(): RegExp {
  /** A string: visible ASCII and space, in which `"` and `\` are escaped. */
  const string = String.raw`"(?:[ !#-[\]-~]|\\["\\])*"`;
  /** RFC 9651, section 4.2.3.1. Read only to be passed over, so base64 and UTF-8 go unchecked. */
  const bareItem = [
    String.raw`-?(?:\d{1,12}\.\d{1,3}|\d{1,15})`,
    string,
    String.raw`[A-Za-z*][!#$%&'*+.^_\x60|~0-9A-Za-z:/-]*`,
    ":[A-Za-z0-9+/=]*:",
    String.raw`\?[01]`,
    String.raw`@-?\d{1,15}`,
    '%"(?:[ !#$&-~]|%[0-9a-f]{2})*"',
  ].join("|");
  const parameters = `(?:; *[a-z*][a-z0-9_.*-]*(?:=(?:${bareItem}))?)*`;
  return new RegExp(`^(${string})${parameters}$`);
}

/**
 * The key in a field's value. Several lines of the field come joined by `", "`, as RFC 9110,
 * section 5.3 has it, and are invalid for the comma, even if they are equal.
 */
export function parseKey(field: string): ParsedKey {
  if (field.length > KEY_FIELD_LENGTH_MAX) return INVALID;
  const value = trimmed(field);
  if (!value.startsWith('"')) return parseBareKey(value);
  const quoted = ITEM.exec(value)?.[1];
  if (quoted === undefined) return INVALID;
  return sized(quoted.slice(1, -1).replaceAll(/\\(.)/g, "$1"));
}

/** A key without quotes, escapes or parameters: also the only form that a form field may hold. */
export function parseBareKey(text: string): ParsedKey {
  if (text.length > KEY_FIELD_LENGTH_MAX) return INVALID;
  const value = trimmed(text);
  return value === "" || BARE.test(value) ? sized(value) : INVALID;
}

function sized(key: string): ParsedKey {
  if (trimmed(key) === "") return BLANK;
  return key.length > KEY_LENGTH_MAX ? INVALID : { kind: "key", key };
}

/** Without the optional white space of HTTP: spaces and tabs, and no other. */
function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;
