/**
 * One page or worker of an origin leads: it holds a Web Lock, which the browser gives on when the
 * holder dies, however it dies. Without Web Locks everybody leads, and one key makes that harmless.
 */

/** Leads for as long as `work` takes, once it is its turn. Ends without it when `signal` says so. */
export async function lead(
  name: string,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  const locks = globalThis.navigator?.locks;
  if (!locks) return work();
  try {
    await locks.request(name, { signal }, work);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** False: somebody else leads, and is at it. */
export async function leadNow(name: string, work: () => Promise<void>): Promise<boolean> {
  const locks = globalThis.navigator?.locks;
  if (!locks) {
    await work();
    return true;
  }
  return locks.request(name, { ifAvailable: true }, async (lock) => {
    if (lock) await work();
    return lock !== null;
  });
}
