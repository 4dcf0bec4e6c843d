/**
 * HTTP/1.1 by hand, for what a client hides or would never send: lines as they come, interim
 * answers, trailers, two key fields, half a body.
 */
import { ok, soon } from "../case.ts";
import type { Line, Mounted } from "./application.ts";

/** A head, of which clients show the last one only. */
export interface Head {
  readonly status: number;
  readonly lines: readonly Line[];
}

/** One answer, read whole. Text is latin1, one byte a character. */
export interface Heard extends Head {
  readonly body: string;
  readonly trailers: readonly Line[];
  /** What came ahead of it, such as a `103`. */
  readonly interim: readonly Head[];
}

export interface Wire {
  write(text: string): void;
  /** The next answer on this connection. */
  hear(): Promise<Heard>;
  /** Resolves once the other side has closed. */
  closed(): Promise<void>;
  /** Leaves without a word. */
  leave(): void;
}

export async function wireTo(mounted: Mounted): Promise<Wire> {
  const connection = await mounted.connect();
  let from = 0;
  return {
    write: (text) => connection.write(text),
    async hear() {
      const isWhole = (text: string) => readAnswer(text, from) !== undefined;
      const text = await soon(connection.read(isWhole), "an answer");
      const read = readAnswer(text, from);
      ok(
        read !== undefined,
        `an answer comes whole, and not only ${JSON.stringify(text.slice(from))}`,
      );
      from = read.end;
      return read.heard;
    },
    closed: async () => void (await soon(connection.closed(), "the end of the connection")),
    leave: () => connection.destroy(),
  };
}

export interface Spelling {
  readonly method?: string;
  readonly path?: string;
  /** `null` for none. */
  readonly key?: string | null;
  readonly user?: string | null;
  readonly type?: string;
  readonly lines?: readonly Line[];
  readonly body?: string;
  /** The framing, if it is not to be the length of the body. */
  readonly framing?: Line;
}

/** The bytes of the same request that `send` sends, unless told otherwise. */
export function spell({
  method = "POST",
  path = "/pay",
  key = "k1",
  user = "ann",
  type = "application/json",
  lines = [],
  body = '{"amount":10}',
  framing = ["Content-Length", String(body.length)],
}: Spelling = {}): string {
  const all: Line[] = [
    ["Host", "localhost"],
    ["Content-Type", type],
  ];
  if (key !== null) all.push(["Idempotency-Key", key]);
  if (user !== null) all.push(["X-User", user]);
  all.push(...lines, framing);
  const head = all.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `${method} ${path} HTTP/1.1\r\n${head}\r\n${body}`;
}

/** One request on a connection of its own. */
export async function ask(mounted: Mounted, spelling?: Spelling): Promise<Heard> {
  const wire = await wireTo(mounted);
  try {
    wire.write(spell(spelling));
    return await wire.hear();
  } finally {
    wire.leave();
  }
}

/** The values of a field, one for each of its lines. */
export const valuesOf = ({ lines }: Head, name: string): string[] =>
  lines.filter(([found]) => found.toLowerCase() === name.toLowerCase()).map(([, value]) => value);

interface Read {
  readonly heard: Heard;
  readonly end: number;
}

/** Undefined while a part of it is still to come. */
function readAnswer(text: string, from: number): Read | undefined {
  const interim: Head[] = [];
  for (let at = from; ; ) {
    const end = text.indexOf("\r\n\r\n", at);
    if (end === -1) return undefined;
    const [statusLine = "", ...fields] = text.slice(at, end).split("\r\n");
    const head = { status: Number(statusLine.split(" ")[1]), lines: linesOf(fields) };
    at = end + 4;
    if (head.status >= 200) return withBody(text, at, head, interim);
    interim.push(head);
  }
}

function withBody(
  text: string,
  at: number,
  head: Head,
  interim: readonly Head[],
): Read | undefined {
  const whole = (body: string, end: number, trailers: readonly Line[] = []): Read => ({
    heard: { ...head, body, trailers, interim },
    end,
  });
  // RFC 9112, section 6.3: these end with their head, whatever it says.
  if (head.status === 204 || head.status === 304) return whole("", at);
  if (valuesOf(head, "transfer-encoding").join() !== "") return chunked(text, at, whole);
  const [length] = valuesOf(head, "content-length");
  ok(length !== undefined, "an answer says where it ends");
  const end = at + Number(length);
  return end > text.length ? undefined : whole(text.slice(at, end), end);
}

function chunked(
  text: string,
  from: number,
  whole: (body: string, end: number, trailers: readonly Line[]) => Read,
): Read | undefined {
  let body = "";
  for (let at = from; ; ) {
    const sizeEnd = text.indexOf("\r\n", at);
    if (sizeEnd === -1) return undefined;
    const size = Number.parseInt(text.slice(at, sizeEnd), 16);
    const start = sizeEnd + 2;
    if (size === 0) {
      // The trailers, and the empty line that ends them.
      const end = text.startsWith("\r\n", start) ? start - 2 : text.indexOf("\r\n\r\n", start);
      if (end === -1) return undefined;
      const fields = text.slice(start, Math.max(start, end)).split("\r\n").filter(Boolean);
      return text.length < end + 4 ? undefined : whole(body, end + 4, linesOf(fields));
    }
    if (text.length < start + size + 2) return undefined;
    body += text.slice(start, start + size);
    at = start + size + 2;
  }
}

function linesOf(fields: readonly string[]): Line[] {
  return fields.map((field) => {
    const colon = field.indexOf(":");
    return [field.slice(0, colon), field.slice(colon + 1).trim()];
  });
}
