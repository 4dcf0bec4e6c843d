/** A client on a bare socket, for what no HTTP client would send. One byte a character. */
import { once } from "node:events";
import { connect } from "node:net";

export interface RawClient {
  write(text: string): void;
  /** Resolves with all that has arrived once `enough` says so, or the other side has closed. */
  read(enough: (received: string) => boolean): Promise<string>;
  /** Resolves once the other side has closed, with all that has arrived. */
  closed(): Promise<string>;
  destroy(): void;
}

/** Whoever waits longer waits for ever. */
const PATIENCE_MS = 20_000;

export async function rawClient(port: number): Promise<RawClient> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  let received = "";
  let isClosed = false;
  const waiting = new Set<() => void>();
  const news = () => {
    for (const look of waiting) look();
  };
  socket.on("data", (chunk) => {
    received += chunk.toString("latin1");
    news();
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    isClosed = true;
    news();
  });
  const until = (isEnough: () => boolean) =>
    new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(look);
        reject(new Error(`Expected more within ${PATIENCE_MS} ms, got ${received.length} bytes.`));
      }, PATIENCE_MS);
      const look = () => {
        if (!isClosed && !isEnough()) return;
        waiting.delete(look);
        clearTimeout(timer);
        resolve(received);
      };
      waiting.add(look);
      look();
    });
  return {
    write: (text) => void socket.write(text, "latin1"),
    read: (enough) => until(() => enough(received)),
    closed: () => until(() => false),
    destroy: () => socket.destroy(),
  };
}

/** The first `count` answers of a connection have arrived, all with a length of their own. */
export const answers =
  (count: number) =>
  (received: string): boolean => {
    let rest = received;
    for (let seen = 0; seen < count; seen++) {
      const end = rest.indexOf("\r\n\r\n");
      if (end === -1) return false;
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(rest.slice(0, end))?.[1] ?? 0);
      if (rest.length < end + 4 + length) return false;
      rest = rest.slice(end + 4 + length);
    }
    return true;
  };
