/**
 * What can be found out before the first request: whether the client does what it is told, and
 * whether Redis is set up to keep what it acknowledged.
 */
import { StoreUnavailable } from "../core/errors.ts";
import type { ClaimRequest, Store } from "../core/store.ts";
import type { Face } from "./redis-client.ts";
import { ECHO } from "./redis-lua.ts";
import type { Runner } from "./redis-script.ts";

/** The lease of the probe, and how long it stays if its release is lost. */
const PROBE_MS = 10_000;

/** Throws `StoreUnavailable` when a duplicate would run, or an answer would not be its bytes. */
export async function probe(store: Store, runner: Runner, key: string): Promise<void> {
  const first = request();
  const claim = await store.claim(first);
  const again = await store.claim({ ...first, nonce: random(16) });
  if (claim.outcome === "claimed") await store.release(claim.lease);
  const isKept =
    claim.outcome === "claimed" &&
    again.outcome === "taken" &&
    again.record.token === claim.lease.token;
  if (!isKept) {
    throw new StoreUnavailable(
      "The Redis client does not honour conditional writes: a key was claimed twice.",
    );
  }
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const [, echo] = await runner.run(ECHO, [key, bytes]);
  if (!(echo instanceof Uint8Array) || bytes.some((byte, at) => echo[at] !== byte)) {
    throw new StoreUnavailable("The Redis client does not hand out the bytes it was given.");
  }
}

/** What Redis is set up to forget, in sentences. Empty: nothing that can be seen. */
export async function warnings(face: Face): Promise<readonly string[]> {
  const sentences = await Promise.all(face.nodes().map(warningsOf));
  return [...new Set(sentences.flat())];
}

async function warningsOf(node: Face): Promise<readonly string[]> {
  const [appendonly, policy] = await Promise.all([
    setting(node, "appendonly"),
    setting(node, "maxmemory-policy"),
  ]);
  const found: string[] = [];
  if (appendonly === undefined || policy === undefined) {
    found.push(
      "CONFIG GET is refused, so it could not be checked that Redis has appendonly on and " +
        "maxmemory-policy noeviction.",
    );
  }
  if (appendonly === "no") {
    found.push(
      "appendonly is off: Redis forgets acknowledged records when it is killed, and their " +
        "retries run again. Set appendonly yes.",
    );
  }
  if (policy !== undefined && policy !== "noeviction") {
    found.push(
      `maxmemory-policy is ${policy}: Redis forgets records when memory is short, and their ` +
        "retries run again. Set maxmemory-policy noeviction.",
    );
  }
  return found;
}

async function setting(node: Face, name: string): Promise<string | undefined> {
  try {
    return valueIn(await node.send(["config", "get", name]));
  } catch {
    // Managed servers hide CONFIG. That the server answers at all, the probe has shown.
    return undefined;
  }
}

/** The reply is a list of name and value, or a map of them, by client and protocol. */
function valueIn(reply: unknown): string | undefined {
  const value = Array.isArray(reply)
    ? reply[1]
    : reply instanceof Map
      ? [...reply.values()][0]
      : Object.values(reply ?? {})[0];
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : value?.toString();
}

function request(): ClaimRequest {
  return {
    id: random(32),
    scope: random(32),
    fingerprint: random(32),
    effects: "repeatable",
    label: "oncekey: a probe",
    leaseMs: PROBE_MS,
    retentionMs: PROBE_MS,
    nonce: random(16),
  };
}

function random(bytes: number): string {
  const values = crypto.getRandomValues(new Uint8Array(bytes));
  return Array.from(values, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
