/** Stands between two neighbours, and changes what passes: how a mutant at the wire is made. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** What is made of a chunk. A character for each byte. */
export type Change = (text: string) => string;

export interface Changes {
  /** On the way from who connects. */
  readonly there?: Change;
  readonly back?: Change;
}

export interface Relay {
  readonly port: number;
  close(): Promise<void>;
}

const asItIs: Change = (text) => text;

export async function relay(
  to: number,
  { there = asItIs, back = asItIs }: Changes,
): Promise<Relay> {
  const sockets = new Set<Socket>();
  const pass = (from: Socket, on: Socket, change: Change) => {
    sockets.add(from);
    from.on("data", (chunk) => on.write(change(chunk.toString("latin1")), "latin1"));
    from.on("error", () => {});
    from.on("end", () => on.end());
    from.on("close", () => {
      sockets.delete(from);
      on.destroySoon();
    });
  };
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ port: to, host: "127.0.0.1", allowHalfOpen: true });
    pass(near, far, there);
    pass(far, near, back);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
