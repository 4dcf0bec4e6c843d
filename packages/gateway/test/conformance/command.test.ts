/** The command: what it is told, what it writes, and the exit code that it answers. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { runCommand } from "../../src/program.ts";
import { type Fault, serveKeyed } from "./keyed-server.ts";
import { DESCRIPTION } from "./restaurant.ts";
import { type Serving, serve } from "./serving.ts";

interface Told {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function command(...argv: readonly string[]): Promise<Told> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCommand(["conformance", ...argv], {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
  });
  return { code, out: out.join(""), err: err.join("") };
}

let folder = "";
let target = "";
let sound: Serving;
let broken: Serving;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "oncekey-conformance-"));
  target = join(folder, "target.json");
  writeFileSync(
    target,
    JSON.stringify({ ...DESCRIPTION, profile: "oncekey", key: { required: true } }),
  );
  const fault: Fault = "ignores another body";
  [sound, broken] = await Promise.all([serveKeyed(), serveKeyed(fault)]);
});

after(async () => {
  await Promise.all([sound.close(), broken.close()]);
  rmSync(folder, { recursive: true });
});

const ONE = ["--only", "mismatch-body", "--only", "first-is-plain"];

test("0, when every MUST holds, and a line for each requirement", async () => {
  const { code, out, err } = await command(sound.url.href, "--target", target, ...ONE);
  equal(err, "");
  equal(code, 0);
  match(out, /^pass {2}MUST {4}P-19: a fresh key runs, and its answer has no marker$/m);
  match(out, /^MUST {4}2 passed, 0 failed, 0 not applicable$/m);
});

test("1, when one does not, and what was sent, expected and got", async () => {
  const { code, out } = await command(broken.url.href, "--target", target, ...ONE);
  equal(code, 1);
  match(out, /^FAIL {2}MUST {4}P-37: /m);
  match(out, /^ {6}sent {6}POST \/pay, key A, body 1 \(\d+ bytes\) -> 201$/m);
  match(out, /^ {6}expected {2}422 for another body$/m);
  match(out, /^ {6}got {7}201$/m);
});

test("a requirement is chosen by its id as well", async () => {
  const { out } = await command(sound.url.href, "--target", target, "--only", "P-37");
  equal(out.match(/P-37/g)?.length, 3);
});

test("what is not described is not applicable, and the report says why", async () => {
  const args = ["--profile", "oncekey", "--header", "X-User: ann", "--only", "race-slow"];
  const { code, out } = await command(sound.url.href, ...args);
  match(out, /^n\.a\. {2}MUST {4}P-35: .*\n {6}\(no behaviour `slow` is described\)$/m);
  // A run in which nothing applied has shown nothing.
  equal(code, 1);
});

test("flags describe a target too, and go before the file", async () => {
  const flags = ["--header", "X-User: ann", "--count", "/runs#/runs", "--slow", "/slow"];
  const only = ["--only", "race-slow", "--only", "in-flight-refused"];
  const { code, out } = await command(sound.url.href, ...flags, ...only);
  equal(code, 0, out);
  match(out, /^SHOULD {2}1 passed, 0 failed/m);
  const effect = await command(
    sound.url.href,
    "--header",
    "X-User: ann",
    "--effect",
    "/id",
    ...ONE,
  );
  equal(effect.code, 0, effect.out);
  const other = await command(sound.url.href, "--target", target, "--profile", "draft", "--list");
  match(other.out, /^SHOULD {2}draft 2\.7: /m);
});

test("--json is one JSON document with every requirement and the sums", async () => {
  const { out } = await command(broken.url.href, "--target", target, "--json", ...ONE);
  const report = JSON.parse(out);
  equal(report.profile, "oncekey");
  deepEqual(report.summary.must, { passed: 1, failed: 1, notApplicable: 0 });
  equal(report.summary.holds, false);
  const failed = report.requirements.find(({ kind }: { kind: string }) => kind === "fail");
  equal(failed.id, "P-37");
  equal(failed.failure.expected, "422 for another body");
  ok(!out.includes("ann"), "no header of a principal");
});

test("--junit has a test for each requirement, and --badge the share that holds", async () => {
  const [junit, badge] = [join(folder, "junit.xml"), join(folder, "badge.svg")];
  const files = ["--junit", junit, "--badge", badge];
  await command(broken.url.href, "--target", target, ...ONE, ...files);
  const xml = readFileSync(junit, "utf8");
  match(xml, /<testsuite name="oncekey conformance, oncekey" [^>]*tests="2" failures="1"/);
  match(xml, /<failure message="expected 422 for another body, got 201">/);
  match(xml, /-&gt; 201/);
  const svg = readFileSync(badge, "utf8");
  match(svg, /<title>idempotency: oncekey: 1\/2 MUST<\/title>/);
  match(svg, /#c62828/);
  await command(sound.url.href, "--target", target, ...ONE, "--badge", badge);
  match(readFileSync(badge, "utf8"), /2\/2 MUST[\s\S]*#2e7d32|#2e7d32[\s\S]*2\/2 MUST/);
});

test("--list needs no server, and --help no address", async () => {
  const list = await command("--list", "--profile", "stripe");
  equal(list.code, 0);
  match(list.out, /^MUST {4}Stripe, retry: a retry of a completed request/m);
  const help = await command("--help");
  equal(help.code, 0);
  match(help.out, /--target <file>/);
});

test("2, and one clear line, for what cannot be", async () => {
  const missing = join(folder, "missing.json");
  const notJson = join(folder, "not.json");
  writeFileSync(notJson, "{");
  const rows: readonly (readonly [argv: readonly string[], message: RegExp])[] = [
    [[], /Expected one address/],
    [["not an address"], /Expected one address/],
    [["ftp://127.0.0.1/"], /begins with http/],
    [["http://ann:secret@127.0.0.1/"], /without a name or password: give them in `--header`\.$/m],
    [
      [sound.url.href, "--porfile", "draft"],
      /unknown option '--porfile' \(Did you mean --profile\?\)/,
    ],
    [[sound.url.href, "--profile", "rfc"], /Allowed choices are draft, /],
    [[sound.url.href, "--target", missing], /Expected `--target` to be a file of JSON \(ENOENT\)/],
    [[sound.url.href, "--target", notJson], /Expected `--target` .* \(it does not parse\)/],
    [[sound.url.href, "--header", "none"], /Expected `--header` to be "Name: value"/],
    [[sound.url.href, "--count", "/runs#%"], /percent-encoded/],
    [[sound.url.href, "--count", "/menu"], /expected a number of runs from the count's URL/],
    [[sound.url.href, "--only", "P-0"], /`--only` chooses nothing/],
    [[sound.url.href, "--target", target, ...ONE, "--junit", folder], /`--junit`.*EISDIR/],
    [["http://127.0.0.1:1/pay"], /does not work at http:\/\/127\.0\.0\.1:1\/pay: .*ECONNREFUSED/],
  ];
  for (const [argv, message] of rows) {
    const { code, err } = await command(...argv);
    equal(code, 2, argv.join(" "));
    match(err, message);
    match(err, /^oncekey: [^\n]*\n$/);
  }
});

test("a description that does not fit is a mistake of its own, and fails no requirement", async () => {
  const closed = await serve((_request, response) => void response.writeHead(404).end());
  const { code, out, err } = await command(closed.url.href, "--header", "Authorization: secret");
  await closed.close();
  equal(code, 2);
  equal(out, "");
  match(err, /expected a 2xx for the described request, got 404\. Describe one that does/);
  ok(!err.includes("secret"), "no header in the message");
});
