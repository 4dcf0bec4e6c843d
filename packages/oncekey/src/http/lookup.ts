/**
 * The digests that a record is kept under, for whoever looks for one: an inspector knows no scope
 * and no key in the clear. Neither digest tells what it was made of.
 */
import { addressOf, type Door, type Scope, scopeOf } from "../core/address.ts";
import { platform } from "../core/ports.ts";
import type { Digest } from "../core/record.ts";
import { parseKey } from "../protocol/header.ts";
import { GLOBAL } from "./scope.ts";

/**
 * The digest that `list` takes as its `scope`. Give what the `scope` option yields for a request:
 * a principal, or the word `"global"` (a user who is called so is `["global"]`). For the work of
 * `run()`, say `"run"`: the two are apart.
 *
 * @example await store.list({ limit: 100, scope: scopeDigest(["tenant-1", "user-7"]) });
 */
export function scopeDigest(scope: Scope, door: Door = "http"): Digest {
  return scopeOf(platform, door, ownerOf(scope, door));
}

/**
 * The id that `get` takes. Give the key as it was sent: over HTTP the quotes of the field may be
 * there or not, as for a guard.
 *
 * @example const record = await store.get(recordId("global", "3f0e9c1a"));
 */
export function recordId(scope: Scope, key: string, door: Door = "http"): Digest {
  return addressOf(platform, door, ownerOf(scope, door), door === "http" ? bare(key) : key).id;
}

const ownerOf = (scope: Scope, door: Door): Scope =>
  door === "http" && scope === "global" ? GLOBAL : scope;

function bare(key: string): string {
  const parsed = parseKey(key);
  return parsed.kind === "key" ? parsed.key : key;
}
