/**
 * "Docs name only codes, options and subpaths that exist": what is written is held to what is
 * there, since a page that names an option of last year is worse than none.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { adapterCases } from "../src/conformance/adapter.ts";
import { LeaseLost, NotRecorded, RecordCorrupt, StoreUnavailable } from "../src/core/errors.ts";
import { levelOf, type OncekeyEvent } from "../src/core/events.ts";
import { oncekey } from "../src/core/run.ts";
import { checkCommon } from "../src/core/settings.ts";
import { createGuard } from "../src/http/guard.ts";
import { checkOptions } from "../src/http/options.ts";
import { PROBLEMS } from "../src/protocol/problem.ts";
import { memoryStore } from "../src/stores/memory.ts";
import { postgresSchema } from "../src/stores/postgres.ts";

const LIBRARY = join(import.meta.dirname, "../..");
const WORKSPACE = join(LIBRARY, "../..");

const filesBelow = (folder: string, ending: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(ending))
    .map((file) => join(folder, file));

const PAGES: readonly string[] = [
  ...readdirSync(WORKSPACE).filter((file) => file.endsWith(".md")),
  ...filesBelow(join(WORKSPACE, "docs"), ".md").map((file) => relative(WORKSPACE, file)),
  "packages/oncekey/README.md",
];

const read = (page: string): string => readFileSync(join(WORKSPACE, page), "utf8");

/** A page without its blocks of code, where neither a heading nor a link is one. */
const prose = (page: string): string => read(page).replaceAll(/^```.*?^```$/gms, "");

/** The part of a page below a heading of the second level. */
function section(page: string, heading: string): string {
  const [, ...sections] = prose(page).split(/^## /m);
  const found = sections.find((text) => text.startsWith(`${heading}\n`));
  ok(found !== undefined, `${page} has a section "${heading}"`);
  return found;
}

/** The rows of all tables whose first column is called so, cell by cell. */
function rowsOf(text: string, column: string): string[][] {
  const tables = text.matchAll(/^\|[^\n]*\|\n\|[-| ]+\|\n(?:\|[^\n]*\|\n)*/gm);
  return [...tables].flatMap(([table]) => {
    const [head = [], , ...rows] = table.trimEnd().split("\n").map(cells);
    return head[0] === column ? rows : [];
  });
}

const cells = (row: string): string[] =>
  row
    .slice(1, -1)
    .split("|")
    .map((cell) => cell.trim());

/** The code that a cell consists of, with or without a link around it. */
const codeIn = (cell = ""): string | undefined => /^\[?`([^`]*)`(?:\]\(.*\))?$/.exec(cell)?.[1];

const problemCodes = Object.keys(PROBLEMS);
const thrownCodes = [StoreUnavailable, RecordCorrupt, LeaseLost, NotRecorded].map(
  (Thrown) => new Thrown().code as string,
);

test("every code that a page names exists", () => {
  for (const page of PAGES) {
    for (const [code] of read(page).matchAll(/\bidempotency_[a-z_]+\b/g)) {
      ok([...problemCodes, ...thrownCodes].includes(code), `${page} names \`${code}\``);
    }
  }
});

test("every code has its anchor in errors.md, and what is thrown is named there", () => {
  const errors = prose("docs/errors.md");
  const headings = [...errors.matchAll(/^## (idempotency_\w+)$/gm)].map(([, code]) => code);
  deepEqual(headings.toSorted(), problemCodes.toSorted());
  for (const code of thrownCodes) ok(errors.includes(`\`code\` is \`${code}\``), code);
});

test("errors.md says of each code what the protocol says", () => {
  const rows = rowsOf(prose("docs/errors.md"), "code").map(([code, ...rest]) => [
    codeIn(code),
    ...rest,
  ]);
  const protocol = Object.entries(PROBLEMS).map(([code, { status, retryable, retryAfter }]) => [
    code,
    String(status),
    retryable ? "yes" : "no",
    String(retryAfter ?? ""),
  ]);
  deepEqual(rows, protocol);
});

test("errors.md has every event, at its level", () => {
  const source = readFileSync(join(LIBRARY, "src/core/events.ts"), "utf8");
  const types = [...source.matchAll(/^ {4}case "([a-z-]+)":$/gm)].map(([, type = ""]) => type);
  ok(types.length > 0);
  const events = types.map((type) => `${type}: ${levelOf({ type } as OncekeyEvent)}`);
  const rows = rowsOf(section("docs/errors.md", "Events"), "event");
  const documented = rows.map(([event, level]) => `${codeIn(event)}: ${level}`);
  deepEqual(documented.toSorted(), events.toSorted());
});

/** What a door says that it knows when it is given something else. */
function namesKnownTo(make: (options: never) => unknown): string[] {
  try {
    make({ "no such option": true } as never);
  } catch (error) {
    return /It knows (.+)\.$/.exec((error as TypeError).message)?.[1]?.split(", ") ?? [];
  }
  return [];
}

const STATUSES = [200, 399, 400, 404, 500];
const FIELDS = ["set-cookie", "retry-after", "x-own", "content-length", "idempotency-key"];

/** Settings in a form in which two of them can be compared: functions by what they answer. */
function comparable(settings: object): object {
  const entries = Object.entries(settings).map(([name, value]: [string, unknown]) => {
    if (typeof value !== "function") return [name, value];
    return [name, (name === "commitWhen" ? STATUSES : FIELDS).map((each) => value(each))];
  });
  return Object.fromEntries(entries);
}

interface Door {
  make(options: never): unknown;
  check(options: never): object;
  readonly given: object;
}

const store = memoryStore();
const DOORS: Readonly<Record<string, Door>> = {
  "idempotency()": {
    make: createGuard,
    check: checkOptions,
    given: { store, scope: "global" },
  },
  "oncekey()": { make: oncekey, check: checkCommon, given: { store } },
};

/** Defaults that no literal can say. */
const IN_WORDS = ["must be given", "none", "off", "JSON", "the platform's", "a status below 400"];

for (const [name, { make, check, given }] of Object.entries(DOORS)) {
  const rows = rowsOf(section("docs/options.md", name), "option");

  test(`options.md has every option of ${name}, and no other`, () => {
    const documented = rows.map(([option]) => codeIn(option));
    deepEqual(documented.toSorted(), namesKnownTo(make).toSorted());
  });

  test(`options.md has the defaults of ${name}: to give them changes nothing`, () => {
    for (const [cell, initial = ""] of rows) {
      const option = codeIn(cell) ?? "";
      const literal = codeIn(initial)?.replaceAll(/(?<=\d)_(?=\d)/g, "");
      if (literal === undefined) {
        ok(IN_WORDS.includes(initial), `${option}: ${initial}`);
        continue;
      }
      const explicit = { ...given, [option]: JSON.parse(literal) };
      const settings = comparable(check(explicit as never));
      deepEqual(settings, comparable(check(given as never)), option);
    }
  });
}

test("every subpath that a page names is exported, and every exported one is named", () => {
  const manifest = JSON.parse(readFileSync(join(LIBRARY, "package.json"), "utf8"));
  const exported = Object.keys(manifest.exports)
    .filter((path) => path !== "." && path !== "./package.json")
    .map((path) => path.slice(2));
  const named = new Set<string>();
  // That page is printed, and names suites of tests by the folders that they stand in.
  for (const page of PAGES.filter((each) => each !== "GUARANTEES.md")) {
    for (const [, path = ""] of read(page).matchAll(
      /(?<![\w@./-])oncekey\/([a-z][\w-]*(?:\/[a-z][\w-]*)*)/g,
    )) {
      ok(exported.includes(path), `${page} names oncekey/${path}`);
      named.add(path);
    }
  }
  deepEqual([...named].toSorted(), exported.toSorted());
});

/** As GitHub makes them: lower case, no punctuation, a hyphen for each space. */
function anchorsOf(page: string): string[] {
  const headings = prose(page).matchAll(/^#{1,6} (.+)$/gm);
  return [...headings].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

interface Link {
  readonly text: string;
  readonly target: string;
}

const linksOf = (page: string): Link[] =>
  [...prose(page).matchAll(/\[([^\]]*)\]\(([^)\s]+)\)/g)].map(([, text = "", target = ""]) => ({
    text,
    target,
  }));

test("every link between pages leads somewhere, its anchor included", () => {
  const broken: string[] = [];
  for (const page of PAGES) {
    for (const { target } of linksOf(page)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? page : join(dirname(page), path);
      const exists = existsSync(join(WORKSPACE, file));
      if (!exists) broken.push(`${page}: ${target} does not exist`);
      else if (anchor !== undefined && !anchorsOf(file).includes(anchor)) {
        broken.push(`${page}: ${target} has no such heading`);
      }
    }
  }
  deepEqual(broken, []);
});

test("guarantees.md cites only tests that exist", () => {
  const tests = filesBelow(join(LIBRARY, "test"), ".test.ts").map((file) =>
    readFileSync(file, "utf8"),
  );
  const titles = [...adapterCases.map(({ name }) => name), ...tests];
  const missing: string[] = [];
  for (const [number] of prose("docs/guarantees.md").matchAll(/\bP-\d+\b/g)) {
    const cited = new RegExp(`(?:^|["\`])${number}[:,]`);
    if (!titles.some((title) => cited.test(title))) missing.push(number);
  }
  for (const { text, target } of linksOf("docs/guarantees.md")) {
    if (!target.endsWith(".test.ts")) continue;
    if (!read(join("docs", target)).includes(text)) missing.push(text);
  }
  deepEqual(missing, []);
});

test("every page has one title, on its first line", () => {
  for (const page of PAGES) {
    const titles = prose(page).match(/^# .+$/gm) ?? [];
    equal(titles.length, 1, page);
    ok(prose(page).startsWith("# "), page);
  }
});

const FOUR = [
  "Set up",
  "What it promises",
  "What it costs",
  "What happens when it is down",
] as const;

test("every store and every adapter has its page, with the same four headings", () => {
  const pages = PAGES.filter((page) => /^docs\/(?:stores|adapters)\//.test(page));
  ok(pages.length > 0);
  for (const page of pages) {
    deepEqual(
      [...prose(page).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading),
      FOUR,
      page,
    );
  }
});

test("S-42: THREAT-MODEL.md says of every column what is in it, and of no other", () => {
  const [created = ""] = postgresSchema().filter((sql) => /^CREATE TABLE "/.test(sql));
  const columns = [...created.matchAll(/^ {2}([a-z_]+) /gm)].map(([, name]) => name);
  ok(columns.length > 10, "the columns that are created");
  const rows = rowsOf(section("THREAT-MODEL.md", "What a record holds"), "column");
  const documented = rows.flatMap(([names = ""]) => names.replaceAll("`", "").split(", "));
  deepEqual(documented.toSorted(), columns.toSorted());
});
