/** What is wrong at the start is one line on stderr that names the option, and exit code 2. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { jsonSchema } from "../src/config.ts";
import { runCommand } from "../src/program.ts";
import { failedStart } from "./gateways.ts";

const folder = mkdtempSync(join(tmpdir(), "oncekey-mistakes-"));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const UPSTREAM = ["--upstream", "http://127.0.0.1:1"];
const SCOPE = ["--scope", "global"];
const STORE = ["--store", "memory:"];
const GOOD = [...UPSTREAM, ...SCOPE, ...STORE];
/** Nobody listens on it: it is reserved, and asks for root. */
const CLOSED = "127.0.0.1:1";

/** 32 bytes in base64, as one that stands in the wrong place. */
const KEY = `secret${"A".repeat(37)}=`;

/** What is typed, and what the line must name. */
const MISTAKES: readonly (readonly [args: readonly string[], named: RegExp])[] = [
  [["--no-such"], /--no-such/],
  [["--scoop", "global"], /--scoop.*--scope/],
  [["--upstream"], /--upstream.*argument missing/],
  [["extra"], /too many arguments/],
  [[...UPSTREAM, ...SCOPE], /--store/],
  [[...UPSTREAM, ...STORE], /--scope/],
  [[...SCOPE, ...STORE], /--upstream/],
  [[...GOOD, "--upstream", "localhost:3000"], /--upstream/],
  [[...GOOD, "--upstream", "http://h/base"], /--upstream.*without a path/],
  [[...GOOD, "--upstream", "http://169.254.169.254"], /--upstream.*link-local/],
  [[...GOOD, "--scope", "x-user-id"], /--scope.*header:/],
  [[...UPSTREAM, ...STORE, "--scope", "path"], /--scope/],
  [[...GOOD, "--listen", "8080"], /--listen.*HOST:PORT/],
  [[...GOOD, "--listen", "127.0.0.1:99999"], /--listen/],
  [[...GOOD, "--listen", "192.0.2.1:0"], /--listen/],
  [[...GOOD, "--admin", "here"], /--admin/],
  [[...GOOD, "--dashboard", "here"], /--dashboard.*HOST:PORT/],
  [[...GOOD, "--dashboard", "0.0.0.0:0"], /--dashboard.*this machine alone/],
  [[...GOOD, "--authorize", "/may"], /--authorize/],
  [[...GOOD, "--trusted-proxy", "10.0.0.0/40"], /--trusted-proxy/],
  [[...GOOD, "--trusted-proxy", "proxy.example"], /--trusted-proxy/],
  [[...GOOD, "--effects", "transactional"], /--effects.*transaction/],
  [[...GOOD, "--effects", "never"], /--effects/],
  [[...GOOD, "--methods", "GET"], /--methods/],
  [[...GOOD, "--header", "a b"], /--header/],
  [[...GOOD, "--blank-key", "maybe"], /--blank-key/],
  [[...GOOD, "--on-duplicate", "ignore"], /--on-duplicate/],
  [[...GOOD, "--on-store-down", "panic"], /--on-store-down/],
  [[...GOOD, "--docs", "nowhere"], /--docs/],
  [[...GOOD, "--timeout", "60"], /--timeout.*unit/],
  [[...GOOD, "--timeout", "0s"], /--timeout/],
  [[...GOOD, "--lease", "1ms"], /--lease/],
  [[...GOOD, "--retention", "31d"], /--retention/],
  [[...GOOD, "--max-request", "1GB"], /--max-request/],
  [[...GOOD, "--keep-header", "transfer-encoding"], /replayHeaders\.keep/],
  [[...GOOD, "--health", "health"], /--health/],
  [[...GOOD, "--log-level", "loud"], /--log-level/],
  [[...GOOD, "--config", join(folder, "none.json")], /--config.*none\.json/],
  [[...GOOD, "--config", file("broken.json", "{")], /--config.*not JSON/],
  [[...GOOD, "--config", file("list.json", "[]")], /--config/],
  [[...GOOD, "--config", file("name.json", '{"leaseMS":1}')], /--config.*leaseMS/],
  [[...GOOD, "--config", file("type.json", '{"leaseMs":"1"}')], /leaseMs/],
  [[...GOOD, "--config", file("match.json", '{"routes":[{"match":"x"}]}')], /routes.*0.*match/],
  [[...GOOD, "--config", file("star.json", '{"routes":[{"match":"/a*"}]}')], /match/],
  [
    [
      ...[...SCOPE, ...STORE, "--config"],
      file("ca.json", '{"upstream":{"url":"https://h","tls":{"ca":"/no/such.pem"}}}'),
    ],
    /tls\.ca.*\/no\/such\.pem/,
  ],
  [[...GOOD, "--seal-keys", "2026:secret"], /--seal-keys.*ENOENT/],
  [[...GOOD, "--seal-keys", file("no.keys", "# none\n")], /--seal-keys.*hold a key/],
  [[...GOOD, "--seal-keys", file("short.keys", "2026:c2VjcmV0")], /--seal-keys.*number 1/],
  [[...GOOD, "--seal-keys", file("bare.keys", `a:${KEY}\n${KEY}`)], /--seal-keys.*number 2/],
  [
    [...GOOD, "--seal-keys", file("twice.keys", `a:${KEY},a:${KEY}`)],
    /--seal-keys.*an id of its own/,
  ],
  [[...GOOD, "--config", file("seal.json", '{"sealKeys":"/no/secret"}')], /sealKeys.*ENOENT/],
  [[...GOOD, "--scope-secret", "/no/file"], /--scope-secret.*ENOENT/],
  [[...GOOD, "--scope-secret", file("short.secret", "secret")], /--scope-secret.*32 bytes/],
  [[...UPSTREAM, ...SCOPE, "--store", "mysql://h/d"], /--store.*postgres/],
  [[...UPSTREAM, ...SCOPE, "--store", "records"], /--store/],
  [[...UPSTREAM, ...SCOPE, "--store", "sqlite:"], /--store sqlite/],
  [[...UPSTREAM, ...SCOPE, "--store", "sqlite:/no/such/folder/a.db"], /--store/],
  [[...UPSTREAM, ...SCOPE, "--store", `redis://:secret@${CLOSED}`], /--store/],
  [[...UPSTREAM, ...SCOPE, "--store", `postgres://u:secret@${CLOSED}/d`], /--store/],
];

/** In this process: a mistake ends before anything listens. */
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
  test(`\`oncekey gateway ${typed}\` says what to mend`, async () => {
    const { code, stdout, stderr } = await said(["gateway", ...args]);
    match(stderr, named);
    match(stderr, /^oncekey: [^\n]+\n$/, "one line");
    ok(!stderr.includes("    at "), "no stack");
    ok(!stderr.replaceAll("--scope-secret", "").includes("secret"), "no secret");
    deepEqual({ code, stdout }, { code: 2, stdout: "" });
  });
}

test("a port that is taken is named, with what to do", async (context) => {
  const taken = createServer();
  context.after(() => taken.close());
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const address = taken.address();
  const port = typeof address === "object" ? address?.port : undefined;
  for (const option of ["--listen", "--admin", "--dashboard"]) {
    const at = ["--listen", "127.0.0.1:0", option, `127.0.0.1:${port}`];
    const { code, stderr } = await said(["gateway", ...GOOD, ...at, "--log-level", "silent"]);
    equal(code, 2);
    match(stderr, new RegExp(`^oncekey: .*${option} 127\\.0\\.0\\.1:${port}.*\\n$`));
  }
});

test("a process ends with code 2 after its one line", async () => {
  for (const args of [["gatway"], ["gateway", ...GOOD, "--lease", "1ms"]]) {
    const { code, stdout, stderr } = await failedStart(args);
    deepEqual({ code, stdout }, { code: 2, stdout: "" });
    match(stderr, /^oncekey: (?:unknown command 'gatway'|Expected --lease)[^\n]*\n$/);
  }
});

test("help and version are no mistakes", async () => {
  for (const args of [[], ["--help"], ["gateway", "--help"], ["--version"]]) {
    const { code, stdout, stderr } = await said(args);
    deepEqual({ code, stderr }, { code: 0, stderr: "" });
    ok(stdout.length > 0);
  }
});

test("oncekey.schema.json is what the file is checked with", () => {
  const published = readFileSync(join(import.meta.dirname, "../../oncekey.schema.json"), "utf8");
  deepEqual(JSON.parse(published), JSON.parse(JSON.stringify(jsonSchema())));
});
