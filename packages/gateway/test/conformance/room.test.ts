/** "The suite knows nothing but HTTP": its room imports itself and Node, and no library, ours or other. */
import { match, ok } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { test } from "node:test";

const ROOM = join(import.meta.dirname, "../../../src/conformance");
const IMPORT = /(?:^(?:import|export) (?:[^'"]*? from )?|\bimport\()"([^"]+)"/gms;

for (const file of readdirSync(ROOM, { recursive: true, encoding: "utf8" })) {
  if (!file.endsWith(".ts")) continue;
  test(`${file} says what it is for, and imports only its room and Node`, () => {
    const source = readFileSync(join(ROOM, file), "utf8");
    match(source, /^\/\*\*/);
    for (const [, specifier = ""] of source.matchAll(IMPORT)) {
      if (specifier.startsWith("node:")) continue;
      ok(specifier.startsWith("."), `${specifier} would be a dependency`);
      const inside = posix.join(posix.dirname(file), specifier);
      ok(!inside.startsWith(".."), `${specifier} is outside of the room`);
    }
  });
}
