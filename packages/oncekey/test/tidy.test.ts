/** The house rules that no reader should have to check by eye. */
import { deepEqual, match, ok } from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, posix } from "node:path";
import { test } from "node:test";

/** The rooms that a room may import, its own included. What is not listed is forbidden. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: ["core"],
  protocol: ["protocol"],
  stores: ["stores", "stores/sql", "core"],
  "stores/sql": ["stores/sql", "core"],
  http: ["http", "core", "protocol"],
  client: ["client", "protocol"],
  "client/durable": ["client/durable", "client"],
  "client/devtools": ["client/devtools", "client"],
  conformance: ["conformance", "core", "protocol"],
  adapters: ["adapters", "http"],
  ".": ["core", "http", "protocol"],
};

/** Drawers: whatever has no better place ends up in them, and circles close through them. */
const DRAWER = /^(types|utils?|helpers?|constants|common|misc|shared)(\.ts)?$/;

const LIBRARY = join(import.meta.dirname, "../..");
const SRC = join(LIBRARY, "src");
const IMPORT = /(?:^(?:import|export) (?:[^'"]*? from )?|\bimport\()"([^"]+)"/gms;

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".ts"));

/** The listed room that a path lies in, the inner one if there are two. */
function roomOf(path: string): string {
  const rooms = Object.keys(MAY_IMPORT).filter((room) => path.startsWith(`${room}/`));
  return rooms.sort((a, b) => a.length - b.length).at(-1) ?? ".";
}

/** The store that a file is, or is a part of: redis.ts, redis-scripts.ts, sql/sqlite-row.ts. */
function storeOf(path: string): string | undefined {
  const [first = ""] = basename(path, ".ts").split("-");
  return path.startsWith("stores/") && files.includes(`stores/${first}.ts`) ? first : undefined;
}

function importsOf(path: string): string[] {
  const source = readFileSync(join(SRC, path), "utf8");
  return [...source.matchAll(IMPORT)].map(([, specifier = ""]) => specifier);
}

/** The files of this package that a file imports, as paths like its own. */
function neighboursOf(path: string): string[] {
  return importsOf(path)
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) => posix.join(posix.dirname(path), specifier));
}

for (const file of files) {
  test(`${file} says what it is for and imports only what its room may`, (context) => {
    const source = readFileSync(join(SRC, file), "utf8");
    const room = roomOf(file);
    match(source, /^\/\*\*/, "opens with the sentence that says what it is for");
    for (const specifier of importsOf(file)) {
      ok(specifier.startsWith("."), `${specifier} would be a dependency`);
      const target = posix.join(posix.dirname(file), specifier);
      ok(files.includes(target), `${specifier} leaves src`);
      ok(MAY_IMPORT[room]?.includes(roomOf(target)), `${file} -> ${target}`);
      const store = storeOf(target);
      ok(store === undefined || store === storeOf(file), `${target} is its store's own`);
    }
    // Where good files stand. A longer one passes, and is named for whoever reads the log.
    const lines = source.split("\n").length;
    const usual = room === "adapters" ? 80 : 250;
    if (lines > usual) context.diagnostic(`${lines} lines; good ones have ${usual}`);
  });
}

/** What stands around a form of the page, or fits the client to another library. */
const AROUND_CLIENT = /^client\/(element|htmx|turbo|tanstack|axios|ky|openapi-fetch|workbox)\.ts$/;

test("what fits the client to another library imports the client's door, its ports or its regions, and nobody imports it", () => {
  const around = files.filter((file) => AROUND_CLIENT.test(file));
  deepEqual(around.length, 8);
  for (const file of around) {
    for (const specifier of importsOf(file))
      match(specifier, /^\.\/(index|ports|regions)\.ts$/, file);
  }
  const imported = files.flatMap(neighboursOf).filter((file) => AROUND_CLIENT.test(file));
  deepEqual(imported, []);
});

test("no file is a drawer", () => {
  const parts = files.flatMap((file) => file.split("/"));
  deepEqual(
    parts.filter((part) => DRAWER.test(basename(part))),
    [],
  );
});

test("no files import each other in a circle", () => {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    ok(start === -1, `circle: ${[...path.slice(start), file].join(" -> ")}`);
    if (done.has(file)) return;
    for (const next of neighboursOf(file)) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
});

interface Manifest {
  readonly exports: Readonly<Record<string, string | { types: string; default: string }>>;
}

test("every export of the package is a file of src, under its own name", () => {
  const text = readFileSync(join(LIBRARY, "package.json"), "utf8");
  const manifest: Manifest = JSON.parse(text);
  for (const [subpath, target] of Object.entries(manifest.exports)) {
    if (typeof target === "string") continue;
    const module = target.default.replace(/\.js$/, "");
    ok(target.types === `${module}.d.ts`, `${subpath}: types and code are two files`);
    const source = `${module.replace("./dist/", "")}.ts`;
    ok(existsSync(join(LIBRARY, source)), `${subpath}: ${source} is missing`);
    const name = basename(module) === "index" ? basename(join(module, "..")) : basename(module);
    // What a page adds to the client is named below it.
    const isAdded = /\/client\/[\w-]+(\/index)?$/.test(module) && !module.endsWith("/client/index");
    const full = isAdded ? `client/${name}` : name;
    ok(subpath === "." || subpath === `./${full}`, `${subpath} is made from ${source}`);
  }
});
