/** Who may look, and who may settle: S-22, S-23 and the roles of S-25. */
import { deepEqual, equal, match, ok, rejects, throws } from "node:assert/strict";
import { test } from "node:test";
import { createDashboard, type DashboardOptions } from "@oncekey/dashboard";
import { startDashboard } from "@oncekey/dashboard/node";
import { memoryStore } from "oncekey/memory";
import type { SessionView } from "../src/dashboard.ts";
import { asking, byHeader } from "./asking.ts";
import { inDoubt } from "./records.ts";

const inspector = memoryStore();
const LOCAL = "http://localhost:8080";

/** Every route that there is, with a page's file among them. */
const ROUTES: readonly (readonly [string, string])[] = [
  ...(["", "api/session", "api/plots", "api/survey", "api/health", "api/live"] as const).map(
    (path) => ["GET", path] as const,
  ),
  ["GET", `api/records/${"0".repeat(64)}`],
  ...(["records", "queue", "find"] as const).map((name) => ["POST", `api/${name}`] as const),
  ["POST", `api/records/${"0".repeat(64)}/review`],
  ["POST", `api/records/${"0".repeat(64)}/resolve`],
];

function requestTo(method: string, path: string, headers: Record<string, string> = {}): Request {
  const own = { origin: LOCAL, "x-oncekey-dashboard": "1", "content-type": "application/json" };
  return new Request(`${LOCAL}/${path}`, {
    method,
    headers: method === "POST" ? { ...own, ...headers } : headers,
    ...(method === "POST" ? { body: "{}" } : {}),
  });
}

test("S-22: mounted, it throws without an `authorize` function", () => {
  const without = { inspector } as unknown as DashboardOptions;
  throws(() => createDashboard(without), /`authorize`.*there is no default/);
  const wrong = { inspector, authorize: "everybody" } as unknown as DashboardOptions;
  throws(() => createDashboard(wrong), /`authorize`/);
});

test("S-22: alone, it starts on this machine only, unless somebody says who may look", async () => {
  for (const host of ["0.0.0.0", "::", "192.0.2.1", "example.com"]) {
    await rejects(startDashboard({ inspector, host }), /`authorize`/, host);
  }
  const alone = await startDashboard({ inspector });
  match(alone.url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
  await alone.close();
  const elsewhere = await startDashboard({ inspector, host: "0.0.0.0", authorize: byHeader });
  await elsewhere.close();
});

test("S-22: alone, whoever sits at this machine may look, and settles nothing", async () => {
  const alone = await startDashboard({ inspector, audit: () => {} });
  try {
    const session = (await (await fetch(`${alone.url}api/session`)).json()) as SessionView;
    equal(session.role, "viewer");
    ok(session.readOnly !== undefined);
    // A proxy on this machine would make everybody look like a neighbour.
    const headers = { "X-Forwarded-For": "203.0.113.9" };
    equal((await fetch(`${alone.url}api/session`, { headers })).status, 401);
  } finally {
    await alone.close();
  }
});

test("S-22: without signing in every route is 401, the page and the stream too", async () => {
  const dashboard = createDashboard({ inspector, authorize: byHeader });
  for (const [method, path] of ROUTES) {
    const response = await dashboard.fetch(requestTo(method, path));
    equal(response.status, 401, `${method} ${path}`);
  }
});

test("S-22: an `authorize` that throws, rejects or answers nonsense lets nobody in", async () => {
  const failing: DashboardOptions["authorize"][] = [
    () => {
      throw new Error("no session");
    },
    () => Promise.reject(new Error("no session")),
    () => ({ name: "", role: "operator" }),
    () => ({ name: "ann", role: "admin" }) as never,
    () => true as never,
  ];
  for (const authorize of failing) {
    const dashboard = createDashboard({ inspector, authorize });
    equal((await dashboard.fetch(requestTo("GET", ""))).status, 401);
  }
});

test("S-22: `authorize` may send its own answer, such as a way to the sign-in", async () => {
  const authorize = () => new Response(null, { status: 303, headers: { Location: "/sign-in" } });
  const dashboard = createDashboard({ inspector, authorize });
  const response = await dashboard.fetch(requestTo("GET", ""));
  equal(response.status, 303);
  equal(response.headers.get("location"), "/sign-in");
  ok(response.headers.get("content-security-policy")?.includes("default-src 'none'"));
});

test("S-23: a name that is not listed is refused before anybody is asked", async () => {
  let asked = 0;
  const authorize = () => {
    asked += 1;
    return { name: "ann", role: "operator" } as const;
  };
  const hosts = ["admin.example.com"];
  const dashboard = createDashboard({ inspector, authorize, hosts });
  for (const host of ["rebound.example", "localhost", "admin.example.com.evil.example"]) {
    const response = await dashboard.fetch(new Request(`http://${host}/api/session`));
    equal(response.status, 421, host);
  }
  equal(asked, 0);
  const response = await dashboard.fetch(new Request("https://admin.example.com/api/session"));
  equal(response.status, 200);
});

test("S-23: what another page sends is refused: origin, site, a form, or no header of ours", async () => {
  const dashboard = createDashboard({ inspector, authorize: byHeader });
  const visitor = { "x-visitor": "ann/operator" };
  const status = async (method: string, headers: Record<string, string>) => {
    const request = requestTo(method, method === "GET" ? "api/session" : "api/records", visitor);
    for (const [name, value] of Object.entries(headers)) {
      if (value === "") request.headers.delete(name);
      else request.headers.set(name, value);
    }
    return (await dashboard.fetch(request)).status;
  };
  equal(await status("POST", {}), 200);
  equal(await status("POST", { origin: "http://evil.example" }), 403);
  equal(await status("POST", { origin: "http://localhost:9090" }), 403);
  equal(await status("POST", { origin: "null" }), 403);
  equal(await status("POST", { origin: "" }), 403);
  equal(await status("POST", { "x-oncekey-dashboard": "" }), 403);
  equal(await status("POST", { "content-type": "text/plain" }), 415);
  equal(await status("POST", { "sec-fetch-site": "same-site" }), 403);
  equal(await status("GET", { origin: "http://evil.example" }), 403);
  equal(await status("GET", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }), 403);
  // A link in a mail or a chat leads to the page.
  equal(await status("GET", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }), 200);
});

test("S-23: no answer allows another origin, and OPTIONS is not answered", async () => {
  const dashboard = createDashboard({ inspector, authorize: byHeader });
  const headers = { "x-visitor": "ann/operator" };
  for (const [method, path] of ROUTES.filter(([, path]) => path !== "api/live")) {
    const response = await dashboard.fetch(requestTo(method, path, headers));
    const names = [...response.headers.keys()];
    deepEqual(
      names.filter((name) => name.startsWith("access-control-")),
      [],
    );
  }
  const own = { origin: LOCAL, "x-oncekey-dashboard": "1", ...headers };
  const options = await dashboard.fetch(requestTo("OPTIONS", "api/records", own));
  equal(options.status, 405);
});

test("S-24: every answer has the policy, is not sniffed, and is framed by nobody", async () => {
  const dashboard = createDashboard({ inspector, authorize: byHeader });
  for (const visitor of ["ann/viewer", "nobody"]) {
    for (const [method, path] of ROUTES) {
      const request = requestTo(method, path, { "x-visitor": visitor });
      const { headers, body } = await dashboard.fetch(request);
      await body?.cancel();
      const policy = headers.get("content-security-policy") ?? "";
      ok(policy.startsWith("default-src 'none'; script-src 'self'; style-src 'self'"), path);
      ok(!policy.includes("unsafe") && policy.includes("frame-ancestors 'none'"));
      equal(headers.get("x-content-type-options"), "nosniff");
      equal(headers.get("x-frame-options"), "DENY");
      equal(headers.get("cache-control"), "no-store");
    }
  }
  dashboard.close();
});

test("S-24: the page has no inline script or style, and asks for nothing from elsewhere", async () => {
  const dashboard = createDashboard({ inspector, authorize: byHeader });
  const request = requestTo("GET", "", { "x-visitor": "ann/viewer" });
  const html = await (await dashboard.fetch(request)).text();
  equal(/<script(?![^>]* src=)|<style|\son\w+=|\sstyle=/i.test(html), false);
  const addresses = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address);
  ok(addresses.length >= 3);
  for (const address of addresses) {
    match(address ?? "", /^\.\/assets\/[\w.-]+$/);
    const file = await dashboard.fetch(
      requestTo("GET", address ?? "", { "x-visitor": "ann/viewer" }),
    );
    equal(file.status, 200, address);
  }
});

test("S-24: no path leads out of the page's folder", async () => {
  const dashboard = createDashboard({ inspector, authorize: byHeader });
  for (const path of [
    "../package.json",
    "%2e%2e/src/index.js",
    "assets/../../src/index.js",
    "..%2fsrc%2findex.js",
  ]) {
    const response = await dashboard.fetch(requestTo("GET", path, { "x-visitor": "ann/viewer" }));
    equal(response.status, 404, path);
  }
});

test("S-25: a viewer is refused, and so is an operator where there is no audit log", async () => {
  const lease = await inDoubt(inspector);
  const wish = { token: lease.token, happened: false, reason: "the bank says no" };
  const viewer = asking(
    createDashboard({ inspector, authorize: byHeader, audit: () => {} }),
    "vic/viewer",
  );
  const unaudited = asking(createDashboard({ inspector, authorize: byHeader }));
  for (const page of [viewer, unaudited]) {
    equal((await page.post(`api/records/${lease.id}/review`, wish)).status, 403);
    equal((await page.post(`api/records/${lease.id}/resolve`, wish)).status, 403);
    ok((await page.get<SessionView>("api/session")).body.readOnly !== undefined);
  }
  equal((await inspector.get(lease.id))?.state, "in-doubt");
});

test("an option that is unknown or wrong is named when the dashboard is made", () => {
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ inspector: {} }, /`inspector`/],
    [{ hosts: "admin.example.com" }, /`hosts`/],
    [{ hosts: ["https://admin.example.com/"] }, /`hosts`/],
    [{ base: "oncekey" }, /`base`/],
    [{ base: "//evil.example" }, /`base`/],
    [{ audit: "file" }, /`audit`/],
    [{ showAnswers: "yes" }, /`showAnswers`/],
    [{ examine: [] }, /`examine`/],
    [{ eventsMax: 0 }, /`eventsMax`/],
    [{ readonly: true }, /no option `readonly`/],
  ];
  for (const [option, words] of wrong) {
    const options = { inspector, authorize: byHeader, ...option } as DashboardOptions;
    throws(() => createDashboard(options), words);
  }
});
