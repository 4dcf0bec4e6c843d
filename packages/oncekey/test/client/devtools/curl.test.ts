/** The command that is copied, in a real shell: what comes out is what was sent. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import { curlOf } from "../../../src/client/devtools/curl.ts";
import { shortKey } from "../../../src/client/devtools/short-key.ts";
import { freeze } from "../../../src/client/frozen.ts";

/** Stands where curl would, and prints what a shell has made of the command. */
const STAND_IN = `#!${process.execPath}
const { readFileSync } = require("node:fs");
const args = process.argv.slice(2);
const input = args.includes("@-") ? readFileSync(0).toString("base64") : null;
console.log(JSON.stringify({ args, input }));
`;

const folder = mkdtempSync(join(tmpdir(), "oncekey-curl-"));
before(() => {
  writeFileSync(join(folder, "curl"), STAND_IN);
  chmodSync(join(folder, "curl"), 0o755);
});
after(() => rmSync(folder, { recursive: true }));

function inShell(command: string): { args: string[]; input: string | null } {
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` };
  return JSON.parse(execFileSync("sh", ["-c", command], { env, encoding: "utf8" }));
}

const TEXTS = [
  "soup",
  'it\'s $HOME `id` \\ "quoted" !! \n two lines\r\n',
  "@/etc/passwd",
  "'; touch /tmp/never; '",
  "\uFEFFmarked, and ünï 🍲",
];

for (const body of TEXTS) {
  test(`C-61: a shell gives curl the body ${JSON.stringify(body)} as it was sent`, async () => {
    const url = "https://shop.example/orders?a=1&b='2'";
    const headers = { "content-type": "text/plain", "idempotency-key": "it's a key" };
    const { args } = inShell(curlOf(await freeze(url, { method: "POST", headers, body })));
    deepEqual(args, [
      ...["--request", "POST", new URL(url).href],
      ...["--header", "content-type: text/plain", "--header", "idempotency-key: it's a key"],
      ...["--data-raw", body],
    ]);
  });
}

test("C-61: bytes that are no text arrive as they were, through a pipe", async () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
  const frozen = await freeze("https://shop.example/", { method: "POST", body: bytes });
  const { args, input } = inShell(curlOf(frozen));
  ok(args.includes("--data-binary"));
  equal(input, Buffer.from(bytes).toString("base64"));
});

test("C-61: a key that is cut short cannot be guessed from what is shown, however short it is", () => {
  equal(shortKey("123e4567-e89b-42d3-a456-426614174000"), "123e…4000");
  for (const key of ["", "a", "abc", "order-1", "order-17", "0123456789abcdef"]) {
    ok(shortKey(key).length - 1 <= key.length / 2, key);
  }
});
