/** What a binding may import: the client, its framework, and its own files. */
import { match, ok } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const IMPORT = /(?:^(?:import|export) (?:[^'"]*? from )?|\bimport\()"([^"]+)"/gms;
const COMMON = /^(oncekey\/client|\.\/[\w-]+\.ts)$/;

/**
 * @param src the folder of its sources
 * @param framework what it may import beside the client and its neighbours
 */
export function tidySuite(name: string, src: string, framework: RegExp): void {
  test(`every file of ${name} says what it is for, and imports only oncekey/client, its framework and its neighbours`, () => {
    const files = readdirSync(src);
    ok(files.length > 0);
    for (const file of files) {
      const source = readFileSync(join(src, file), "utf8");
      match(source, /^\/\*\*/, file);
      for (const [, specifier = ""] of source.matchAll(IMPORT)) {
        ok(COMMON.test(specifier) || framework.test(specifier), `${file} imports ${specifier}`);
      }
    }
  });
}
