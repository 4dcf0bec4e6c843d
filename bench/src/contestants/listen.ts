/** A server of Node's on a free port of this machine alone. */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo, Server } from "node:net";
import type { Listening } from "../contestant.ts";

export const listen = (listener: RequestListener): Promise<Listening> =>
  listening(createServer(listener));

export async function listening(server: Server): Promise<Listening> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port };
}
