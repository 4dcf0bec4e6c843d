/** Callers of a store, without HTTP: how long each call takes, and what it costs. */
import { randomBytes } from "node:crypto";
import { performance } from "node:perf_hooks";
import type { Claim, ClaimRequest, Digest, Lease, Store } from "oncekey";
import { cpuMicrosOf } from "./cpu.ts";
import { quantileOf } from "./figures.ts";
import { LABEL, RESULT_BYTES } from "./grounds/ground.ts";

/** Per call. */
export interface Called {
  readonly cpuMicros: number;
  /** Undefined where the database is in this process, or nobody tells. */
  readonly databaseMicros: number | undefined;
  readonly perSecond: number;
  /** In ms. */
  readonly p50: number;
  readonly p99: number;
}

type Call = () => Promise<unknown>;

/** Makes the calls, `callers` at once, each caller one after the other. */
export async function callAll(
  calls: readonly Call[],
  callers: number,
  database: number | undefined,
): Promise<Called> {
  const next = calls.values();
  const latencies: number[] = [];
  const used = () => (database === undefined ? undefined : cpuMicrosOf(database));
  const caller = async () => {
    for (const call of next) {
      const asked = performance.now();
      await call();
      latencies.push(performance.now() - asked);
    }
  };
  const [databaseBefore, cpuBefore, begun] = [used(), process.cpuUsage(), performance.now()];
  await Promise.all(Array.from({ length: callers }, caller));
  const elapsedMs = performance.now() - begun;
  const { user, system } = process.cpuUsage(cpuBefore);
  const databaseAfter = used();
  return {
    cpuMicros: (user + system) / calls.length,
    databaseMicros:
      databaseBefore === undefined || databaseAfter === undefined
        ? undefined
        : (databaseAfter - databaseBefore) / calls.length,
    perSecond: (calls.length / elapsedMs) * 1000,
    ...{ p50: quantileOf(latencies, 0.5), p99: quantileOf(latencies, 0.99) },
  };
}

const hex = (bytes: number) => randomBytes(bytes).toString("hex");
const SCOPE = hex(32);
const RESULT = new Uint8Array(RESULT_BYTES);
const LEASE_MS = 30_000;

/** `retentionMs`: 1 for a record that is to be gone as soon as it is completed. */
export function requestOf(retentionMs: number, id: Digest = hex(32)): ClaimRequest {
  const subject = { id, scope: SCOPE, fingerprint: hex(32), effects: "unrepeatable" } as const;
  return { ...subject, label: LABEL, leaseMs: LEASE_MS, retentionMs, nonce: hex(16) };
}

export function leaseOf(claim: Claim): Lease {
  if (claim.outcome === "claimed") return claim.lease;
  throw new Error("A fresh id was taken.");
}

export async function complete(store: Store, lease: Lease): Promise<void> {
  if (!(await store.complete(lease, RESULT))) throw new Error("A completion was refused.");
}

/** Claims and completions, as a request makes them; requests are made before the time counts. */
export function pairs(store: Store, count: number, retentionMs: number): readonly Call[] {
  return Array.from({ length: count }, () => {
    const request = requestOf(retentionMs);
    return async () => complete(store, leaseOf(await store.claim(request)));
  });
}
