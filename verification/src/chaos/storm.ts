/** A thousand duplicates of one key over five processes, all at once: one effect. */
import { Agent, request as httpRequest } from "node:http";
import { type Mode, modesOf, type StoreName } from "./cell.ts";
import { type Cluster, PROCESSES, startCluster } from "./cluster.ts";
import { type Ground, openGround } from "./ground.ts";
import { type LedgerReader, readLedger } from "./ledger.ts";
import type { Place } from "./place.ts";

export interface Storm {
  readonly store: StoreName;
  readonly mode: Mode;
  readonly storms: number;
  readonly duplicates: number;
  readonly violations: readonly string[];
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The largest resident set of the five processes, before and after. */
  readonly memoryBytes: { readonly before: number; readonly after: number };
}

const DUPLICATES = 1_000;
/** Long: this is about the crowd, and a crowd may hold a process up for longer than a short one. */
const LEASE_MS = 30_000;
/** For two of the five processes, so that there are waiters as well as refusals. */
const WAIT_MS = 3_000;

interface Outcome {
  readonly status: number;
  readonly body: string;
  readonly retryAfter: string | undefined;
  readonly ms: number;
}

export async function playStorms(
  store: StoreName,
  place: Place,
  ledgerPath: string,
  count: number,
  seed: number,
): Promise<readonly Storm[]> {
  const settings = { store, address: place.address, ledger: ledgerPath, leaseMs: LEASE_MS };
  const cluster = await startCluster(settings, (index) => (index < 2 ? WAIT_MS : 0));
  const ground = await openGround(store, place.address);
  const ledger = readLedger(ledgerPath);
  try {
    const storms: Storm[] = [];
    // The server of "deduplicated" is that of "repeatable".
    for (const mode of modesOf(store).filter((each) => each !== "deduplicated")) {
      storms.push(await playMode({ cluster, ground, ledger }, { store, mode, count, seed }));
    }
    return storms;
  } finally {
    ledger.close();
    await ground.close();
    await cluster.stop();
  }
}

interface Scene {
  readonly cluster: Cluster;
  readonly ground: Ground;
  readonly ledger: LedgerReader;
}

interface Plan {
  readonly store: StoreName;
  readonly mode: Mode;
  readonly count: number;
  readonly seed: number;
}

async function playMode(scene: Scene, { store, mode, count, seed }: Plan): Promise<Storm> {
  const { cluster, ground, ledger } = scene;
  const before = await cluster.memory();
  const violations: string[] = [];
  const times: number[] = [];
  for (let turn = 0; turn < count; turn++) {
    const round = `storm-${mode}-${seed}-${turn}`;
    const outcomes = await storm(cluster, mode, round);
    times.push(...outcomes.map(({ ms }) => ms));
    const entries = ledger.news().filter((entry) => entry.round === round);
    const rows = (await ground.legs(round)).filter(({ leg }) => leg === "credit").length;
    const ran = entries.filter(({ what }) => what === "effect").length;
    const effects = mode === "transactional" ? rows : ran;
    if (effects !== 1) violations.push(`${round}: G1: ${effects} effects`);
    violations.push(...judgeOutcomes(outcomes).map((what) => `${round}: ${what}`));
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => Math.round(times[Math.floor((times.length - 1) * share)] ?? 0);
  const memoryBytes = { before, after: await cluster.memory() };
  const figures = { p50Ms: at(0.5), p99Ms: at(0.99), memoryBytes };
  return { store, mode, storms: count, duplicates: DUPLICATES, violations, ...figures };
}

async function storm(cluster: Cluster, mode: Mode, round: string): Promise<readonly Outcome[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: DUPLICATES });
  try {
    return await Promise.all(
      Array.from({ length: DUPLICATES }, (_, index) =>
        one(agent, `${cluster.origin(index % PROCESSES)}/${mode}/${round}`, round),
      ),
    );
  } finally {
    agent.destroy();
  }
}

function one(agent: Agent, url: string, key: string): Promise<Outcome> {
  const sentAt = performance.now();
  return new Promise((resolve, reject) => {
    const headers = { "Idempotency-Key": `"${key}"`, "X-Guest": "ann", "X-Dwell": 50 };
    const request = httpRequest(url, { method: "POST", agent, headers }, async (response) => {
      let body = "";
      for await (const chunk of response.setEncoding("utf8")) body += chunk;
      const { statusCode: status = 0, headers: sent } = response;
      const ms = performance.now() - sentAt;
      resolve({ status, body, retryAfter: sent["retry-after"], ms });
    });
    request.on("error", reject);
    request.end('{"amount":1}');
  });
}

/** The answer, or a refusal that says when to come again: nothing else, and one answer. */
function judgeOutcomes(outcomes: readonly Outcome[]): readonly string[] {
  const found: string[] = [];
  const answers = outcomes.filter(({ status }) => status === 201);
  if (answers.length === 0) found.push("G2: nobody was answered");
  if (new Set(answers.map(({ body }) => body)).size > 1) found.push("G3: different answers");
  const refused = outcomes.filter(({ status }) => status !== 201);
  const odd = refused.filter(
    ({ status, retryAfter }) => ![409, 503].includes(status) || retryAfter === undefined,
  );
  if (odd.length > 0) found.push(`G9: ${odd.length} neither answered nor told to come again`);
  return found;
}
