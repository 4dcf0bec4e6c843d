/**
 * Postgres: a request is all that the driver sends up to its Sync or simple Query, a reply is all
 * that comes back up to "ready for query".
 */
import { createHash } from "node:crypto";
import { type Cut, replyOf } from "./framer.ts";

/** A letter, and a length that counts itself and not the letter. */
const HEAD = 5;

export function postgresRequests(): Cut {
  let isGreeted = false;
  const prepared = new Map<string, string>();
  return (bytes) => {
    if (isGreeted) return requestIn(bytes, prepared);
    // The first message of a connection has no letter.
    const length = bytes.length < 4 ? Number.POSITIVE_INFINITY : bytes.readUInt32BE(0);
    if (bytes.length < length) return undefined;
    isGreeted = true;
    return { bytes: bytes.subarray(0, length), what: "greeting", isAnswered: true };
  };
}

export function postgresReplies(): Cut {
  return (bytes) => {
    for (const { letter, end } of partsOf(bytes)) {
      if (letter === "Z") return replyOf(bytes.subarray(0, end));
    }
    return undefined;
  };
}

function requestIn(bytes: Buffer, prepared: Map<string, string>) {
  let what = "";
  for (const { letter, start, end } of partsOf(bytes)) {
    const body = bytes.subarray(start + HEAD, end);
    const [first = "", second = ""] = body.toString("utf8").split("\0", 2);
    switch (letter) {
      // Parse: the statement's name, then its text. It is prepared once, and bound by its name.
      case "P":
        what = nameOf(second);
        prepared.set(first, what);
        break;
      // Bind: the portal's name, then the statement's.
      case "B":
        what = prepared.get(second) ?? what;
        break;
      case "Q":
        return { bytes: bytes.subarray(0, end), what: nameOf(first), isAnswered: true };
      case "S":
        return { bytes: bytes.subarray(0, end), what, isAnswered: true };
      case "X":
        return { bytes: bytes.subarray(0, end), what: "farewell", isAnswered: false };
    }
  }
  return undefined;
}

function* partsOf(bytes: Buffer): Iterable<{ letter: string; start: number; end: number }> {
  for (let start = 0; start + HEAD <= bytes.length; ) {
    const end = start + 1 + bytes.readUInt32BE(start + 1);
    if (end > bytes.length) return;
    yield { letter: String.fromCharCode(bytes[start] ?? 0), start, end };
    start = end;
  }
}

/** Its first words, for people, and a digest, because many statements begin alike. */
function nameOf(text: string): string {
  const words = text.toLowerCase().split(/\s+/).slice(0, 3).join(" ");
  return `${words} ${createHash("sha1").update(text).digest("hex").slice(0, 8)}`;
}
