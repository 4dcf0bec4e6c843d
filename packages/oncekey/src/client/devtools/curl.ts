/**
 * A request as a command for a shell. It is the one way by which a whole key and a body leave the
 * page, and somebody has to ask for it.
 */
import type { Frozen } from "../frozen.ts";

/** Nothing is special between single quotes but the quote itself (POSIX, "Shell Command Language"). */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** What the browser adds by itself, such as cookies, no script can read: it is not in there. */
export function curlOf({ request, bytes }: Frozen): string {
  const body = bytes && textOf(bytes);
  const lines = [
    `curl --request ${quoted(request.method)} ${quoted(request.url)}`,
    ...[...request.headers].map(([name, value]) => `--header ${quoted(`${name}: ${value}`)}`),
  ];
  if (bytes === undefined) return lines.join(" \\\n  ");
  if (body !== undefined) return [...lines, `--data-raw ${quoted(body)}`].join(" \\\n  ");
  // An argument cannot hold every byte.
  const piped = [...lines, "--data-binary @-"].join(" \\\n  ");
  return `printf %s ${quoted(base64(bytes))} | base64 -d | ${piped}`;
}

function textOf(bytes: Uint8Array<ArrayBuffer>): string | undefined {
  try {
    // A mark at the beginning is one of the bytes.
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
