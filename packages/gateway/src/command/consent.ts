/** Asks on the terminal before something is done that cannot be taken back. */
import { createInterface } from "node:readline/promises";
import { Complaint } from "../complaint.ts";
import { Ending } from "./ending.ts";

/** Throws an `Ending` if the answer is not yes, and a `Complaint` where nobody can be asked. */
export async function askConsent(question: string, isGiven: boolean): Promise<void> {
  if (isGiven) return;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new Complaint("Expected --yes: this is not a terminal, so nobody can be asked.");
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // The end of the input is no answer, and must not leave the question open for ever.
  const closed = new Promise<string>((resolve) => terminal.once("close", () => resolve("")));
  const answer = await Promise.race([terminal.question(`${question} (yes/no) `), closed]);
  terminal.close();
  if (answer.trim().toLowerCase() === "yes") return;
  throw new Ending(1, "Nothing was changed.");
}
