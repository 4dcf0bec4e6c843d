/**
 * Who may look at a dashboard that asks: the names and passwords of a file, for the page's sign-in.
 *
 * No message has a word of the file: what stands in the wrong place may be a password.
 */
import { readFileSync } from "node:fs";
import type { Account, Visitor } from "@oncekey/dashboard";
import { Complaint } from "../complaint.ts";

/** As long as 96 random bits in base64: a password that somebody has thought of is guessed. */
const PASSWORD_LENGTH_MIN = 16;
const FORM =
  "Each line is NAME:PASSWORD, with a password of 16 characters or more (openssl rand -base64 18).";

/** The name has no colon, and the password may have some. */
const LINE = /^(?<name>[\w.@-]{1,64}):(?<password>[\x21-\x7e]+)$/;

/** Throws a `Complaint` for a file that is none. */
export function usersIn(file: string, role: Visitor["role"]): readonly Account[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Complaint(`Expected --users to be a file that can be read (${code}). ${FORM}`);
  }
  const users: Account[] = [];
  const lines = text.split("\n").map((line) => line.trim());
  for (const [index, line] of lines.entries()) {
    if (line === "" || line.startsWith("#")) continue;
    const { name = "", password = "" } = LINE.exec(line)?.groups ?? {};
    if (password.length < PASSWORD_LENGTH_MIN) {
      throw new Complaint(`Line ${index + 1} of the file of --users is not right. ${FORM}`);
    }
    if (users.some((user) => user.name === name)) {
      throw new Complaint(
        `Line ${index + 1} of the file of --users has a name that was there before.`,
      );
    }
    users.push({ name, role, password });
  }
  if (users.length === 0)
    throw new Complaint(`Expected the file of --users to name somebody. ${FORM}`);
  return users;
}
