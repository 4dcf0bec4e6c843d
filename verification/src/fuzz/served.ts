/** A real server over loopback for one play, and a client that changes nothing of what it hears. */
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;

export interface Served {
  readonly port: number;
  /** Cuts what is still open, so that nothing keeps the process alive. */
  close(): Promise<void>;
}

/** `onFailure` is told what the listener rejected with. */
export async function served(
  listener: Listener,
  onFailure: (error: unknown) => void,
): Promise<Served> {
  const server = createServer(async (incoming, response) => {
    try {
      await listener(incoming, response);
    } catch (error) {
      onFailure(error);
      response.destroy();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

export interface Heard {
  readonly status: number;
  /** As they came, name and value after each other. */
  readonly rawHeaders: readonly string[];
  /** A character for each byte. */
  readonly body: string;
}

/** One request on a connection of its own. */
export async function ask(
  port: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<Heard> {
  const sent = request({
    port,
    host: "127.0.0.1",
    method: "POST",
    path: "/pay",
    headers,
    agent: false,
  });
  sent.end(body, "latin1");
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const { statusCode = 0, rawHeaders } = response;
  return { status: statusCode, rawHeaders, body: Buffer.concat(chunks).toString("latin1") };
}
