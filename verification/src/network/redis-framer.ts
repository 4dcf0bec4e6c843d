/** Redis: a request is an array of strings, a reply any value of RESP 2 or 3. */
import { createHash } from "node:crypto";
import { type Cut, replyOf } from "./framer.ts";

const LINE_END = "\r\n";

export function redisRequests(): Cut {
  return (bytes) => {
    const end = endOfValue(bytes, 0);
    if (end === undefined) return undefined;
    const message = bytes.subarray(0, end);
    return { bytes: message, what: nameOf(stringsOf(message)), isAnswered: true };
  };
}

export function redisReplies(): Cut {
  return (bytes) => {
    const end = endOfValue(bytes, 0);
    return end === undefined ? undefined : replyOf(bytes.subarray(0, end));
  };
}

/** A script is the same one whether it is sent whole or by its digest. */
function nameOf([command = "", argument = ""]: readonly string[]): string {
  const name = command.toLowerCase();
  if (name === "evalsha") return `script ${argument}`;
  if (name === "eval") {
    return `script ${createHash("sha1").update(argument, "latin1").digest("hex")}`;
  }
  return name;
}

/** The first two words of a request: the others are data. */
function stringsOf(message: Buffer): readonly string[] {
  const words: string[] = [];
  let at = message.indexOf(LINE_END) + LINE_END.length;
  while (words.length < 2 && at < message.length) {
    const lineEnd = message.indexOf(LINE_END, at);
    const length = Number(message.toString("latin1", at + 1, lineEnd));
    const start = lineEnd + LINE_END.length;
    words.push(message.toString("latin1", start, start + length));
    at = start + length + LINE_END.length;
  }
  return words;
}

/** Where the value that begins at `start` ends; undefined if it is not whole. */
function endOfValue(bytes: Buffer, start: number): number | undefined {
  const lineEnd = bytes.indexOf(LINE_END, start);
  if (lineEnd === -1) return undefined;
  const after = lineEnd + LINE_END.length;
  const size = Number(bytes.toString("latin1", start + 1, lineEnd));
  switch (String.fromCharCode(bytes[start] ?? 0)) {
    case "$":
    case "=":
    case "!": {
      if (size < 0) return after;
      const end = after + size + LINE_END.length;
      return end <= bytes.length ? end : undefined;
    }
    case "*":
    case "~":
    case ">":
      return endOfValues(bytes, after, size);
    case "%":
      return endOfValues(bytes, after, 2 * size);
    default:
      return after;
  }
}

function endOfValues(bytes: Buffer, start: number, count: number): number | undefined {
  let end: number | undefined = start;
  for (let index = 0; index < count && end !== undefined; index++) end = endOfValue(bytes, end);
  return end;
}
