/** How often somebody may try to sign in: guessing must take longer than anybody lives. */

/** A person mistypes twice or three times. */
const TRIES = 10;
const SPAN_MS = 60_000;
/** Addresses that are remembered. A minute with more of them is no minute of people. */
const ADDRESSES_MAX = 1_000;

export interface Attempts {
  /** Counts a try from this address. Otherwise: how many seconds to wait. */
  take(address: string): true | number;
}

export function createAttempts(): Attempts {
  const tries = new Map<string, number[]>();

  function forgetOld(before: number): void {
    for (const [address, instants] of tries) {
      if ((instants.at(-1) ?? 0) <= before) tries.delete(address);
    }
  }

  return {
    take(address) {
      const now = Date.now();
      const recent = (tries.get(address) ?? []).filter((at) => at > now - SPAN_MS);
      if (recent.length >= TRIES) {
        return Math.ceil(((recent[0] ?? now) + SPAN_MS - now) / 1000);
      }
      if (!tries.has(address) && tries.size >= ADDRESSES_MAX) {
        forgetOld(now - SPAN_MS);
        if (tries.size >= ADDRESSES_MAX) return SPAN_MS / 1000;
      }
      tries.set(address, [...recent, now]);
      return true;
    },
  };
}
