/**
 * What makes two requests the same: method, target, type and content, to one digest.
 *
 * Keyed with the raw key, which is not stored: whoever reads the store can neither guess the body
 * of a request nor see that two of them are alike. Bodies that mean the same have the same digest;
 * in doubt they differ, since a refused retry is a smaller harm than another request's answer.
 */
import { refuse } from "../core/check.ts";
import { hmac } from "../core/hmac.ts";
import type { Ports } from "../core/ports.ts";
import type { Digest } from "../core/record.ts";
import { canonicalJson } from "./canonical-json.ts";
import { canonicalValue } from "./canonical-value.ts";
import { isFieldName } from "./headers.ts";
import { compilePointers, memberNamed, type PointerTree } from "./json-pointer.ts";
import {
  contentEncoding,
  isJson,
  isMultipart,
  isUrlencoded,
  mediaType,
  parameter,
} from "./media-type.ts";
import { fieldOf, readMultipart } from "./multipart.ts";
import { canonicalPairs } from "./urlencoded.ts";

/** The value of a field, its lines joined by `", "`. Asked with a name in lower case. */
export type RequestHeader = (name: string) => string | undefined;

/** As it was received, or what a parser made of it that came before us. */
export type RequestBody =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "parsed"; readonly value: unknown };

export interface FingerprintInput {
  readonly key: string;
  readonly method: string;
  /** Path and query as received, not as a router cut or decoded them. */
  readonly target: string;
  readonly header: RequestHeader;
  readonly body: RequestBody;
}

/** What the application says about the comparison. */
export interface FingerprintOptions {
  /** Names of request headers that count too. */
  readonly headers?: readonly string[] | undefined;
  /** JSON pointers to members that do not count, such as `"/sentAt"`. */
  readonly ignore?: readonly string[] | undefined;
}

export interface FingerprintPolicy {
  readonly headers: readonly string[];
  readonly ignore: PointerTree | undefined;
  readonly formField: string | undefined;
}

/** Throws a `TypeError` that names the option. */
export function compileFingerprint(
  { headers = [], ignore = [] }: FingerprintOptions,
  formField?: string,
): FingerprintPolicy {
  if (!Array.isArray(headers) || !headers.every(isFieldName)) {
    refuse("fingerprint.headers", "a list of field names", headers);
  }
  return {
    headers: headers.map((name) => name.toLowerCase()),
    ignore: compilePointers(ignore),
    formField,
  };
}

const utf8 = new TextEncoder();

/** `undefined` when the body cannot be compared: a parser took it, and its result hides a part. */
export function fingerprint(
  input: FingerprintInput,
  policy: FingerprintPolicy,
  ports: Pick<Ports, "sha256">,
): Digest | undefined {
  const body = comparable(input, policy);
  if (body === undefined) return undefined;
  const { header, method, target } = input;
  const { path, query } = split(target);
  const parts = query === "" ? body.parts : [canonicalPairs(utf8.encode(query)), ...body.parts];
  const words = [
    method,
    path,
    mediaType(header("content-type")),
    contentEncoding(header("content-encoding")),
    ...policy.headers.map((name) => headerWord(name, header(name))),
    body.comparedAs,
    body.text,
    // With their lengths known, the parts need not be copied into a frame.
    parts.map((part) => part.length).join(),
  ];
  return hmac(input.key, [framed(words), ...parts], ports);
}

/** What of the body is compared. The tag keeps apart what is only by chance alike. */
interface Comparable {
  readonly comparedAs: "json" | "form" | "parsed-form" | "multipart" | "bytes";
  readonly text: string;
  readonly parts: readonly Uint8Array[];
}

function comparable(input: FingerprintInput, policy: FingerprintPolicy): Comparable | undefined {
  const { body, header } = input;
  const contentType = header("content-type") ?? "";
  if (body.kind === "parsed") return parsed(body.value, mediaType(contentType), policy);
  const isEncoded = contentEncoding(header("content-encoding")) !== "";
  const byMeaning = isEncoded ? undefined : read(body.bytes, contentType, policy);
  if (byMeaning !== undefined) return byMeaning;
  return { comparedAs: "bytes", text: boundaryOf(contentType), parts: [body.bytes] };
}

/** Where only the bytes are compared, a boundary says what they mean: under another, another form. */
const boundaryOf = (contentType: string): string =>
  mediaType(contentType).startsWith("multipart/") ? (parameter(contentType, "boundary") ?? "") : "";

/** `undefined` when the bytes are to be compared. */
function read(
  bytes: Uint8Array,
  contentType: string,
  { ignore, formField }: FingerprintPolicy,
): Comparable | undefined {
  const type = mediaType(contentType);
  if (isJson(type)) {
    const text = canonicalJson(bytes, ignore);
    return text === undefined ? undefined : { comparedAs: "json", text, parts: [] };
  }
  if (isUrlencoded(type)) {
    return { comparedAs: "form", text: "", parts: [canonicalPairs(bytes, formField)] };
  }
  if (!isMultipart(type)) return undefined;
  const form = readMultipart(bytes, contentType);
  if (form.kind !== "parts") return undefined;
  const counting = form.parts.filter(
    (part) => formField === undefined || fieldOf(part) !== formField,
  );
  return {
    comparedAs: "multipart",
    text: "",
    parts: counting.flatMap(({ head, content }) => [head, content]),
  };
}

/** The same text as from the bytes for JSON, so that a parser may be mounted later or earlier. */
function parsed(
  value: unknown,
  type: string,
  { ignore, formField }: FingerprintPolicy,
): Comparable | undefined {
  const isForm = isUrlencoded(type);
  if (!isForm && !isJson(type)) return undefined;
  const text = canonicalValue(value, isForm ? memberNamed(formField) : ignore);
  if (text === undefined) return undefined;
  return { comparedAs: isForm ? "parsed-form" : "json", text, parts: [] };
}

/** The question mark belongs to the path: with nothing after it, the target is another one. */
function split(target: string): { path: string; query: string } {
  const mark = target.indexOf("?") + 1;
  return mark === 0
    ? { path: target, query: "" }
    : { path: target.slice(0, mark), query: target.slice(mark) };
}

/** An absent field is not an empty one. */
const headerWord = (name: string, value: string | undefined): string =>
  value === undefined ? name : `${name}:${value}`;

/**
 * Each with its length and all with their number, so that no two lists give the same text. In one
 * text, because to encode seven words costs more than to hash them.
 */
const framed = (words: readonly string[]): string =>
  words.reduce((text, word) => `${text}${word.length}:${word}`, `${words.length}:`);
