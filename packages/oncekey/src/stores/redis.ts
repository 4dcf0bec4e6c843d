/**
 * Records in Redis or Valkey, over the client that you have: one script and one round trip a verb.
 *
 * Redis acknowledges before anything is on a disk or on a replica. What survives is decided by its
 * settings, which `setup` checks, and by `durability`.
 */
import { checkInteger, checkNames, checkOneOf, refuse } from "../core/check.ts";
import { StoreUnavailable } from "../core/errors.ts";
import type { Inspector } from "../core/inspector.ts";
import { letGo } from "../core/let-go.ts";
import type { Digest } from "../core/record.ts";
import type { Claim, ClaimRequest, Lease, Store } from "../core/store.ts";
import { type Argument, faceOf, type RedisClient } from "./redis-client.ts";
import { checkPrefix, DEFAULT_PREFIX, recordKey, tokenKey, wakeChannel } from "./redis-keys.ts";
import { listRecords } from "./redis-list.ts";
import {
  CLAIM,
  COMPLETE,
  ERASE,
  FORGET,
  GET,
  RELEASE,
  RENEW,
  RESOLVE,
  type Script,
} from "./redis-lua.ts";
import { readClaim, readRecord } from "./redis-record.ts";
import { createRunner, type Replication, type Reply } from "./redis-script.ts";
import { probe, warnings } from "./redis-setup.ts";

export type { RedisClient } from "./redis-client.ts";
export {
  type RedisNotifierOptions,
  type RedisSubscriber,
  redisNotifier,
} from "./redis-notifier.ts";

export interface RedisStoreOptions {
  /** Begins every key and channel: `[a-z_][a-z0-9_]{0,62}`. Default "oncekey". */
  readonly prefix?: string;
  /**
   * "primary" (the default): what the primary has acknowledged counts. "replicated": a claim and
   * a completion count only when `replicas` have them as well, else the call throws
   * `StoreUnavailable`. For a client that is one connection.
   */
  readonly durability?: "primary" | "replicated";
  /** How many replicas must confirm: 1 to 16. Default 1. */
  readonly replicas?: number;
  /** How long to wait for them: 1 to 60,000. Other calls on the connection wait too. Default 1000. */
  readonly replicaTimeoutMs?: number;
}

export interface RedisStore extends Store, Inspector {
  /**
   * Tries the client out, and says in sentences what Redis is set up to forget: log them. Throws
   * `StoreUnavailable` when Redis does not answer, or when the client breaks what it is given.
   */
  setup(): Promise<readonly string[]>;
}

/**
 * Sends nothing before it is used. Throws a `TypeError` that names the option, or says what to
 * hand over for the client.
 *
 * @example const store = redisStore(new Redis(url, { enableOfflineQueue: false }));
 */
export function redisStore(client: RedisClient, options: RedisStoreOptions = {}): RedisStore {
  const { prefix, replication } = checked(options);
  const face = faceOf(client);
  if (replication !== undefined && face.sendTogether === undefined) {
    throw new TypeError(
      'Expected a client of one connection for `durability: "replicated"`, got a cluster or a ' +
        "pool: WAIT speaks only of what its own connection has written.",
    );
  }
  const runner = createRunner(face);
  /** What is on its way to be confirmed or taken back, by its nonce. */
  const claims = new Map<string, Promise<Claim>>();

  const store: RedisStore = {
    claim(request) {
      if (replication === undefined) return claimOnce(request);
      // Whoever makes a claim again while it is on its way is told what becomes of it: the release
      // that takes the first try back would come after the second, and undo what that one was told.
      const { nonce } = request;
      const onItsWay = claims.get(nonce);
      if (onItsWay !== undefined) return onItsWay;
      const claim = claimOnce(request).finally(() => claims.delete(nonce));
      claims.set(nonce, claim);
      return claim;
    },

    async renew({ id, token }, leaseMs) {
      const args = [String(token), String(leaseMs), wakeChannel(prefix, id)];
      return saysYes(await run(RENEW, id, args));
    },

    async complete(lease, result) {
      return settle(COMPLETE, lease, result);
    },

    async release(lease) {
      return forget(RELEASE, lease);
    },

    async resolve(lease, result) {
      return result === undefined ? forget(FORGET, lease) : settle(RESOLVE, lease, result);
    },

    async get(id) {
      const reply = await run(GET, id, []);
      return reply[0] === "absent" ? undefined : readRecord(id, reply);
    },

    async list(request) {
      return listRecords(face, prefix, store.get, request);
    },

    /** Redis removes by itself what has expired. */
    async reap() {
      return 0;
    },

    async erase({ id, token }, instead) {
      const args = instead === undefined ? [String(token)] : [String(token), instead];
      const { reply, confirmed } = await runSafely(ERASE, id, args);
      if (!saysYes(reply)) return false;
      if (!confirmed) throw tooFewReplicas();
      return true;
    },

    async setup() {
      await probe(store, runner, tokenKey(prefix, "00"));
      return warnings(face);
    },
  };
  return store;

  async function claimOnce(request: ClaimRequest): Promise<Claim> {
    const { id, scope, fingerprint, effects, label, leaseMs, retentionMs, nonce } = request;
    const subject = [scope, fingerprint, effects, label];
    const terms = [String(leaseMs), String(retentionMs), nonce];
    const { reply, confirmed } = await runSafely(CLAIM, id, [...subject, ...terms]);
    if (reply[0] !== "claimed") return { outcome: "taken", record: readRecord(id, reply) };
    const claim = readClaim(id, reply);
    if (confirmed) return claim;
    // Nobody will run it: left in flight, it would end in doubt for nothing. If this is lost as
    // well, it does, and that is safe.
    await letGo(store, claim).catch(() => {});
    throw tooFewReplicas();
  }

  async function settle(script: Script, { id, token }: Lease, result: Uint8Array) {
    const args = [String(token), result, wakeChannel(prefix, id)];
    const { reply, confirmed } = await runSafely(script, id, args);
    if (!saysYes(reply)) return false;
    if (!confirmed) throw tooFewReplicas();
    return true;
  }

  /** A failover that loses this leaves a record standing, and that is safe: no replica is asked. */
  async function forget(script: Script, { id, token }: Lease) {
    return saysYes(await run(script, id, [String(token), wakeChannel(prefix, id)]));
  }

  function run(script: Script, id: Digest, args: readonly Argument[]): Promise<Reply> {
    return runner.run(script, [...keysOf(script, id), ...args]);
  }

  /** For what must not be lost once it was said: as durable as the options ask. */
  async function runSafely(script: Script, id: Digest, args: readonly Argument[]) {
    if (replication === undefined) return { reply: await run(script, id, args), confirmed: true };
    return runner.runReplicated(script, [...keysOf(script, id), ...args], replication);
  }

  function keysOf({ keys }: Script, id: Digest): readonly string[] {
    return keys === 1 ? [recordKey(prefix, id)] : [recordKey(prefix, id), tokenKey(prefix, id)];
  }
}

const saysYes = ([word]: Reply): boolean => word === "yes";

function tooFewReplicas(): StoreUnavailable {
  return new StoreUnavailable("Too few replicas confirmed in time what was written.");
}

const OPTIONS = ["prefix", "durability", "replicas", "replicaTimeoutMs"];

/** More than this answers too slowly to be a reply to a request. */
const REPLICA_TIMEOUT_MAX_MS = 60_000;
const REPLICA_TIMEOUT_MS = 1000;
const REPLICAS_MAX = 16;

function checked(options: RedisStoreOptions): {
  readonly prefix: string;
  readonly replication: Replication | undefined;
} {
  checkNames("redisStore", options, OPTIONS);
  const { prefix = DEFAULT_PREFIX, durability = "primary" } = options;
  checkPrefix(prefix);
  checkOneOf("durability", durability, ["primary", "replicated"]);
  const { replicas = 1, replicaTimeoutMs: timeoutMs = REPLICA_TIMEOUT_MS } = options;
  checkInteger("replicas", replicas, 1, REPLICAS_MAX);
  checkInteger("replicaTimeoutMs", timeoutMs, 1, REPLICA_TIMEOUT_MAX_MS);
  if (durability === "replicated") return { prefix, replication: { replicas, timeoutMs } };
  for (const name of ["replicas", "replicaTimeoutMs"] as const) {
    if (options[name] === undefined) continue;
    refuse("durability", `"replicated" where \`${name}\` is given`, durability);
  }
  return { prefix, replication: undefined };
}
