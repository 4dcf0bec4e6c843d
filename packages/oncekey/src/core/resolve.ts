/**
 * What is known of a record in doubt, written down: by `reconcile`, and in a person's words.
 *
 * Nobody who settles a record owns it, and since they looked its owner may have come back under the
 * same token. So the store asks once more whether it is in doubt, for either answer.
 */
import type { Envelope } from "./envelope.ts";
import type { Lease, Store } from "./store.ts";

export type Known =
  | { readonly happened: true; readonly result: Uint8Array }
  | { readonly happened: false };

/** The call that settles it. Resolves with false when it is not in doubt under this token. */
export function resolving(
  store: Pick<Store, "resolve">,
  envelope: Envelope,
  lease: Lease,
  known: Known,
): () => Promise<boolean> {
  if (!known.happened) return () => store.resolve(lease, undefined);
  return envelope.writing(lease.id, known.result, (bytes) => store.resolve(lease, bytes));
}
