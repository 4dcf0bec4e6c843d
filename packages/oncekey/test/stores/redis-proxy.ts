/** A TCP proxy before Redis: counts round trips, and cuts connections on demand. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

export interface Proxy {
  readonly url: string;
  /** Turns from sending to being answered since the last call. */
  roundTrips(): number;
  /** Calls `cut` for each chunk of replies: true closes the connection after it was passed on. */
  cutWhen(cut: (reply: Buffer) => boolean): void;
  close(): void;
}

export async function proxyTo(port: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let trips = 0;
  let mustCut: (reply: Buffer) => boolean = () => false;
  const server = createServer((client) => {
    const redis = connect(port, "127.0.0.1");
    let isSending = false;
    for (const socket of [client, redis]) {
      sockets.add(socket.on("error", () => {}).setNoDelay());
      socket.on("close", () => {
        client.destroy();
        redis.destroy();
      });
    }
    client.on("data", (chunk) => {
      if (!isSending) trips += 1;
      isSending = true;
      redis.write(chunk);
    });
    redis.on("data", (chunk) => {
      isSending = false;
      if (!mustCut(chunk)) client.write(chunk);
      else client.end(chunk, () => client.destroy());
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `redis://127.0.0.1:${address.port}`,
    roundTrips() {
      const counted = trips;
      trips = 0;
      return counted;
    },
    cutWhen(cut) {
      mustCut = cut;
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
