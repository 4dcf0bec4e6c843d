/** Lets go of a claim under which nobody has run, and nobody will. */
import type { Claim, Store } from "./store.ts";

type Claimed = Extract<Claim, { outcome: "claimed" }>;

/** Resolves with false if the record is another's by now. */
export function letGo(
  store: Pick<Store, "release" | "renew">,
  { lease, attempt }: Claimed,
): Promise<boolean> {
  // A later attempt took over from an owner that fell silent, and may have acted. Were the record
  // forgotten, whoever comes next would be told that it is the first.
  return attempt > 1 ? store.renew(lease, 0) : store.release(lease);
}
