/** Which profile holds for an address: declared, or our own origin's, or none at all. */
import { oncekeyServer, type Profile, unknownServer } from "./profiles.ts";

type Declared = "oncekey" | "unknown" | Profile;

/** One profile for every address, or one for each origin, such as "https://api.example". */
export type Server = Declared | { readonly [origin: string]: Declared };

const isProfile = (server: Server): server is Profile =>
  typeof (server as Partial<Profile> | null)?.classify === "function";

function named(server: Declared): Profile {
  if (server === "oncekey") return oncekeyServer;
  return server === "unknown" ? unknownServer : server;
}

/** Throws a `TypeError` for what is neither a profile nor a map of them. */
export function checkServer(server: Server | undefined): void {
  if (server === undefined || isDeclared(server)) return;
  for (const [origin, declared] of Object.entries(server)) {
    const isOrigin = URL.canParse(origin) && new URL(origin).origin === origin;
    if (!isOrigin || !isDeclared(declared)) {
      throw new TypeError(
        'Expected `server` to be "oncekey", "unknown", a profile, or a map from an origin ' +
          'such as "https://api.example" to one of these.',
      );
    }
  }
}

const isDeclared = (server: Server): server is Declared =>
  server === "oncekey" || server === "unknown" || isProfile(server);

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
  if (isDeclared(server)) return named(server);
  const declared = server[url.origin];
  return declared && named(declared);
}
