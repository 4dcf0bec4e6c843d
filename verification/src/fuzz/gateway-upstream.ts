/**
 * An upstream on a bare socket, which keeps every byte that reaches it, and reads them as strictly
 * as RFC 9112 allows. What it cannot read, a laxer server might read as something else.
 */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** One request that reached it whole. */
export interface Message {
  readonly method: string;
  readonly target: string;
  /** By their names in lower case. */
  readonly fields: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface Upstream {
  readonly port: number;
  readonly messages: readonly Message[];
  /** The last bytes of each connection that no request was made of. */
  rests(): readonly string[];
  /** What it could not read. */
  readonly faults: readonly string[];
  close(): Promise<void>;
}

const answerOf = ({ fields }: Message): string => `saw ${fields.get("x-at") ?? "nothing"}`;

export async function upstream(): Promise<Upstream> {
  const messages: Message[] = [];
  const faults: string[] = [];
  const buffers = new Map<Socket, string>();
  const server = createServer((socket) => {
    buffers.set(socket, "");
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      let rest = (buffers.get(socket) ?? "") + chunk.toString("latin1");
      try {
        for (let read = messageIn(rest); read !== undefined; read = messageIn(rest)) {
          rest = read.rest;
          messages.push(read.message);
          const answer = answerOf(read.message);
          socket.write(`HTTP/1.1 201 Created\r\nContent-Length: ${answer.length}\r\n\r\n${answer}`);
        }
      } catch (error) {
        faults.push(String(error));
        socket.destroy();
      }
      buffers.set(socket, rest);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    ...{ port: (server.address() as AddressInfo).port, messages, faults },
    rests: () => [...buffers.values()].filter((rest) => rest !== ""),
    async close() {
      for (const socket of buffers.keys()) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** What is between two neighbours only, and has no business behind a proxy. */
const OF_ONE_HOP = ["te", "trailer", "upgrade", "expect", "keep-alive", "proxy-connection"];

/** The first request, `undefined` while it is not whole. Throws where it has two readings. */
function messageIn(bytes: string): { message: Message; rest: string } | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end === -1) return undefined;
  const [first = "", ...lines] = bytes.slice(0, end).split("\r\n");
  const [, method, target] = /^([A-Z]+) (\/[!-"$-~]*) HTTP\/1\.1$/.exec(first) ?? [];
  if (method === undefined || target === undefined) throw new Error("The first line is no line.");
  const fields = fieldsOf(lines);
  const read = bodyIn(fields, bytes.slice(end + 4));
  return read && { message: { method, target, fields, body: read.body }, rest: read.rest };
}

/** Each once: none of those that may come twice is sent by anybody here. */
function fieldsOf(lines: readonly string[]): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = /^([\w!#$%&'*+.^`|~-]+): ?([\t -~\x80-\xff]*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new Error("A line is no field.");
    const lower = name.toLowerCase();
    if (OF_ONE_HOP.includes(lower)) throw new Error(`${lower} was passed on.`);
    const isList = lower === "via" || lower === "x";
    if (fields.has(lower) && !isList) throw new Error(`${lower} came twice.`);
    fields.set(lower, value);
  }
  if (!fields.has("host")) throw new Error("There is no host.");
  return fields;
}

function bodyIn(
  fields: ReadonlyMap<string, string>,
  bytes: string,
): { body: string; rest: string } | undefined {
  const length = fields.get("content-length");
  const coding = fields.get("transfer-encoding");
  if (coding === undefined) {
    if (length !== undefined && !/^\d+$/.test(length)) throw new Error("The length is no number.");
    const size = Number(length ?? 0);
    if (bytes.length < size) return undefined;
    return { body: bytes.slice(0, size), rest: bytes.slice(size) };
  }
  if (length !== undefined) throw new Error("There are a length and a coding.");
  if (coding !== "chunked") throw new Error("The coding is not chunked.");
  let body = "";
  for (let rest = bytes; ; ) {
    const at = rest.indexOf("\r\n");
    if (at === -1) return undefined;
    if (!/^[0-9a-fA-F]+$/.test(rest.slice(0, at))) throw new Error("The size is no number.");
    const size = Number.parseInt(rest.slice(0, at), 16);
    const chunk = rest.slice(at + 2, at + 2 + size);
    const after = rest.slice(at + 2 + size);
    if (after.length < 2) return undefined;
    if (!after.startsWith("\r\n")) throw new Error("Something stands behind a chunk.");
    rest = after.slice(2);
    if (size === 0) return { body, rest };
    body += chunk;
  }
}
