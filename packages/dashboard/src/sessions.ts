/** Who has signed in, by a cookie that no script reads and no other site sends. In this process alone. */
import { randomBytes } from "node:crypto";
import { isLoopbackName, type Visitor } from "./access.ts";
import { sha256 } from "./audit.ts";

export interface Sessions {
  /** Lets somebody in, and gives the cookie that says so. */
  begin(visitor: Visitor, place: CookiePlace): string;
  visitor(cookies: string | null): Visitor | undefined;
  /** Ends what the cookies name, and gives the one that takes them back. */
  end(cookies: string | null, place: CookiePlace): string;
}

/** Where a cookie is sent to. */
export interface CookiePlace {
  readonly hostname: string;
  readonly path: string;
}

interface Session {
  readonly visitor: Visitor;
  readonly ended: AbortController;
  readonly timer: ReturnType<typeof setTimeout>;
}

const COOKIE = "oncekey-dashboard";
/** A working day. */
const LIFE_MS = 8 * 3_600_000;
/** The oldest goes first: nobody has so many operators. */
const SESSIONS_MAX = 1_000;

export function createSessions(): Sessions {
  /** By the digest of the cookie's value, so that looking one up tells nothing by its time. */
  const sessions = new Map<string, Session>();

  function forget(digest: string): void {
    const session = sessions.get(digest);
    if (session === undefined) return;
    sessions.delete(digest);
    clearTimeout(session.timer);
    session.ended.abort();
  }

  return {
    begin(visitor, place) {
      const [oldest] = sessions.keys();
      if (sessions.size >= SESSIONS_MAX && oldest !== undefined) forget(oldest);
      const value = randomBytes(32).toString("base64url");
      const digest = sha256(value);
      const ended = new AbortController();
      const timer = setTimeout(() => forget(digest), LIFE_MS);
      timer.unref();
      const known = { ...visitor, until: ended.signal, canSignOut: true };
      sessions.set(digest, { visitor: known, ended, timer });
      return cookieOf(value, LIFE_MS / 1000, place);
    },
    visitor: (cookies) =>
      valuesIn(cookies)
        .map((value) => sessions.get(sha256(value))?.visitor)
        .find((visitor) => visitor !== undefined),
    end(cookies, place) {
      for (const value of valuesIn(cookies)) forget(sha256(value));
      return cookieOf("", 0, place);
    },
  };
}

/** A browser may send several of one name, for several paths. */
function valuesIn(cookies: string | null): string[] {
  return (cookies ?? "")
    .split(";")
    .map((pair) => pair.trim().split("="))
    .flatMap(([name, value = ""]) => (name === COOKIE && value !== "" ? [value] : []));
}

function cookieOf(value: string, seconds: number, { hostname, path }: CookiePlace): string {
  const rules = [`Path=${path}`, `Max-Age=${seconds}`, "HttpOnly", "SameSite=Strict"];
  // On this machine there is no TLS, and elsewhere none would be a mistake: then nobody gets in.
  if (!isLoopbackName(hostname)) rules.push("Secure");
  return [`${COOKIE}=${value}`, ...rules].join("; ");
}
