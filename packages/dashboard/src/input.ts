/** Reads what the page sent: JSON with a limit, field by field, and nothing is taken on trust. */
import { Refusal } from "./answers.ts";

export type Json = Readonly<Record<string, unknown>>;

/** An attached answer may have a megabyte; as JSON text each byte may take six. */
const BODY_BYTES_MAX = 6 * 1024 * 1024 + 64 * 1024;

export async function jsonOf(request: Request): Promise<Json> {
  const [type = ""] = (request.headers.get("content-type") ?? "").split(";");
  if (type.trim().toLowerCase() !== "application/json") {
    throw new Refusal(415, "refusal:media-type");
  }
  const body = await limitedText(request);
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new Refusal(400, "refusal:no-json");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Refusal(400, "refusal:no-object");
  }
  // Own members only, and no prototype that a member could be looked up in.
  return Object.assign(Object.create(null), value);
}

async function limitedText(request: Request): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    if (length > BODY_BYTES_MAX) throw new Refusal(413, "refusal:body-size");
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return new TextDecoder().decode(bytes);
}

/** Absent and empty are the same: a form sends a field that nobody filled in. */
export function optionalText(input: Json, name: string): string | undefined {
  const value = input[name];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string") throw new Refusal(400, "refusal:text", { name });
  return value;
}

export function text(input: Json, name: string): string {
  const value = optionalText(input, name);
  if (value === undefined) throw new Refusal(400, "refusal:filled-in", { name });
  return value;
}

export function optionalInteger(
  input: Json,
  name: string,
  least: number,
  most: number,
): number | undefined {
  const value = input[name];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) {
    return value;
  }
  throw new Refusal(400, "refusal:integer", { name, least, most });
}

/** One text, or several that are parts of one thing. */
export function words(input: Json, name: string): string | readonly string[] {
  const value = input[name];
  const parts: readonly unknown[] = Array.isArray(value) ? value : [value];
  const texts = parts.filter((part) => typeof part === "string" && part !== "");
  if (texts.length === 0 || texts.length < parts.length) {
    throw new Refusal(400, "refusal:texts", { name });
  }
  const [first = ""] = texts as string[];
  return texts.length === 1 ? first : (texts as string[]);
}

export const isDigest = (value: unknown): value is string =>
  typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
