/**
 * A store whose calls are timed and told: what a plot of the store's latency is made of.
 *
 * Only for an engine that somebody listens to, so that without a listener no call costs more. The
 * promise that comes back is the store's own: to listen changes neither order nor time.
 */
import type { Listener } from "./events.ts";
import type { Ports } from "./ports.ts";
import type { Store } from "./store.ts";

export function timedStore(store: Store, ports: Ports, report: Listener): Store {
  function timed<T>(call: string, verb: () => Promise<T>): Promise<T> {
    const askedAt = ports.now();
    const tell = (failed: boolean) =>
      report({ type: "store-called", call, tookMs: ports.now() - askedAt, failed });
    const answer = verb();
    answer.then(
      () => tell(false),
      () => tell(true),
    );
    return answer;
  }

  return {
    claim: (request) => timed("claim", () => store.claim(request)),
    renew: (lease, leaseMs) => timed("renew", () => store.renew(lease, leaseMs)),
    complete: (lease, result) => timed("complete", () => store.complete(lease, result)),
    release: (lease) => timed("release", () => store.release(lease)),
    resolve: (lease, result) => timed("resolve", () => store.resolve(lease, result)),
    get: (id) => timed("get", () => store.get(id)),
  };
}
