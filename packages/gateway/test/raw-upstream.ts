/** An upstream on a bare socket: it sees every byte, and answers, cuts or stays silent as told. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

export interface RawUpstream {
  readonly url: string;
  readonly port: number;
  /** Every whole request that reached it, as it came. One byte a character. */
  readonly hits: readonly string[];
  /** All that reached it, whole requests or not. */
  received(): string;
  close(): Promise<void>;
}

/** What it does once a request is whole. `hit` counts from 1. */
export type Behaviour = (socket: Socket, request: string, hit: number) => void;

export const CREATED = 'HTTP/1.1 201 Created\r\nContent-Length: 8\r\n\r\n{"id":1}';

export const creates: Behaviour = (socket) => void socket.write(CREATED);
export const cuts: Behaviour = (socket) => void socket.destroy();
export const staysSilent: Behaviour = () => {};

export async function rawUpstream(behaviour: Behaviour, port = 0): Promise<RawUpstream> {
  const hits: string[] = [];
  const sockets = new Set<Socket>();
  let all = "";
  const server = createServer((socket) => {
    sockets.add(socket);
    let buffered = "";
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (chunk) => {
      const text = chunk.toString("latin1");
      all += text;
      buffered += text;
      for (let length = wholeLength(buffered); length > 0; length = wholeLength(buffered)) {
        const request = buffered.slice(0, length);
        buffered = buffered.slice(length);
        hits.push(request);
        behaviour(socket, request, hits.length);
      }
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    hits,
    received: () => all,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** The length of the first request in `text`; 0 while it is not whole. */
function wholeLength(text: string): number {
  const end = text.indexOf("\r\n\r\n") + 4;
  if (end === 3) return 0;
  const head = text.slice(0, end).toLowerCase();
  if (head.includes("transfer-encoding: chunked")) {
    const last = text.indexOf("0\r\n\r\n", end);
    return last === -1 ? 0 : last + 5;
  }
  const length = Number(/\r\ncontent-length: *(\d+)/.exec(head)?.[1] ?? 0);
  return text.length < end + length ? 0 : end + length;
}

/** The value of a field of a raw request or answer; undefined when there is none. */
export function fieldOf(message: string, name: string): string | undefined {
  const [head = ""] = message.split("\r\n\r\n", 1);
  const line = head.split("\r\n").find((each) => each.toLowerCase().startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim();
}
