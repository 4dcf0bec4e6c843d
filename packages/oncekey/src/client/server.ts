/** Which profile holds for an address: declared, or our own origin's, or none at all. */
import { oncekeyServer, type Profile, unknownServer } from "./profiles.ts";

type Declared = "oncekey" | "unknown" | Profile;

/** One profile for every address, or one for each origin, such as "https://api.example". */
export type Server = Declared | { readonly [origin: string]: Declared };

const isProfile = (server: Server): server is Profile =>
  typeof server === "object" && typeof server.classify === "function";

function named(server: Declared): Profile {
  if (server === "oncekey") return oncekeyServer;
  return server === "unknown" ? unknownServer : server;
}

/**
 * `undefined` for an origin that nobody declared: it gets no header, since a preflight would fail
 * where the header is not allowed, and nothing is sent to it twice.
 */
export function profileFor(server: Server | undefined, url: URL): Profile | undefined {
  if (server === undefined) {
    const page = globalThis.location as Location | undefined;
    if (page === undefined) {
      throw new TypeError(
        'Expected `server` to be given outside a browser: "oncekey" if the server remembers keys, ' +
          "else another profile, or a map from origin to profile.",
      );
    }
    return url.origin === page.origin ? oncekeyServer : undefined;
  }
  if (typeof server === "string" || isProfile(server)) return named(server as Declared);
  const declared = server[url.origin];
  return declared && named(declared);
}
