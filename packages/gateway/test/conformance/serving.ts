/** A server on a free port, for as long as a test needs it. */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

export interface Serving {
  readonly url: URL;
  close(): Promise<void>;
}

export async function serve(listener: RequestListener, path = "/pay"): Promise<Serving> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(path, `http://127.0.0.1:${port}`),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
