/** `oncekey dashboard`, as a process of its own over real databases: C-75, and S-22 of who may look. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { CLI, complete, doubt, places, withStore } from "./commands.ts";

const folder = mkdtempSync(join(tmpdir(), "oncekey-page-"));
const stores = await places();
const children = new Set<ChildProcess>();
after(async () => {
  for (const child of children) child.kill("SIGKILL");
  for (const place of stores) await place.remove();
  rmSync(folder, { recursive: true });
});

interface Page {
  readonly url: string;
  /** Sends SIGTERM, and resolves with the exit code and what was said on stderr. */
  end(): Promise<readonly [code: number | null, stderr: string]>;
}

/** Resolves once it says where it is. */
async function pageOver(store: string, ...flags: readonly string[]): Promise<Page> {
  const args = [CLI, "dashboard", "--store", store, "--listen", "127.0.0.1:0", ...flags];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  children.add(child);
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += String(chunk);
  });
  const closed = once(child, "close").then(() => [child.exitCode, stderr] as const);
  const line = once(createInterface({ input: child.stdout }), "line").then(([text]) => text);
  const first = await Promise.race([line, closed.then(([, said]) => said)]);
  const url = /^listening on (http:\/\/127\.0\.0\.1:\d+\/)$/.exec(String(first))?.[1];
  if (url === undefined) throw new Error(`It did not start: ${first}`);
  return {
    url,
    end() {
      child.kill("SIGTERM");
      return closed;
    },
  };
}

/** Asks as the page does, with the cookie of whoever has signed in. */
async function ask({ url }: Page, path: string, body?: object, cookie = "") {
  const response = await fetch(`${url}api/${path}`, {
    ...(body && { method: "POST", body: JSON.stringify(body) }),
    headers: {
      "content-type": "application/json",
      "x-oncekey-dashboard": "1",
      origin: new URL(url).origin,
      cookie,
    },
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** The status, and the cookie that says who it is. */
async function signIn(page: Page, name: string, password: string) {
  const { status, headers } = await ask(page, "sign-in", { name, password });
  const [cookie = ""] = (headers.get("set-cookie") ?? "").split(";");
  return { status, cookie };
}

for (const { kind, address } of stores) {
  test(`C-75: over ${kind} the page reads a record, and settles none`, async () => {
    const id = await withStore(address, (store) => complete(store, "canary-key"));
    const lease = await withStore(address, (store) => doubt(store, "order-1"));
    const page = await pageOver(address);
    match(await (await fetch(page.url)).text(), /<title>/);
    const { status, text } = await ask(page, `records/${id}`);
    equal(status, 200);
    ok(text.includes(id) && text.includes("POST /pay") && text.includes('"completed"'), text);
    const wish = { token: lease.token, happened: false, reason: "not in the ledger" };
    equal((await ask(page, `records/${lease.id}/review`, wish)).status, 403);
    deepEqual(await page.end(), [0, ""]);
    await withStore(address, async (store) => {
      equal((await store.get(lease.id))?.state, "in-doubt");
    });
  });
}

const PASSWORD = "correct:horse battery".replaceAll(" ", "-");
const users = join(folder, "users");
writeFileSync(users, `# who is on call\nann:${PASSWORD}\n\nbob:another-long-password\n`);
const [{ address: sqlite } = { address: "" }] = stores;

test("S-22: with --users nobody sees anything who has not signed in", async () => {
  const page = await pageOver(sqlite, "--users", users);
  for (const path of ["session", "live", "plots"]) {
    equal((await ask(page, path)).status, 401, path);
  }
  equal((await fetch(page.url)).status, 401);
  for (const [name, password] of [
    ["ann", "secret"],
    ["ann", "another-long-password"],
    ["eve", PASSWORD],
  ] as const) {
    const { status, cookie } = await signIn(page, name, password);
    deepEqual([status, cookie], [401, ""], name);
  }
  const { status, cookie } = await signIn(page, "ann", PASSWORD);
  equal(status, 200);
  const { name, role } = JSON.parse((await ask(page, "session", undefined, cookie)).text);
  deepEqual([name, role], ["ann", "viewer"]);
  deepEqual(await page.end(), [0, ""]);
});

test("S-22: a password is tried ten times a minute, and no more", async () => {
  const page = await pageOver(sqlite, "--users", users);
  for (let tries = 0; tries < 10; tries++) {
    equal((await signIn(page, "ann", `${PASSWORD}${tries}`)).status, 401);
  }
  equal((await signIn(page, "ann", PASSWORD)).status, 429);
  deepEqual(await page.end(), [0, ""]);
});

test("S-25: with --write who has signed in settles, and the file says who it was", async () => {
  const { id, token } = await withStore(sqlite, (store) => doubt(store, "order-2"));
  const audit = join(folder, "audit.jsonl");
  const page = await pageOver(sqlite, "--users", users, "--write", audit);
  const { cookie: bob } = await signIn(page, "bob", "another-long-password");
  const wish = { token, happened: false, reason: "not in the ledger" };
  equal((await ask(page, `records/${id}/review`, wish)).status, 401);
  const review = await ask(page, `records/${id}/review`, wish, bob);
  equal(review.status, 200);
  const { confirmation } = JSON.parse(review.text);
  const settled = await ask(page, `records/${id}/resolve`, { ...wish, confirmation }, bob);
  equal(settled.status, 200, settled.text);
  const lines = readFileSync(audit, "utf8").trimEnd().split("\n");
  deepEqual(
    lines.map((line) => JSON.parse(line)).map(({ phase, operator }) => [phase, operator]),
    [
      ["asked", "bob"],
      ["settled", "bob"],
    ],
  );
  deepEqual(await page.end(), [0, ""]);
  await withStore(sqlite, async (store) => {
    equal(await store.get(id), undefined);
  });
});

test("S-23: the page answers to this machine's names, and to those of --host", async () => {
  const page = await pageOver(sqlite, "--host", "admin.example");
  const { port } = new URL(page.url);
  const statusUnder = async (host: string) => {
    const { request } = await import("node:http");
    const asked = request({ host: "127.0.0.1", port, path: "/api/session", headers: { host } });
    asked.end();
    const [response] = await once(asked, "response");
    response.resume();
    return response.statusCode;
  };
  deepEqual([await statusUnder("admin.example"), await statusUnder("evil.example")], [200, 421]);
  deepEqual(await page.end(), [0, ""]);
});
