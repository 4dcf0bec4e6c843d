/**
 * A sign-in for whoever has none: names and passwords in, a cookie out. It is an `Authorize` as any
 * other, and answers by itself where somebody signs in or out, and where a page is asked for.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { join } from "node:path";
import type { Authorize, From, Visitor } from "./access.ts";
import { answer, json, Refusal, refused } from "./answers.ts";
import { createAttempts } from "./attempts.ts";
import { jsonOf, text } from "./input.ts";
import { MESSAGES, type Messages } from "./messages.ts";
import { createSessions } from "./sessions.ts";
import { readSignInPage } from "./sign-in-page.ts";

export interface Account {
  /** Stands in the audit log. */
  readonly name: string;
  readonly role: Visitor["role"];
  /** At least 12 characters, from the environment or a file. There is no default. */
  readonly password: string;
}

/** Shorter ones are found by trying. */
const PASSWORD_LENGTH_MIN = 12;

const SITE = join(import.meta.dirname, "../site");

/**
 * Lets in who knows a password: ten tries a minute from one address, for eight hours, in this
 * process. Throws a `TypeError` where an account is none.
 *
 * @example createDashboard({ inspector: store, authorize: signIn([{ name: "ann", role: "operator", password: process.env.ANN }]) });
 */
export function signIn(accounts: readonly Account[]): Authorize {
  const known = checked(accounts);
  const page = readSignInPage(SITE);
  const attempts = createAttempts();
  const sessions = createSessions();

  async function enter(
    request: Request,
    { peer = "", base = "/", messages = MESSAGES }: From,
  ): Promise<Response> {
    const wait = attempts.take(peer);
    if (wait !== true) {
      return answer(429, JSON.stringify({ message: messages.signInTooOften }), {
        ...{ "Content-Type": "application/json", "Retry-After": String(wait) },
      });
    }
    const input = await jsonOf(request);
    const visitor = known(text(input, "name"), text(input, "password"));
    if (visitor === undefined) throw new Refusal(401, "signInWrong");
    // Whoever signs in again leaves the old place.
    const { hostname } = new URL(request.url);
    sessions.end(request.headers.get("cookie"), { hostname, path: base });
    return withCookie(sessions.begin(visitor, { hostname, path: base }));
  }

  function leave(request: Request, { base = "/" }: From): Response {
    const { hostname } = new URL(request.url);
    return withCookie(sessions.end(request.headers.get("cookie"), { hostname, path: base }));
  }

  return async function signIn(request, from) {
    const path = new URL(request.url).pathname.slice((from.base ?? "/").length);
    if (request.method === "POST" && path === "api/sign-in") {
      return enter(request, from).catch((error) => refusedBy(error, from.messages));
    }
    if (request.method === "POST" && path === "api/sign-out") return leave(request, from);
    const visitor = sessions.visitor(request.headers.get("cookie"));
    if (visitor !== undefined) return visitor;
    const isForPeople = request.headers.get("accept")?.includes("text/html") === true;
    return request.method === "GET" && isForPeople ? page(from) : undefined;
  };
}

function withCookie(cookie: string): Response {
  const response = json({});
  response.headers.set("Set-Cookie", cookie);
  return response;
}

function refusedBy(error: unknown, messages = MESSAGES as Messages): Response {
  if (error instanceof Refusal) return refused(error, messages);
  throw error;
}

type Known = (name: string, password: string) => Visitor | undefined;

function checked(accounts: readonly Account[]): Known {
  if (!Array.isArray(accounts) || accounts.length === 0) refuse("a list of accounts");
  // Only digests stay, under a key that nobody knows, and all have the same length.
  const key = randomBytes(32);
  const digest = (name: string, password: string): Buffer =>
    createHmac("sha256", key).update(`${name.length}:${name}${password}`).digest();
  const entries = accounts.map(({ name, role, password }) => {
    if (typeof name !== "string" || name === "") refuse("accounts with a `name`");
    if (role !== "viewer" && role !== "operator") {
      refuse('accounts with the `role` "viewer" or "operator"');
    }
    if (typeof password !== "string" || password.length < PASSWORD_LENGTH_MIN) {
      refuse(`accounts with a \`password\` of at least ${PASSWORD_LENGTH_MIN} characters`);
    }
    return { visitor: { name, role }, digest: digest(name, password) };
  });
  if (new Set(accounts.map(({ name }) => name)).size < accounts.length) {
    refuse("accounts with names that differ");
  }
  return (name, password) => {
    const given = digest(name, password);
    // Every account is compared, whichever it is: time tells nothing.
    const fitting = entries.filter((entry) => timingSafeEqual(entry.digest, given));
    return fitting[0]?.visitor;
  };
}

function refuse(expected: string): never {
  throw new TypeError(`Expected \`accounts\` of \`signIn\` to be ${expected}.`);
}
