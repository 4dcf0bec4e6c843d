/**
 * Where in Redis things are.
 *
 * The braces make a cluster keep a record and the last token of its group in one slot: a script
 * may touch no other. Two digits make 256 groups, so that a cluster spreads them over its nodes.
 */
import { refuse } from "../core/check.ts";
import type { Digest } from "../core/record.ts";

/** What may stand before the colon of every key and channel of ours. */
const PREFIX = /^[a-z_][a-z0-9_]{0,62}$/;
export const DEFAULT_PREFIX = "oncekey";

export function checkPrefix(prefix: unknown): void {
  if (typeof prefix === "string" && PREFIX.test(prefix)) return;
  refuse("prefix", `a text that matches ${PREFIX.source}`, prefix);
}

const group = (prefix: string, id: Digest): string => `{${prefix}:${id.slice(0, 2)}}`;

export const recordKey = (prefix: string, id: Digest): string => `${group(prefix, id)}:${id}`;

/** Never expires: a token that repeats would let a stale owner pass the fence. */
export const tokenKey = (prefix: string, id: Digest): string => `${group(prefix, id)}:token`;

/** Where a change of the record is told. */
export const wakeChannel = (prefix: string, id: Digest): string => `${prefix}:wake:${id}`;

/** For SCAN, whose keys are as they lie in Redis: with what the client puts before them. */
export const recordPattern = (keyPrefix: string, prefix: string): string =>
  `${keyPrefix.replace(/[\\*?[\]]/g, "\\$&")}{${prefix}:??}:*`;

/** The id of the record that lies under a key, if it is one of ours. */
export function idOf(key: string, keyPrefix: string, prefix: string): Digest | undefined {
  const id = key.slice(-64);
  if (!/^[0-9a-f]{64}$/.test(id)) return undefined;
  return key === keyPrefix + recordKey(prefix, id) ? id : undefined;
}
