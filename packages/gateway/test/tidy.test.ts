/** The house rules of this package: public doors and declared dependencies only, and no circle. */
import { deepEqual, match, ok } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join, posix } from "node:path";
import { test } from "node:test";

const PACKAGE = join(import.meta.dirname, "../..");
const SRC = join(PACKAGE, "src");
const DRAWER = /^(types|utils?|helpers?|constants|common|misc|shared)(\.ts)?$/;
const IMPORT = /(?:^(?:import|export) (?:[^'"]*? from )?|\bimport\()"([^"]+)"/gms;

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, unknown>>;
}

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
const declared = Object.keys(manifestOf(PACKAGE).dependencies);
const doors = Object.keys(manifestOf(join(PACKAGE, "../oncekey")).exports).map((path) =>
  posix.join("oncekey", path),
);

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((path) =>
  path.endsWith(".ts"),
);

const importsOf = (path: string): string[] =>
  [...readFileSync(join(SRC, path), "utf8").matchAll(IMPORT)].map(([, name = ""]) => name);

/** Scoped ones have two parts. */
const packageOf = (name: string): string =>
  name
    .split("/")
    .slice(0, name.startsWith("@") ? 2 : 1)
    .join("/");

for (const file of files) {
  test(`${file} says what it is for and imports only what is public`, () => {
    const source = readFileSync(join(SRC, file), "utf8").replace(/^#!.*\n/, "");
    match(source, /^\/\*\*/, "opens with the sentence that says what it is for");
    for (const name of importsOf(file)) {
      if (name.startsWith("node:")) continue;
      if (name.startsWith("oncekey")) ok(doors.includes(name), `${name} is no public door`);
      else if (!name.startsWith("."))
        ok(declared.includes(packageOf(name)), `${name} is not declared`);
      else ok(files.includes(posix.join(posix.dirname(file), name)), `${name} leaves src`);
    }
  });
}

test("every dependency is used", () => {
  const used = new Set(files.flatMap(importsOf).map(packageOf));
  deepEqual(
    declared.filter((name) => !used.has(name)),
    [],
  );
});

test("no file is a drawer, and none import each other in a circle", () => {
  for (const file of files) ok(!DRAWER.test(basename(file)), file);
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    ok(!path.includes(file), `circle: ${[...path, file].join(" -> ")}`);
    if (done.has(file)) return;
    for (const name of importsOf(file).filter((each) => each.startsWith("."))) {
      visit(posix.join(posix.dirname(file), name), [...path, file]);
    }
    done.add(file);
  };
  for (const file of files) visit(file, []);
});

test("every subcommand of `command/`, and every part of one, is one that `oncekey` knows", () => {
  const known = new Set<string>();
  const reach = (file: string): void => {
    if (known.has(file)) return;
    known.add(file);
    for (const name of importsOf(file).filter((each) => each.startsWith("."))) {
      reach(posix.join(posix.dirname(file), name));
    }
  };
  reach("program.ts");
  for (const file of files.filter((each) => each.startsWith("command/"))) ok(known.has(file), file);
});
