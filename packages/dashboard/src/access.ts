/**
 * Who may look, and who may settle. Everything is asked here first: the page, its files, the data
 * and the stream.
 *
 * Three things are checked. The name that the browser called (`hosts`), or another site could have
 * its own name lead here. Where the request comes from, or another page could send it in the
 * user's name. And who the user is, which only the application knows.
 */
import { guarded, Refusal } from "./answers.ts";
import type { Messages } from "./messages.ts";

export interface Visitor {
  /** Stands in the audit log. */
  readonly name: string;
  /** A viewer looks. An operator may settle records in doubt as well. */
  readonly role: "viewer" | "operator";
  /** Fires when the sign-in ends: the live stream ends with it. */
  readonly until?: AbortSignal;
  /** Whether the page offers to sign out, as `signIn` answers to. False. */
  readonly canSignOut?: boolean;
}

/** What is known beside the web's own `Request`. */
export interface From {
  /** The address at the other end of the connection, where the server knows it. */
  readonly peer?: string | undefined;
  /** The framework's own request: Node's, Express's or Fastify's, or Hono's context. */
  readonly native?: unknown;
  /** The path that the dashboard is mounted at, with a slash at both ends. Filled in by it. */
  readonly base?: string;
  /** The page's texts, for a sign-in that has some of them. Filled in by the dashboard. */
  readonly messages?: Messages;
}

/**
 * Says who it is. `undefined`: nobody who may look, and 401. A `Response`, such as a way to the
 * sign-in, is sent as it is. What throws lets nobody in.
 */
export type Authorize = (
  request: Request,
  from: From,
) => Visitor | Response | undefined | Promise<Visitor | Response | undefined>;

/** A page on another site cannot send it without asking, and is never told yes. */
const WRITE_HEADER = "x-oncekey-dashboard";

/** How a browser on this machine calls it. */
export const LOOPBACK_NAMES: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

export const isLoopbackName = (hostname: string): boolean => LOOPBACK_NAMES.includes(hostname);

export interface Access {
  /** The visitor, or the answer for who is none. Throws a `Refusal`. */
  admit(request: Request, from: From): Promise<Visitor | Response>;
}

export function createAccess(authorize: Authorize, hosts: readonly string[]): Access {
  const names = new Set(hosts.map((host) => host.toLowerCase()));

  function checkHost(request: Request): string {
    const { host, hostname } = new URL(request.url);
    if (names.has(host) || names.has(hostname)) return host;
    throw new Refusal(421, "refusal:host");
  }

  function checkOrigin(request: Request, host: string): void {
    const isWrite = request.method !== "GET" && request.method !== "HEAD";
    const origin = request.headers.get("origin");
    // Compared without the scheme: behind a proxy that ends TLS the two have different ones.
    const isOwn = origin !== null && URL.canParse(origin) && new URL(origin).host === host;
    if (origin === null ? isWrite : !isOwn) {
      throw new Refusal(403, "refusal:origin");
    }
    // A person may follow a link from elsewhere to the page: that sends no data anywhere.
    const site = request.headers.get("sec-fetch-site");
    const isVisit = request.headers.get("sec-fetch-mode") === "navigate";
    if ((site === "cross-site" || site === "same-site") && (isWrite || !isVisit)) {
      throw new Refusal(403, "refusal:site");
    }
    if (isWrite && request.headers.get(WRITE_HEADER) === null) {
      throw new Refusal(403, "refusal:header", { header: WRITE_HEADER });
    }
  }

  return {
    async admit(request, from) {
      checkOrigin(request, checkHost(request));
      const found = await ask(authorize, request, from);
      if (found instanceof Response) return guarded(found);
      if (isVisitor(found)) return found;
      throw new Refusal(401, "refusal:nobody");
    },
  };
}

async function ask(authorize: Authorize, request: Request, from: From): Promise<unknown> {
  try {
    return await authorize(request, from);
  } catch {
    return undefined;
  }
}

function isVisitor(found: unknown): found is Visitor {
  if (typeof found !== "object" || found === null) return false;
  const { name, role }: { name?: unknown; role?: unknown } = found;
  return typeof name === "string" && name !== "" && (role === "viewer" || role === "operator");
}

/** Lets in who sits at this machine, to look. A proxy's word for somebody else is nobody here. */
export const loopbackViewer: Authorize = (request, { peer }) => {
  const isForwarded = ["forwarded", "x-forwarded-for", "x-real-ip", "via"].some((name) =>
    request.headers.has(name),
  );
  return !isForwarded && isLoopback(peer) ? { name: "this machine", role: "viewer" } : undefined;
};

/** Whether an address, or a name to listen on, leads no further than this machine. */
export const isLoopback = (address: string | undefined): boolean =>
  address !== undefined &&
  /^(127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3}|localhost)$/.test(address);
