/** A server on a free port, for as long as a test needs it. */
import { createServer, type RequestListener, type ServerOptions } from "node:http";
import type { AddressInfo } from "node:net";

export interface Serving {
  readonly url: URL;
  close(): Promise<void>;
}

/** Its address is that of the described request. */
export async function serve(
  listener: RequestListener,
  options: ServerOptions = {},
): Promise<Serving> {
  const server = createServer(options, listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`http://127.0.0.1:${port}/pay`),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
