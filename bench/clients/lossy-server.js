/**
 * Does what it is asked to, and then loses its first two answers: the socket drops, or a 503 comes
 * in their place. Behind it stands a shop that ignores keys, or one that has the guard.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { memoryStore } from "oncekey/memory";
import { idempotency } from "oncekey/node";

/** @typedef {"socket dropped" | "503"} Loss */

const LOST = 2;

/**
 * @param {Loss} loss
 * @param {boolean} isGuarded
 */
export async function openServer(loss, isGuarded) {
  let executions = 0;
  let sends = 0;
  /** @type {Set<string>} */
  const keys = new Set();

  /** @type {import("node:http").RequestListener} */
  const shop = (request, response) => {
    void text(request).then(() => {
      executions += 1;
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ id: "order", object: "order" }));
    });
  };
  const guarded = idempotency({ store: memoryStore(), scope: "global" }, shop);

  const server = createServer((request, response) => {
    sends += 1;
    const key = request.headers["idempotency-key"];
    if (typeof key === "string") keys.add(key);
    if (sends <= LOST) lose(loss, response);
    void (isGuarded ? guarded : shop)(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    counted: () => ({ sends, executions, keys: keys.size }),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/**
 * After the work: what the shop answers does not get out.
 *
 * @param {Loss} loss
 * @param {import("node:http").ServerResponse} response
 */
function lose(loss, response) {
  const { socket } = response;
  if (socket === null) return;
  const write = socket.write.bind(socket);
  socket.write = () => {
    if (loss === "socket dropped") socket.destroy();
    else {
      write("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
      socket.end();
    }
    // Whatever else of the answer comes is lost too.
    socket.write = () => false;
    return false;
  };
}
