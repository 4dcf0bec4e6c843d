/** What a binding may import: the client, its framework, and its own files. */
import { match, ok } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const SRC = join(import.meta.dirname, "../../src");
const IMPORT = /(?:^(?:import|export) (?:[^'"]*? from )?|\bimport\()"([^"]+)"/gms;

test("every file says what it is for, and imports only oncekey/client, Vue and its neighbours", () => {
  const files = readdirSync(SRC);
  ok(files.length > 0);
  for (const file of files) {
    const source = readFileSync(join(SRC, file), "utf8");
    match(source, /^\/\*\*/, file);
    for (const [, specifier = ""] of source.matchAll(IMPORT)) {
      match(specifier, /^(oncekey\/client|vue|\.\/[\w-]+\.ts)$/, `${file} imports ${specifier}`);
    }
  }
});
