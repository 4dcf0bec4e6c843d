/**
 * The page that asks who it is. Its script and its style are in it, because nothing else is given
 * to somebody who has not signed in: the policy names them by their digests, and nothing else runs.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { From } from "./access.ts";
import { answer, policyWith } from "./answers.ts";
import { MESSAGES, writtenInto } from "./messages.ts";

export function readSignInPage(folder: string): (from: From) => Response {
  const file = join(folder, "sign-in.html");
  if (!existsSync(file)) {
    throw new Error(
      "The dashboard's page is not built: run `npm run build` in the workspace, or install the package again.",
    );
  }
  const read = (name: string): string => readFileSync(join(folder, name), "utf8").trim();
  const styles: string[] = [];
  const scripts: string[] = [];
  const html = read("sign-in.html")
    .replace(/\s*<link rel="stylesheet"[^>]* href="([^"]+)">/g, (_, name) => {
      styles.push(read(name));
      return `<style>${styles.at(-1)}</style>`;
    })
    .replace(/\s*<script type="module"[^>]* src="([^"]+)"><\/script>/g, (_, name) => {
      scripts.push(read(name));
      return `<script type="module">${scripts.at(-1)}</script>`;
    });
  // All of the page but its texts is the same for everybody: so the digests are, too.
  const policy = policyWith(scripts.map(sourceOf), styles.map(sourceOf));
  return ({ base = "/", messages = MESSAGES }) =>
    answer(401, writtenInto(html, messages, { base }), {
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy": policy,
    });
}

const sourceOf = (text: string): string =>
  `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
