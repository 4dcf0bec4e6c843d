/** A raw connection over `node:net`, for the cases that no HTTP client would play. */
import { once } from "node:events";
import { connect } from "node:net";
import type { RawConnection } from "../../src/conformance/adapter.ts";

export async function rawConnection(port: number): Promise<RawConnection> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  let received = "";
  let isClosed = false;
  const waiting = new Set<() => void>();
  const news = () => {
    for (const wake of waiting) wake();
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
    new Promise<string>((resolve) => {
      const look = () => {
        if (!isClosed && !isEnough()) return;
        waiting.delete(look);
        resolve(received);
      };
      waiting.add(look);
      look();
    });
  return {
    write: (text) => socket.write(text, "latin1"),
    read: (enough) => until(() => enough(received)),
    closed: () => until(() => false),
    destroy: () => socket.destroy(),
  };
}
