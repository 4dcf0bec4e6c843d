/** The built page: its files, read once, and found by their names alone. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { answer } from "./answers.ts";
import { type Messages, writtenInto } from "./messages.ts";

export type PageFiles = (name: string) => Response | undefined;

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Names hold a digest of what is in them. */
const FOR_EVER = "private, max-age=31536000, immutable";

/** The page itself is given the texts, and every other file is as it was built. */
export function readPageFiles(folder: string, messages: Messages): PageFiles {
  if (!existsSync(join(folder, "index.html"))) {
    throw new Error(
      "The dashboard's page is not built: run `npm run build` in the workspace, or install the package again.",
    );
  }
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const files = new Map<
    string,
    { body: Uint8Array<ArrayBuffer>; headers: Record<string, string> }
  >();
  for (const name of names.map((path) => path.replaceAll("\\", "/"))) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const cache = name.startsWith("assets/") ? { "Cache-Control": FOR_EVER } : {};
    const built = readFileSync(join(folder, name));
    const body = new Uint8Array(
      type === TYPES[".html"]
        ? new TextEncoder().encode(writtenInto(built.toString(), messages))
        : built,
    );
    files.set(name, { body, headers: { "Content-Type": type, ...cache } });
  }
  return (name) => {
    const file = files.get(name === "" ? "index.html" : name);
    return file && answer(200, file.body, file.headers);
  };
}
