/** The dashboard's own sign-in: S-22's caps, the cookie of S-23, and time that tells nothing (S-17). */
import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { mock, test } from "node:test";
import { type Account, createDashboard, type Dashboard, signIn } from "@oncekey/dashboard";
import { memoryStore } from "oncekey/memory";
import type { SessionView } from "../src/dashboard.ts";
import { until } from "./shop.ts";

const ANN: Account = { name: "ann", role: "operator", password: "correct horse battery" };
const VIC: Account = { name: "vic", role: "viewer", password: "staple staple staple" };
const LOCAL = "http://localhost:8080";

const made = (origin = LOCAL): Dashboard =>
  createDashboard({
    inspector: memoryStore(),
    authorize: signIn([ANN, VIC]),
    base: "/oncekey",
    hosts: [new URL(origin).host],
  });

interface Sent {
  readonly origin?: string;
  readonly cookie?: string;
  readonly peer?: string;
  readonly accept?: string;
  readonly own?: boolean;
}

const HOUR_MS = 3_600_000;

function post(dashboard: Dashboard, path: string, body: object, sent: Sent = {}) {
  const { origin = LOCAL, cookie, peer, own = true } = sent;
  const headers = new Headers({ origin, "content-type": "application/json" });
  if (own) headers.set("x-oncekey-dashboard", "1");
  if (cookie !== undefined) headers.set("cookie", cookie);
  const init = { method: "POST", headers, body: JSON.stringify(body) };
  return dashboard.fetch(new Request(`${origin}/oncekey/api/${path}`, init), { peer });
}

function get(dashboard: Dashboard, path: string, { cookie, accept = "*/*" }: Sent = {}) {
  const headers = new Headers({ accept });
  if (cookie !== undefined) headers.set("cookie", cookie);
  return dashboard.fetch(new Request(`${LOCAL}/oncekey/${path}`, { headers }));
}

const said = ({ name, password }: Account) => ({ name, password });

/** The cookie as a browser sends it back. */
async function signedIn(dashboard: Dashboard, account: Account): Promise<string> {
  const response = await post(dashboard, "sign-in", said(account));
  equal(response.status, 200);
  const [cookie = ""] = (response.headers.get("set-cookie") ?? "").split(";");
  return cookie;
}

test("S-22: `signIn` has no default account, and refuses a short password", () => {
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [undefined, /a list of accounts/],
    [[], /a list of accounts/],
    [[{ ...ANN, name: "" }], /`name`/],
    [[{ ...ANN, role: "admin" }], /`role`/],
    [[{ ...ANN, password: "" }], /at least 12/],
    [[{ ...ANN, password: "12345678901" }], /at least 12/],
    [[ANN, { ...VIC, name: "ann" }], /names that differ/],
  ];
  for (const [accounts, words] of wrong) throws(() => signIn(accounts as Account[]), words);
});

test("S-22: without signing in every route is 401, the files, the data and the stream", async () => {
  const dashboard = made();
  const cookie = await signedIn(dashboard, ANN);
  const html = await (await get(dashboard, "", { cookie })).text();
  const files = [...html.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, name = ""]) => name);
  ok(files.length >= 3);
  const paths = ["", ...files, "api/session", "api/plots", "api/survey", "api/health", "api/live"];
  for (const path of [...paths, `api/records/${"0".repeat(64)}`]) {
    equal((await get(dashboard, path)).status, 401, path);
    equal((await get(dashboard, path, { accept: "text/html" })).status, 401, path);
    equal((await get(dashboard, path, { cookie: "oncekey-dashboard=guessed" })).status, 401, path);
  }
  for (const path of ["records", "queue", "find", `records/${"0".repeat(64)}/resolve`]) {
    equal((await post(dashboard, path, {})).status, 401, path);
  }
});

test("S-22: a name and its password let in, with the account's role, and no other pair does", async () => {
  const dashboard = made();
  for (const account of [ANN, VIC]) {
    const cookie = await signedIn(dashboard, account);
    const session = (await (await get(dashboard, "api/session", { cookie })).json()) as SessionView;
    deepEqual([session.name, session.role, session.canSignOut], [account.name, account.role, true]);
  }
  const wrong = [
    { name: "ann", password: VIC.password },
    { name: "annc", password: ANN.password.slice(1) },
    { name: "ANN", password: ANN.password },
    { name: "nobody", password: ANN.password },
  ];
  for (const pair of wrong) {
    const response = await post(dashboard, "sign-in", pair, { peer: "192.0.2.7" });
    equal(response.status, 401);
    equal(response.headers.get("set-cookie"), null);
    // Whether there is such a name is not said.
    match(await response.text(), /The name or the password is wrong\./);
  }
});

test("S-22: ten tries a minute from one address, then 429, the right password too", async () => {
  mock.timers.enable({ apis: ["Date"] });
  try {
    const dashboard = made();
    const guess = { name: "ann", password: "a guess of twelve" };
    const peer = "192.0.2.1";
    for (let count = 0; count < 10; count++) {
      equal((await post(dashboard, "sign-in", guess, { peer })).status, 401);
    }
    const refused = await post(dashboard, "sign-in", said(ANN), { peer });
    equal(refused.status, 429);
    equal(refused.headers.get("retry-after"), "60");
    equal((await post(dashboard, "sign-in", said(ANN), { peer: "192.0.2.2" })).status, 200);
    mock.timers.tick(59_999);
    equal((await post(dashboard, "sign-in", said(ANN), { peer })).status, 429);
    mock.timers.tick(1);
    equal((await post(dashboard, "sign-in", said(ANN), { peer })).status, 200);
  } finally {
    mock.timers.reset();
  }
});

test("S-22: tries from very many addresses are refused, and the memory of them stays small", async () => {
  mock.timers.enable({ apis: ["Date"] });
  try {
    const dashboard = made();
    const guess = { name: "ann", password: "a guess of twelve" };
    const statuses: number[] = [];
    for (let count = 0; count < 1_001; count++) {
      statuses.push((await post(dashboard, "sign-in", guess, { peer: `host ${count}` })).status);
    }
    deepEqual([statuses.at(-2), statuses.at(-1)], [401, 429]);
    mock.timers.tick(60_000);
    equal((await post(dashboard, "sign-in", said(ANN), { peer: "another" })).status, 200);
  } finally {
    mock.timers.reset();
  }
});

test("S-22: a sign-in lasts eight hours, and its stream no longer", async () => {
  mock.timers.enable({ apis: ["Date", "setTimeout"] });
  try {
    const dashboard = made();
    const cookie = await signedIn(dashboard, VIC);
    const { body, status } = await get(dashboard, "api/live", { cookie });
    equal(status, 200);
    mock.timers.tick(8 * HOUR_MS - 1);
    equal((await get(dashboard, "api/session", { cookie })).status, 200);
    mock.timers.tick(1);
    equal((await get(dashboard, "api/session", { cookie })).status, 401);
    // Reads to the end: a stream that went on would hang here.
    let chunks = 0;
    for await (const _ of body ?? []) chunks += 1;
    ok(chunks > 0);
    dashboard.close();
  } finally {
    mock.timers.reset();
  }
});

test("S-22: signing out ends the sign-in and its stream, and no other one", async () => {
  const dashboard = made();
  const cookie = await signedIn(dashboard, ANN);
  const other = await signedIn(dashboard, ANN);
  const { body } = await get(dashboard, "api/live", { cookie });
  const out = await post(dashboard, "sign-out", {}, { cookie });
  equal(out.status, 200);
  match(out.headers.get("set-cookie") ?? "", /^oncekey-dashboard=; Path=\/oncekey\/; Max-Age=0;/);
  let chunks = 0;
  for await (const _ of body ?? []) chunks += 1;
  ok(chunks > 0);
  equal((await get(dashboard, "api/session", { cookie })).status, 401);
  equal((await get(dashboard, "api/session", { cookie: other })).status, 200);
  dashboard.close();
});

test("C-72: a stream that its visitor leaves frees its place, under a sign-in too", async () => {
  const dashboard = made();
  const cookie = await signedIn(dashboard, VIC);
  const open = () => get(dashboard, "api/live", { cookie });
  const streams = await Promise.all(Array.from({ length: 50 }, open));
  equal((await open()).status, 503);
  await streams[0]?.body?.cancel();
  await until("the place is free", async () => (await open()).status === 200);
  dashboard.close();
});

test("S-22: signing in again ends what the browser held before", async () => {
  const dashboard = made();
  const before = await signedIn(dashboard, VIC);
  const again = await post(dashboard, "sign-in", said(ANN), { cookie: before });
  equal(again.status, 200);
  equal((await get(dashboard, "api/session", { cookie: before })).status, 401);
});

test("S-23: the cookie is HttpOnly, SameSite=Strict, of one path, and Secure elsewhere", async () => {
  const rules = async (origin: string) => {
    const response = await post(made(origin), "sign-in", said(ANN), { origin });
    const [pair = "", ...others] = (response.headers.get("set-cookie") ?? "").split("; ");
    match(pair, /^oncekey-dashboard=[\w-]{43}$/);
    return others;
  };
  const common = ["Path=/oncekey/", "Max-Age=28800", "HttpOnly", "SameSite=Strict"];
  deepEqual(await rules(LOCAL), common);
  deepEqual(await rules("https://admin.example.com"), [...common, "Secure"]);
  // A proxy that ends TLS passes on plain HTTP: that makes it no less a name of elsewhere.
  deepEqual(await rules("http://admin.example.com"), [...common, "Secure"]);
});

test("S-23: another page can sign nobody in or out", async () => {
  const dashboard = made();
  const cookie = await signedIn(dashboard, ANN);
  equal((await post(dashboard, "sign-in", said(ANN), { own: false })).status, 403);
  equal((await post(dashboard, "sign-out", {}, { cookie, own: false })).status, 403);
  const headers = { origin: "http://evil.example", "x-oncekey-dashboard": "1", cookie };
  const forged = new Request(`${LOCAL}/oncekey/api/sign-out`, { method: "POST", headers });
  equal((await dashboard.fetch(forged)).status, 403);
  equal((await get(dashboard, "api/session", { cookie })).status, 200);
});

test("S-24: the form comes under a policy that names its script and style by their digests", async () => {
  const response = await get(made(), "", { accept: "text/html" });
  const policy = response.headers.get("content-security-policy") ?? "";
  match(
    policy,
    /^default-src 'none'; script-src 'self' 'sha256-[\w+/=]+'; style-src 'self' 'sha256-/,
  );
  ok(!policy.includes("unsafe") && policy.includes("frame-ancestors 'none'"));
  equal(response.headers.get("x-content-type-options"), "nosniff");
  equal(response.headers.get("cache-control"), "no-store");
});
