/** P-80: one exchange, played against every adapter, gives the same bytes. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { after, test } from "node:test";
import { gate } from "../../src/conformance/adapter/scene.ts";
import {
  type Heard,
  type Spelling,
  spell,
  valuesOf,
  wireTo,
} from "../../src/conformance/adapter/wire.ts";
import type { Application, Mounted, Reply } from "../../src/conformance/adapter.ts";
import { StoreUnavailable } from "../../src/core/errors.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { MOUNTS } from "./mounts.ts";

/** What a server adds by itself, each in its own way. */
const SERVERS_OWN = ["date", "connection", "keep-alive", "transfer-encoding"];

interface Step {
  readonly name: string;
  readonly spelling: Spelling;
  /** Whether all of it is oncekey's: then every header and the length are compared too. */
  readonly isOurs: boolean;
}

const ours = (name: string, spelling: Spelling): Step => ({ name, spelling, isOurs: true });
const theirs = (name: string, spelling: Spelling): Step => ({ name, spelling, isOurs: false });

const BINARY = Uint8Array.from({ length: 256 }, (_, byte) => byte);
const REPLIES: Readonly<Record<string, Reply>> = {
  "/pay": {
    status: 201,
    headers: [
      ["Content-Type", "application/json"],
      ["Location", "/payments/1"],
      ["Set-Cookie", "a=1"],
      ["X-Request-Id", "r1"],
      ["Cache-Control", "private"],
      ["X-Own", "1"],
    ],
    body: '{"id":1}',
  },
  "/binary": {
    status: 200,
    headers: [["Content-Type", "application/octet-stream"]],
    body: BINARY,
  },
  "/nothing": { status: 204 },
  "/empty": { status: 200 },
  "/see": { status: 303, headers: [["Location", "/payments/1"]] },
  "/conflict": { status: 409, headers: [["Content-Type", "text/plain"]], body: "sold out" },
  "/unavailable": { status: 503, headers: [["Retry-After", "5"]] },
  "/cut": { status: 200, cut: true },
};

const first = Object.keys(REPLIES).map((path) => theirs(`first ${path}`, { path, key: path }));
const again = Object.keys(REPLIES).map((path) => ours(`again ${path}`, { path, key: path }));

const STEPS: readonly Step[] = [
  ...first,
  ...again,
  ours("quoted", { path: "/pay", key: '"/pay"' }),
  ours("another body", { path: "/pay", key: "/pay", body: "{}" }),
  ours("another path", { path: "/binary", key: "/pay" }),
  ours("no key", { key: null }),
  ours("two keys", { key: "a", lines: [["Idempotency-Key", "a"]] }),
  ours("blank key", { key: "" }),
  ours("long key", { key: "x".repeat(256) }),
  ours("nobody", { user: null }),
  ours("too large", { body: "x".repeat(1001) }),
  ours("too large, in chunks", {
    framing: ["Transfer-Encoding", "chunked"],
    body: `3e9\r\n${"x".repeat(1001)}\r\n0\r\n\r\n`,
  }),
  ours("unreadable date", { lines: [["Repeatability-First-Sent", "yesterday"]] }),
  ours("first sent long ago", {
    key: "late",
    lines: [["Repeatability-First-Sent", "Wed, 21 Oct 2015 07:28:00 GMT"]],
  }),
  theirs("omitted", { path: "/omit", key: "omit" }),
  ours("omitted, again", { path: "/omit", key: "omit" }),
  ours("html wanted", { key: "a, b", lines: [["Accept", "text/html"]] }),
];

function application(store: Application["store"], held: Promise<void>): Application {
  return {
    store,
    options: {
      scope: (call) => call.header("x-user"),
      required: true,
      maxRequestBytes: 1000,
      docs: "https://docs.example/keys",
    },
    outside: () => ({ headers: [["X-Outside", "1"]] }),
    async handler(call) {
      if (call.target === "/slow") await held;
      if (call.target === "/omit") call.idempotency?.omit();
      return REPLIES[call.target] ?? { status: 200, headers: [["Location", "/omitted"]] };
    },
  };
}

/** Status, header lines and body, as far as they are not the server's own. */
function shown({ status, lines, body }: Heard, isOurs: boolean): unknown {
  const except = isOurs ? SERVERS_OWN : [...SERVERS_OWN, "content-length"];
  const compared = lines
    .map(([name, value]) => `${name.toLowerCase()}: ${value}`)
    .filter((line) => !except.includes(line.split(":", 1)[0] ?? ""));
  return { status, headers: compared.sort(), body };
}

/** A fresh connection for each, because some of the answers close theirs. */
async function ask(mounted: Mounted, spelling: Spelling): Promise<Heard | undefined> {
  const wire = await wireTo(mounted);
  try {
    wire.write(spell(spelling));
    return await wire.hear();
  } catch {
    return undefined;
  } finally {
    wire.leave();
  }
}

async function played(mount: (application: Application) => Promise<Mounted>) {
  const held = gate();
  const mounted = await mount(application(memoryStore(), held.opened));
  const heard: Record<string, unknown> = {};
  try {
    for (const { name, spelling, isOurs } of STEPS) {
      const answer = await ask(mounted, spelling);
      heard[name] = answer && shown(answer, isOurs);
      if (answer !== undefined && isOurs) {
        equal(valuesOf(answer, "x-outside").join(), "1", `${name}: what stands outside`);
      }
    }
    const slow = { path: "/slow", key: "slow" };
    const running = ask(mounted, slow);
    let refused = await ask(mounted, slow);
    // The second may have come first.
    while (refused?.status === 200) refused = await ask(mounted, slow);
    heard["in flight"] = refused && shown(refused, true);
    held.open();
    await running;
    heard["after that"] = shown((await ask(mounted, slow)) as Heard, true);
  } finally {
    await mounted.close();
  }
  const down = memoryStore();
  const refuse = () => Promise.reject(new StoreUnavailable("The store is down."));
  const broken = await mount(application({ ...down, claim: refuse }, held.opened));
  try {
    const answer = await ask(broken, { path: "/pay" });
    heard["store down"] = answer && shown(answer, true);
  } finally {
    await broken.close();
  }
  return heard;
}

const all = new Map<string, Promise<Record<string, unknown>>>();
after(() => all.clear());
const of = (name: string): Promise<Record<string, unknown>> => {
  const mount = MOUNTS[name];
  ok(mount !== undefined);
  const known = all.get(name) ?? played(mount);
  all.set(name, known);
  return known;
};

const [reference = "", ...others] = Object.keys(MOUNTS);

test(`P-80: ${reference} answers all that it can answer`, async () => {
  const heard = await of(reference);
  const unheard = Object.keys(heard).filter((name) => heard[name] === undefined);
  deepEqual(unheard, ["first /cut"]);
  const statuses = Object.entries(heard).map(([name, answer]) => [
    name,
    (answer as { readonly status?: number } | undefined)?.status,
  ]);
  deepEqual(Object.fromEntries(statuses), STATUSES);
});

for (const name of others) {
  test(`P-80: ${name} answers as ${reference} does, byte for byte`, async () => {
    deepEqual(await of(name), await of(reference));
  });
}

/** So that all may not be wrong together. */
const STATUSES: Readonly<Record<string, number | undefined>> = {
  "first /pay": 201,
  "first /binary": 200,
  "first /nothing": 204,
  "first /empty": 200,
  "first /see": 303,
  "first /conflict": 409,
  "first /unavailable": 503,
  "first /cut": undefined,
  "again /pay": 201,
  "again /binary": 200,
  "again /nothing": 204,
  "again /empty": 200,
  "again /see": 303,
  "again /conflict": 409,
  "again /unavailable": 503,
  "again /cut": 409,
  quoted: 201,
  "another body": 422,
  "another path": 422,
  "no key": 400,
  "two keys": 400,
  "blank key": 400,
  "long key": 400,
  nobody: 400,
  "too large": 413,
  "too large, in chunks": 413,
  "unreadable date": 400,
  "first sent long ago": 412,
  omitted: 200,
  "omitted, again": 409,
  "html wanted": 400,
  "in flight": 409,
  "after that": 200,
  "store down": 503,
};
