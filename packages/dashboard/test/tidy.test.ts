/** What the dashboard may import, and that its page of documentation has its options and defaults. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { test } from "node:test";
import { memoryStore } from "oncekey/memory";
import { checked } from "../src/options.ts";
import { byHeader } from "./asking.ts";

const PACKAGE = join(import.meta.dirname, "../..");
const IMPORT = /(?:^(?:import|export) (type )?(?:[^'"]*? from )?|\bimport\()"([^"]+)"/gms;

interface Import {
  readonly specifier: string;
  readonly isType: boolean;
}

function importsOf(file: string): Import[] {
  const source = readFileSync(join(PACKAGE, file), "utf8");
  return [...source.matchAll(IMPORT)].map(([, type, specifier = ""]) => ({
    specifier,
    isType: type !== undefined,
  }));
}

const filesOf = (folder: string, ending: RegExp): string[] =>
  readdirSync(join(PACKAGE, folder))
    .filter((file) => ending.test(file))
    .map((file) => `${folder}/${file}`);

const sources = filesOf("src", /\.ts$/);
const pages = filesOf("page", /\.tsx?$/);

test("every file says what it is for", () => {
  ok(sources.length > 10 && pages.length > 10);
  for (const file of [...sources, ...pages]) {
    match(readFileSync(join(PACKAGE, file), "utf8"), /^\/\*\*/, file);
  }
});

test("the server uses the library's main entry, Node, and nothing else", () => {
  for (const file of sources) {
    for (const { specifier } of importsOf(file)) {
      ok(/^(oncekey|node:[\w/]+|\.\/[\w-]+\.ts)$/.test(specifier), `${file} imports ${specifier}`);
    }
  }
});

test("the page takes from the server types alone, and brings along what draws and renders", () => {
  const libraries = ["preact", "preact/hooks", "d3-scale", "d3-shape"];
  for (const file of pages) {
    for (const { specifier, isType } of importsOf(file)) {
      if (specifier.startsWith("../src/")) ok(isType, `${file} imports code of ${specifier}`);
      else ok(specifier.startsWith("./") || libraries.includes(specifier), `${file}: ${specifier}`);
    }
  }
});

test("no files of the server import each other in a circle", () => {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    ok(!path.includes(file), `circle: ${[...path, file].join(" -> ")}`);
    if (done.has(file)) return;
    const own = importsOf(file).filter(({ specifier }) => specifier.startsWith("."));
    for (const { specifier } of own) visit(posix.join("src", specifier), [...path, file]);
    done.add(file);
  };
  for (const file of sources) visit(file, []);
});

test("the documentation has every option, with its default", () => {
  const text = readFileSync(join(PACKAGE, "../../docs/dashboard.md"), "utf8");
  const rows = [...text.matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)].map(([, name, initial = ""]) => [
    name,
    initial.trim(),
  ]);
  const settings = checked({ inspector: memoryStore(), authorize: byHeader });
  deepEqual(rows.map(([name]) => name).sort(), Object.keys(settings).sort());
  const words = Object.fromEntries(rows);
  const literal = (name: string): unknown =>
    JSON.parse(words[name].replaceAll("`", "").replaceAll("_", ""));
  for (const name of ["base", "showAnswers", "eventsMax"] as const) {
    equal(literal(name), settings[name], name);
  }
});
