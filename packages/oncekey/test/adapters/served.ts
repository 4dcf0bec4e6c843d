/** A real server on a free port, and what every mount needs of an application. */
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Application, Line, Mounted, Scoped } from "../../src/conformance/adapter.ts";
import type { GuardOptions } from "../../src/http/options.ts";
import { rawConnection } from "./raw-connection.ts";

export type Mount = (application: Application) => Promise<Mounted>;

/** The application's options, as the adapter under test takes them. */
export function optionsOf<Request>(
  application: Application,
  scoped: (request: Request) => Scoped,
): GuardOptions<Request> {
  const { options, store } = application;
  const { scope } = options;
  const asked = typeof scope === "function" ? (request: Request) => scope(scoped(request)) : scope;
  // The cases hold wrong options too, so their type is as wide as what a user may write.
  return { ...options, store, scope: asked } as GuardOptions<Request>;
}

export async function served(server: Server): Promise<Mounted> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    fetch: (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init),
    connect: () => rawConnection(port),
    async close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** As `setHeader` takes them: the lines of one name in one list. */
export function grouped(lines: readonly Line[]): Map<string, string | string[]> {
  const names = new Map<string, string | string[]>();
  for (const [name, value] of lines) {
    const known = names.get(name);
    names.set(name, known === undefined ? value : [known, value].flat());
  }
  return names;
}
