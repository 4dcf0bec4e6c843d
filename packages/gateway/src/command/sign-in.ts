/**
 * Who may look at a dashboard that asks: names and passwords of a file, by HTTP's own sign-in.
 *
 * Basic (RFC 7617) sends the password along with each request, so whatever stands in front has to
 * speak TLS. No message has a word of the file: what stands in the wrong place may be a password.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Authorize, Visitor } from "@oncekey/dashboard";
import { Complaint } from "../complaint.ts";

/** As long as 96 random bits in base64: it is guessed over the network, as often as one likes. */
const PASSWORD_LENGTH_MIN = 16;
const FORM =
  "Each line is NAME:PASSWORD, with a password of 16 characters or more (openssl rand -base64 18).";

/** RFC 7617: a name has no colon, and the password may have some. */
const LINE = /^(?<name>[\w.@-]{1,64}):(?<password>[\x21-\x7e]+)$/;
const CREDENTIALS = /^basic +(?<coded>[A-Za-z0-9+/]+=*) *$/i;

/** Throws a `Complaint` for a file that is none. */
export function signIn(file: string, role: Visitor["role"]): Authorize {
  const users = usersIn(file);
  return (request) => {
    const { coded = "" } =
      CREDENTIALS.exec(request.headers.get("authorization") ?? "")?.groups ?? {};
    const [, name = "", password = ""] =
      /^([^:]*):(.*)$/s.exec(Buffer.from(coded, "base64").toString()) ?? [];
    // Compared with something also where there is no such name, so that it takes as long.
    const isRight = timingSafeEqual(digest(password), users.get(name) ?? NOBODY);
    if (isRight && users.has(name)) return { name, role };
    return new Response("Sign in.\n", {
      status: 401,
      headers: {
        "Content-Type": "text/plain",
        "WWW-Authenticate": 'Basic realm="oncekey", charset="UTF-8"',
      },
    });
  };
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
const NOBODY = Buffer.alloc(32);

function usersIn(file: string): ReadonlyMap<string, Buffer> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Complaint(`Expected --users to be a file that can be read (${code}). ${FORM}`);
  }
  const users = new Map<string, Buffer>();
  const lines = text.split("\n").map((line) => line.trim());
  for (const [index, line] of lines.entries()) {
    if (line === "" || line.startsWith("#")) continue;
    const { name = "", password = "" } = LINE.exec(line)?.groups ?? {};
    if (password.length < PASSWORD_LENGTH_MIN) {
      throw new Complaint(`Line ${index + 1} of the file of --users is not right. ${FORM}`);
    }
    if (users.has(name)) {
      throw new Complaint(
        `Line ${index + 1} of the file of --users has a name that was there before.`,
      );
    }
    users.set(name, digest(password));
  }
  if (users.size === 0)
    throw new Complaint(`Expected the file of --users to name somebody. ${FORM}`);
  return users;
}
