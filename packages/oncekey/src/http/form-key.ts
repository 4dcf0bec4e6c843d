/**
 * The key that a form carries in a field of its own. Where there is one it wins over a header,
 * which a browser may add by itself: the field is the page's own.
 */
import { type ParsedKey, parseBareKey } from "../protocol/header.ts";
import type { RequestBody, RequestHeader } from "./fingerprint.ts";
import { contentEncoding, isMultipart, isUrlencoded, mediaType } from "./media-type.ts";
import { contentText, fieldOf, readMultipart } from "./multipart.ts";
import { fieldValues } from "./urlencoded.ts";

/** `too-long`: the form has more parts than are searched, so nobody can say that it has no key. */
export type FormKey = ParsedKey | { readonly kind: "absent" } | { readonly kind: "too-long" };

export interface Form {
  readonly header: RequestHeader;
  readonly body: RequestBody;
}

const ABSENT: FormKey = { kind: "absent" };
const INVALID: FormKey = { kind: "invalid" };

/** By the rules of a bare key. Invalid when the field occurs twice, or the form is malformed. */
export function formKey({ header, body }: Form, field: string): FormKey {
  const contentType = header("content-type");
  const type = mediaType(contentType);
  if (!isUrlencoded(type) && !isMultipart(type)) return ABSENT;
  if (body.kind === "parsed") return keyAmong(parsedValues(body.value, field));
  // Nothing can be read in it, and no browser encodes a form.
  if (contentEncoding(header("content-encoding")) !== "") return ABSENT;
  if (isUrlencoded(type)) return keyAmong(fieldValues(body.bytes, field));

  const form = readMultipart(body.bytes, contentType ?? "");
  switch (form.kind) {
    case "parts":
      return keyAmong(form.parts.filter((part) => fieldOf(part) === field).map(contentText));
    case "too-many":
      return { kind: "too-long" };
    case "malformed":
      return INVALID;
  }
}

function keyAmong(values: readonly unknown[]): FormKey {
  const [value] = values;
  if (values.length === 0) return ABSENT;
  return values.length === 1 && typeof value === "string" ? parseBareKey(value) : INVALID;
}

/** Form parsers make a list of a field that occurs twice. */
function parsedValues(value: unknown, field: string): readonly unknown[] {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, field)) return [];
  const found: unknown = Reflect.get(value, field);
  return Array.isArray(found) ? found : [found];
}
