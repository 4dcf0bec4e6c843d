/** What is typed wrongly is one line on stderr, and exit code 2: no stack, and no secret. */
import { deepEqual, match, ok } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import Database from "libsql";
import { sqliteStore } from "oncekey/sqlite";
import { runCommand } from "../../src/program.ts";
import { CLI, command } from "./commands.ts";

const folder = mkdtempSync(join(tmpdir(), "oncekey-mistakes-"));
after(() => rmSync(folder, { recursive: true }));

const client = new Database(join(folder, "a.db"));
await sqliteStore(client).setup();
client.close();

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const STORE = ["--store", `sqlite:${join(folder, "a.db")}`];
const ID = "0".repeat(64);
const WHY = ["--reason", "seen", "--yes"];
const RESOLVE = ["keys", "resolve", ID, ...STORE, ...WHY];
const HAPPENED = [...RESOLVE, "--happened"];
const URL = ["doctor", "--url", "http://127.0.0.1:1"];
/** Nobody listens on it: it is reserved, and asks for root. */
const CLOSED = "127.0.0.1:1";

/** Nobody here has it: it is for documentation (RFC 5737). */
const CLOSED_TO_US = "192.0.2.1:9090";
const ANN = "ann:secret-secret-secret";

/** What is typed, and what the line must name. */
const MISTAKES: readonly (readonly [args: readonly string[], named: RegExp])[] = [
  [["keys", "list"], /--store.*ONCEKEY_STORE/],
  [["keys", "lst"], /lst/],
  [["keys", "list", "--store", "mysql://u:secret@h/d"], /--store/],
  [["keys", "list", "--store", "memory:"], /--store memory:/],
  [["keys", "list", "--store", "sqlite:"], /--store sqlite:FILE/],
  [["keys", "list", "--store", `sqlite:${join(folder, "none.db")}`], /no file .*none\.db/],
  [
    ["keys", "list", "--store", `sqlite:${file("text.db", "secret ".repeat(99))}`],
    /not a database/,
  ],
  [["keys", "list", "--store", `redis://:secret@${CLOSED}`], /--store \(redis\)/],
  [["keys", "list", "--store", `postgres://u:secret@${CLOSED}/d`], /--store \(postgres\)/],
  [["keys", "list", ...STORE, "--state", "lost"], /--state.*in-doubt/],
  [["keys", "list", ...STORE, "--older-than", "5"], /--older-than.*unit/],
  [["keys", "list", ...STORE, "--limit", "0"], /--limit.*1 to 1000/],
  [["keys", "list", ...STORE, "--limit", "1001"], /--limit.*1 to 1000/],
  [["keys", "list", ...STORE, "--after", "x"], /--after/],
  [["keys", "list", ...STORE, "--door", "window"], /--door/],
  [["keys", "show", ...STORE], /an id, or --scope and --key/],
  [["keys", "show", ...STORE, "--key", "k"], /--scope and --key/],
  [["keys", "show", ID, ...STORE, "--scope", "a"], /and not both/],
  [["keys", "show", "0123", ...STORE], /12 or more/],
  [["keys", "reap", ...STORE, "--limit", "-1"], /--limit/],
  [["keys", "forget", ...STORE, "--yes"], /--scope/],
  [["keys", "forget", ...STORE, "--scope", ""], /--scope/],
  [["keys", "forget", ...STORE, "--scope", "a", "--door", "window"], /--door/],
  [["keys", "forget", ...STORE, "--scope", "a", "--reason", " "], /--reason/],
  [RESOLVE, /--happened.*--did-not-happen/],
  [HAPPENED, /--status/],
  [[...HAPPENED, "--did-not-happen"], /--did-not-happen.*--happened/],
  [[...RESOLVE, "--did-not-happen", "--status", "201"], /--did-not-happen.*--status/],
  [[...HAPPENED, "--status", "99"], /--status/],
  [[...HAPPENED, "--status", "204", "--body", file("one", "1")], /--body.*204/],
  [[...HAPPENED, "--status", "201", "--header", "x"], /--header/],
  [[...HAPPENED, "--status", "201", "--header", "set-cookie: secret"], /--header.*set-cookie/],
  [[...HAPPENED, "--status", "201", "--header", "content-type: text/html"], /content-type/],
  [[...HAPPENED, "--status", "201", "--body", join(folder, "none")], /--body.*no such file/i],
  [[...HAPPENED, "--status", "201", "--body", file("bin", Uint8Array.of(255))], /--body.*UTF-8/],
  [[...HAPPENED, "--status", "201", "--body", file("big", "a".repeat(2 ** 20 + 1))], /--body/],
  [["keys", "release", ID, ...STORE, "--yes"], /--reason/],
  [["keys", "release", ID, ...STORE, ...WHY, "--token", "0"], /--token/],
  [["migrate", ...STORE], /--print.*--apply/],
  [["migrate", ...STORE, "--print", "--apply"], /--apply.*--print/],
  [["migrate", "--apply"], /--store/],
  [["doctor"], /--store/],
  [["doctor", ...STORE, "--lease", "30"], /--lease.*unit/],
  [["doctor", ...STORE, "--probe"], /--url/],
  [["doctor", "--url", "here"], /--url/],
  [["doctor", "--url", "http://u:secret@h"], /--url/],
  [[...URL, "--probe"], /--path.*effect/],
  [[...URL, "--path", "pay"], /--path/],
  [[...URL, "--path", "//elsewhere"], /--path/],
  [[...URL, "--origin", "shop"], /--origin/],
  [[...URL, "--headers", join(folder, "none")], /--headers/],
  [[...URL, "--headers", file("lines", "secret\n")], /--headers/],
  [["dashboard"], /--store.*ONCEKEY_STORE/],
  [["dashboard", "--store", "memory:"], /--store memory:/],
  [["dashboard", "--store", `postgres://u:secret@${CLOSED}/d`], /--store \(postgres\)/],
  [["dashboard", ...STORE, "--listen", "here"], /--listen.*HOST:PORT/],
  [["dashboard", ...STORE, "--listen", "0.0.0.0:0"], /--listen.*this machine alone.*--users/],
  [
    ["dashboard", ...STORE, "--listen", CLOSED_TO_US, "--users", file("users", ANN)],
    /Could not listen on --listen 192/,
  ],
  [["dashboard", ...STORE, "--host", "http://h"], /--host/],
  [["dashboard", ...STORE, "--write", join(folder, "audit")], /--users with --write/],
  [["dashboard", ...STORE, "--users", join(folder, "none")], /--users.*ENOENT/],
  [["dashboard", ...STORE, "--users", file("nobody", "# ann\n")], /--users to name somebody/],
  [["dashboard", ...STORE, "--users", file("short", "ann:secret\n")], /Line 1.*16 characters/],
  [["dashboard", ...STORE, "--users", file("twice", `${ANN}\n${ANN}\n`)], /Line 2.*before/],
  [
    ["dashboard", ...STORE, "--users", file("users", ANN), "--write", join(folder, "no", "audit")],
    /--write.*ENOENT/,
  ],
  [["tail"], /url/],
  [["tail", "here"], /URL/],
  [["tail", "redis://127.0.0.1"], /URL/],
  [["tail", "http://u:secret@h"], /URL/],
  [["tail", `http://${CLOSED}`], /http:\/\/127\.0\.0\.1:1.*--admin/],
  [["tail", `http://${CLOSED}`, "--type", "lost"], /--type.*lease-lost/],
];

/** In this process: nothing has begun when a mistake is found. */
async function said(args: readonly string[]) {
  const written = { stdout: "", stderr: "" };
  const code = await runCommand(args, {
    out: (text) => {
      written.stdout += text;
    },
    err: (text) => {
      written.stderr += text;
    },
  });
  return { code, ...written };
}

for (const [args, named] of MISTAKES) {
  const typed = args.map((arg) => arg.replace(folder, "")).join(" ");
  test(`\`oncekey ${typed}\` says what to mend`, async () => {
    const { code, stdout, stderr } = await said(args);
    match(stderr, named);
    match(stderr, /^oncekey: [^\n]+\n$/, "one line");
    ok(!stderr.includes("    at "), "no stack");
    ok(!stderr.includes("secret"), "no secret");
    deepEqual({ code, stdout }, { code: 2, stdout: "" });
  });
}

test("a process ends with code 2 after its one line, and with 1 where a record is not there", async () => {
  const mistaken = await command(["keys", "list", "--store", `postgres://u:secret@${CLOSED}/d`]);
  deepEqual({ code: mistaken.code, stdout: mistaken.stdout }, { code: 2, stdout: "" });
  match(mistaken.stderr, /^oncekey: Could not open the server of --store \(postgres\)[^\n]*\n$/);
  ok(!mistaken.stderr.includes("secret"));
  const absent = await command(["keys", "show", ID, ...STORE]);
  deepEqual({ code: absent.code, stdout: absent.stdout }, { code: 1, stdout: "" });
  match(absent.stderr, /^oncekey: There is no such record[^\n]*\n$/);
});

test("a reader that has seen enough, such as head, is no failure", () => {
  const line = `set -o pipefail; '${process.execPath}' '${CLI}' keys --help | true`;
  const { status, stderr } = spawnSync("bash", ["-c", line], { encoding: "utf8" });
  deepEqual({ status, stderr }, { status: 0, stderr: "" });
});
