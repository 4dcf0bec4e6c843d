/** Every entry of the client can be loaded where there is no page: on a server, or on its edge. */
import { equal } from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

/** The package's folder: its manifest says which entries there are. */
function library(folder: string = import.meta.dirname): string {
  return existsSync(join(folder, "package.json")) ? folder : library(dirname(folder));
}

const { exports } = JSON.parse(readFileSync(join(library(), "package.json"), "utf8"));
const entries = Object.entries<{ default: string }>(exports).filter(([name]) =>
  name.startsWith("./client"),
);

/** What a page or a runtime offers. Whoever so much as looks at one of them while it loads, throws. */
const TRAPS = `
const names = ["window", "document", "location", "navigator", "localStorage", "sessionStorage",
  "indexedDB", "BroadcastChannel", "crypto", "fetch", "Request", "Response", "HTMLElement",
  "customElements", "process", "Buffer", "setTimeout", "queueMicrotask"];
for (const name of names) Object.defineProperty(globalThis, name, {
  configurable: true, get() { throw new Error(name + " was looked at"); } });
`;

for (const [name, entry] of entries) {
  test(`C-50: importing oncekey${name.slice(1)} touches no global`, async () => {
    const url = pathToFileURL(join(library(), entry.default)).href;
    const script = `${TRAPS} await import(${JSON.stringify(url)});`;
    const asked = ["--input-type=module", "-e", script];
    const { stderr } = await promisify(execFile)(process.execPath, asked);
    equal(stderr, "");
  });
}
