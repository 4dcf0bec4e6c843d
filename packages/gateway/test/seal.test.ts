/** "Secrets at rest": answers through gateways with keys, and the bytes of the store that they share. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { command } from "./command/commands.ts";
import { dashboardOf, type GatewayProcess, gatewayProcess, type Said, send } from "./gateways.ts";
import { cuts, type RawUpstream, rawUpstream } from "./raw-upstream.ts";

/** Words that no file has by chance. */
const CANARY = "canary-7f3a91c2";
const HEADER_CANARY = "canary-b80d44e6";
const ANSWER = [
  "HTTP/1.1 201 Created",
  `Content-Length: ${CANARY.length}`,
  `X-Note: ${HEADER_CANARY}`,
  "",
  CANARY,
].join("\r\n");

const keyNamed = (id: string): string => `${id}:${randomBytes(32).toString("base64")}`;
const OLD = keyNamed("2025");
const NEW = keyNamed("2026-11");

interface House {
  readonly store: string;
  readonly upstream: RawUpstream;
  /** A file of keys, the first of which seals. */
  keys(...entries: readonly string[]): string;
  /** A gateway over the store, for as long as `use` takes. */
  through<T>(
    flags: readonly string[],
    use: (gateway: GatewayProcess) => Promise<T>,
    env?: NodeJS.ProcessEnv,
  ): Promise<T>;
  /** Whether the words are in any file of the store. */
  holds(words: string): boolean;
}

async function house(context: TestContext): Promise<House> {
  const folder = mkdtempSync(join(tmpdir(), "oncekey-seal-"));
  const records = mkdtempSync(join(folder, "records-"));
  const store = `sqlite:${join(records, "a.db")}`;
  // The one that breaks off leaves its record in doubt.
  const upstream = await rawUpstream((socket, request, hit) => {
    if (request.startsWith("POST /cut")) cuts(socket, request, hit);
    else socket.write(ANSWER);
  });
  context.after(async () => {
    await upstream.close();
    rmSync(folder, { recursive: true });
  });
  let files = 0;
  return {
    store,
    upstream,
    keys(...entries) {
      files += 1;
      const file = join(folder, `${files}.keys`);
      writeFileSync(file, `# the first one seals\n${entries.join("\n")}\n`);
      return file;
    },
    async through(flags, use, env) {
      const base = ["--upstream", upstream.url, "--store", store, "--scope", "global", "--json"];
      const gateway = await gatewayProcess([...base, ...flags], env);
      try {
        return await use(gateway);
      } finally {
        await gateway.end("SIGTERM");
      }
    },
    holds: (words) =>
      readdirSync(records).some((name) => readFileSync(join(records, name)).includes(words)),
  };
}

const keyed = (gateway: GatewayProcess, key: string, path = "/pay"): Promise<Said> =>
  send(gateway, { path, headers: { "idempotency-key": key } });

const seen = ({ status, isReplay, code, text }: Said) => ({ status, isReplay, code, text });
const REPLAYED = { status: 201, isReplay: true, code: undefined, text: CANARY };

function isDamaged(said: Said): void {
  deepEqual([said.status, said.code], [503, "idempotency_store_unavailable"]);
  ok(!said.text.includes(CANARY));
}

test("S-38: an answer through a gateway with keys is replayed, and is not in the store's bytes", async (context) => {
  const { keys, through, holds, upstream } = await house(context);
  await through(["--seal-keys", keys(NEW)], async (gateway) => {
    equal((await keyed(gateway, "k1")).text, CANARY);
    const again = await keyed(gateway, "k1");
    deepEqual(seen(again), REPLAYED);
    equal(again.headers.get("x-note"), HEADER_CANARY);
    // While it runs, what was written last is in the log beside the file.
    deepEqual([holds(CANARY), holds(HEADER_CANARY)], [false, false]);
  });
  deepEqual([holds(CANARY), holds(HEADER_CANARY)], [false, false]);
  equal(upstream.hits.length, 1);
  // Without keys it is there: what the search does not find, it could have found.
  await through([], (gateway) => keyed(gateway, "k2"));
  deepEqual([holds(CANARY), holds(HEADER_CANARY)], [true, true]);
});

test("keys come from the environment as well, and the command line's file goes before it", async (context) => {
  const { keys, through, holds } = await house(context);
  const env = { ONCEKEY_SEAL_KEYS: `${NEW}, ${OLD}` };
  await through([], (gateway) => keyed(gateway, "k1"), env);
  equal(holds(CANARY), false);
  const file = ["--seal-keys", keys(OLD)];
  await through(file, async (gateway) => isDamaged(await keyed(gateway, "k1")), env);
  const replayed = await through(["--seal-keys", keys(NEW)], (gateway) => keyed(gateway, "k1"));
  deepEqual(seen(replayed), REPLAYED);
});

test("keys come from the file that the configuration names, and the environment goes before it", async (context) => {
  const { keys, through, holds } = await house(context);
  const config = keys();
  writeFileSync(config, JSON.stringify({ sealKeys: keys(OLD) }));
  const first = await through(["--config", config], (gateway) => keyed(gateway, "k1"));
  deepEqual([first.text, holds(CANARY)], [CANARY, false]);
  const env = { ONCEKEY_SEAL_KEYS: NEW };
  await through(
    ["--config", config],
    async (gateway) => isDamaged(await keyed(gateway, "k1")),
    env,
  );
});

test("S-39: keys are rotated: the first seals, every one opens, and the old one is dropped at last", async (context) => {
  const { keys, through, upstream } = await house(context);
  await through(["--seal-keys", keys(OLD)], (gateway) => keyed(gateway, "before"));
  await through(["--seal-keys", keys(NEW, OLD)], async (gateway) => {
    deepEqual(seen(await keyed(gateway, "before")), REPLAYED);
    await keyed(gateway, "after");
  });
  await through(["--seal-keys", keys(NEW)], async (gateway) => {
    deepEqual(seen(await keyed(gateway, "after")), REPLAYED);
    isDamaged(await keyed(gateway, "before"));
  });
  equal(upstream.hits.length, 2);
});

test("S-39: a gateway without the key answers 503 and never runs again, and the key put back heals it", async (context) => {
  const { keys, through, upstream } = await house(context);
  await through(["--seal-keys", keys(OLD)], (gateway) => keyed(gateway, "k1"));
  for (const flags of [[], ["--seal-keys", keys(NEW)]]) {
    await through(flags, async (gateway) => {
      for (let times = 0; times < 2; times++) isDamaged(await keyed(gateway, "k1"));
    });
  }
  equal(upstream.hits.length, 1);
  await through(["--seal-keys", keys(OLD)], async (gateway) => {
    deepEqual(seen(await keyed(gateway, "k1")), REPLAYED);
  });
  equal(upstream.hits.length, 1);
});

test("`keys resolve` seals the answer that it attaches, and the gateway replays it", async (context) => {
  const { keys, through, holds, store, upstream } = await house(context);
  const file = ["--seal-keys", keys(NEW)];
  await through(file, async (gateway) => {
    equal((await keyed(gateway, "k1", "/cut")).code, "idempotency_outcome_unknown");
  });
  const whose = ["--scope", "global", "--key", "k1", "--store", store];
  const outcome = ["--happened", "--status", "201", "--body", "-", "--reason", "in the ledger"];
  const settled = await command(["keys", "resolve", ...whose, ...outcome, "--yes", ...file], {
    stdin: CANARY,
  });
  equal(settled.code, 0, settled.stderr);
  equal(holds(CANARY), false);
  await through(file, async (gateway) => {
    deepEqual(seen(await keyed(gateway, "k1", "/cut")), REPLAYED);
  });
  equal(upstream.hits.length, 1);
});

test("`keys show` says whether the keys open what was kept, and not what it is", async (context) => {
  const { keys, through, store } = await house(context);
  await through(["--seal-keys", keys(NEW)], (gateway) => keyed(gateway, "k1"));
  const show = (flags: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    command(["keys", "show", "--scope", "global", "--key", "k1", "--store", store, ...flags], {
      env,
    });
  match((await show(["--seal-keys", keys(NEW)])).stdout, /^kept +answer 201$/m);
  match((await show([], { ONCEKEY_SEAL_KEYS: NEW })).stdout, /^kept +answer 201$/m);
  const other = await show(["--seal-keys", keys(OLD), "--json"]);
  equal((JSON.parse(other.stdout) as { kept: string }).kept, "unreadable");
  const without = await show([]);
  equal(without.code, 0);
  ok(!without.stdout.includes("kept"));
});

test("the dashboard of a gateway with keys opens what they sealed", async (context) => {
  const { keys, through } = await house(context);
  const flags = ["--dashboard", "127.0.0.1:0", "--seal-keys", keys(NEW)];
  const rows = await through(flags, async (gateway) => {
    await keyed(gateway, "k1");
    const page = new URL(await dashboardOf(gateway));
    const asked = await fetch(new URL("api/records", page), {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-oncekey-dashboard": "1",
        origin: page.origin,
      },
      body: "{}",
    });
    return ((await asked.json()) as { rows: readonly { kept: object }[] }).rows;
  });
  deepEqual(
    rows.map(({ kept }) => kept),
    [{ kind: "answer", status: 201, bytes: CANARY.length }],
  );
});

test("`keys forget` empties what the keys open, and leaves what they do not", async (context) => {
  const { keys, through, store, holds } = await house(context);
  const file = ["--seal-keys", keys(NEW)];
  await through(file, (gateway) => keyed(gateway, "k1"));
  const forget = (flags: readonly string[]) =>
    command(["keys", "forget", "--scope", "global", "--yes", "--store", store, ...flags]);
  const blind = await forget([]);
  deepEqual([blind.code, /1 record that cannot be read/.test(blind.stdout)], [1, true]);
  equal((await forget(file)).code, 0);
  await through(file, async (gateway) => {
    equal((await keyed(gateway, "k1")).code, "idempotency_response_not_kept");
  });
  equal(holds(CANARY), false);
});
