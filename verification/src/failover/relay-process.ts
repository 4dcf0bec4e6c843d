/** A TCP relay in a process of its own: it passes bytes on, swallows them, or refuses. */

import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";

export type ToRelay =
  /** Where connections lead; undefined: nowhere. Those that led elsewhere are cut. */
  | { readonly kind: "route"; readonly port: number | undefined }
  /** True: bytes vanish both ways, and so does the end of a connection. False: all start anew. */
  | { readonly kind: "swallow"; readonly on: boolean };

export interface FromRelay {
  readonly port: number;
  /** How many bytes have vanished so far. */
  readonly swallowed: number;
}

let target: number | undefined;
let swallowing = false;
let swallowed = 0;
const sockets = new Set<Socket>();

function cutAll(): void {
  for (const socket of sockets) socket.destroy();
}

function join(from: Socket, to: Socket): void {
  sockets.add(from.setNoDelay());
  from.on("data", (bytes) => {
    if (swallowing) swallowed += bytes.length;
    else to.write(bytes);
  });
  from.on("error", () => {});
  from.on("close", () => {
    sockets.delete(from);
    // Whoever sits behind a black hole does not hear that the other side is gone.
    if (!swallowing) to.destroy();
  });
}

const server = createServer((client) => {
  if (target === undefined) return void client.destroy();
  const upstream = connect(target, "127.0.0.1");
  join(client, upstream);
  join(upstream, client);
});

process.on("message", (message: ToRelay) => {
  switch (message.kind) {
    case "route":
      target = message.port;
      cutAll();
      break;
    case "swallow":
      // What has vanished cannot be made up for: those connections must begin again.
      if (swallowing && !message.on) cutAll();
      swallowing = message.on;
      break;
  }
  tell();
});

function tell(): void {
  process.send?.({ port: (server.address() as AddressInfo).port, swallowed } satisfies FromRelay);
}

server.listen(0, "127.0.0.1", tell);
process.once("disconnect", () => process.exit());
