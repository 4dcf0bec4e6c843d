/** The library as a stranger gets it: packed, put beside their framework, type-checked and run. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";

const LIBRARY = join(import.meta.dirname, "../..");
const WORKSPACE = join(LIBRARY, "../..");
const project = mkdtempSync(join(tmpdir(), "oncekey-package-"));

/** What the stranger has installed already: the versions that the workspace tests with. */
const BESIDE = [
  ...["express", "fastify", "hono", "@hono/node-server"],
  ...["pg", "postgres", "ioredis", "redis", "better-sqlite3", "libsql", "kysely", "drizzle-orm"],
  ...["@oncekey/dashboard", "@oncekey/react", "react", "react-dom"],
  ...["axios", "ky", "openapi-fetch", "@tanstack/query-core", "esbuild", "@babel/core"],
  ...[
    "@types/react",
    "@types/react-dom",
    "@types/node",
    "@types/express",
    "@types/pg",
    "@types/better-sqlite3",
    "@types/babel__core",
  ],
];

/** What the pages' snippets speak of without showing it; a snippet may declare its own. */
const GIVEN = `
import type { Express } from "express";
import type { FastifyInstance } from "fastify";
import type { Redis } from "ioredis";
import type { Inspector, Store } from "oncekey";
import type { Pool } from "pg";
declare global {
  const app: Express;
  const fastify: FastifyInstance;
  const client: Redis;
  const pool: Pool;
  const url: string;
  const store: Store & Inspector;
  namespace Express {
    interface Request {
      user: { readonly id: string };
    }
  }
}
`;

const STRICT = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  target: "es2023",
  module: "nodenext",
};

interface Snippet {
  readonly name: string;
  readonly source: string;
  /** The ending of its file: with JSX, or without. */
  readonly ending: string;
  readonly runs: boolean;
}

/** Each block of TypeScript, named by its line; `<!-- run -->` above it says that it runs too. */
function snippetsOf(page: string): Snippet[] {
  const markdown = readFileSync(join(WORKSPACE, page), "utf8");
  const blocks = markdown.matchAll(/^(<!-- run -->\n+)?```(tsx?)\n(.*?)^```$/gms);
  return [...blocks].map(({ index, 0: block, 1: mark, 2: ending = "", 3: source = "" }) => {
    const line = markdown.slice(0, index + block.indexOf("```ts")).split("\n").length;
    return { name: `${page}-line-${line}`, source, ending, runs: mark !== undefined };
  });
}

function write(path: string, content: string): void {
  mkdirSync(dirname(join(project, path)), { recursive: true });
  writeFileSync(join(project, path), content);
}

/** What the compiler says of some files of the project; nothing when all is well. */
function complaints(name: string, files: readonly string[], options: object): string {
  const config = { compilerOptions: { ...STRICT, ...options }, files };
  write(`${name}.json`, JSON.stringify(config));
  const tsc = join(WORKSPACE, "node_modules/typescript/bin/tsc");
  return spawnSync(process.execPath, [tsc, "-p", join(project, `${name}.json`)], {
    encoding: "utf8",
  }).stdout;
}

function entries(): string[] {
  const manifest: { exports: Record<string, unknown> } = JSON.parse(
    readFileSync(join(project, "node_modules/oncekey/package.json"), "utf8"),
  );
  const subpaths = Object.keys(manifest.exports).filter((path) => path !== "./package.json");
  return subpaths.map((path) => `oncekey${path.slice(1)}`);
}

before(() => {
  const pack = ["pack", "--silent", "--ignore-scripts", "--pack-destination", project];
  const tarball = execFileSync("npm", pack, { cwd: LIBRARY, encoding: "utf8" }).trim();
  const installed = join(project, "node_modules/oncekey");
  mkdirSync(installed, { recursive: true });
  execFileSync("tar", ["-xzf", join(project, tarball), "-C", installed, "--strip-components=1"]);
  for (const name of BESIDE) {
    const link = join(project, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(WORKSPACE, "node_modules", name), link);
  }
  write("package.json", JSON.stringify({ name: "stranger", private: true, type: "module" }));
  write("given.d.ts", GIVEN);
  const imports = entries().map((name, index) => `export * as e${index} from "${name}";`);
  write("entries.ts", imports.join("\n"));
});
after(() => rmSync(project, { recursive: true }));

test("every entry can be imported", () => {
  ok(entries().length > 0);
  for (const name of entries()) {
    const importing = ["--input-type=module", "-e", `await import("${name}")`];
    const { stderr } = spawnSync(process.execPath, importing, { cwd: project, encoding: "utf8" });
    equal(stderr, "", name);
  }
});

test("every entry has types that hold without Node's, as in a worker or a browser", () => {
  const lib = ["es2023", "dom", "dom.iterable", "dom.asynciterable"];
  equal(complaints("worker", ["entries.ts"], { lib, types: [], noEmit: true }), "");
});

test("every entry has types that hold without the DOM's, as on a server", () => {
  const options = { lib: ["es2023"], types: ["node"], noEmit: true };
  equal(complaints("server", ["entries.ts"], options), "");
});

const docs = readdirSync(join(WORKSPACE, "docs"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".md"))
  .map((file) => join("docs", file));
const snippets = [
  "README.md",
  "packages/oncekey/README.md",
  "packages/react/README.md",
  ...docs,
].flatMap(snippetsOf);

test("the pages' snippets hold under strict, beside the frameworks and clients they name", () => {
  ok(snippets.length > 0, "there is TypeScript in the pages");
  for (const { name, ending, source } of snippets)
    write(`pages/${name}.${ending}`, `${source}\nexport {};\n`);
  const files = ["given.d.ts", ...snippets.map(({ name, ending }) => `pages/${name}.${ending}`)];
  // The frameworks' own declarations are theirs to repair.
  const options = {
    ...{ types: ["node"], lib: ["es2023", "dom", "dom.iterable"], jsx: "react-jsx" },
    ...{ skipLibCheck: true, outDir: "compiled", rootDir: "." },
  };
  equal(complaints("pages", files, options), "");
});

for (const { name, runs } of snippets) {
  if (!runs) continue;
  test(`the snippet at ${name} runs`, () => {
    const file = join(project, "compiled/pages", `${name}.js`);
    const { status, stderr } = spawnSync(process.execPath, [file], {
      cwd: project,
      encoding: "utf8",
      timeout: 20_000,
    });
    deepEqual({ status, stderr }, { status: 0, stderr: "" });
  });
}
