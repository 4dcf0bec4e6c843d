/**
 * Keeps the leases of a process alive together, and says in time when one cannot be kept.
 *
 * One beat for all: a timer and a store call for each request would cost more than the claim, and
 * stores put the renewals of one turn into one statement. Every other beat renews; the beats
 * between repeat what failed. How old a lease is, is counted from when its last confirmation was
 * *asked* for, so that this process always gives up a little before the store does.
 */
import { within } from "./door.ts";
import { LeaseLost } from "./errors.ts";
import { type Listener, shortened } from "./events.ts";
import type { Cancel, Ports } from "./ports.ts";
import type { Lease, Store } from "./store.ts";

/** Renewed at a third of a lease, repeated at a sixth: three tries before the lease is given up. */
const BEATS_PER_LEASE = 6;

export interface HeldLease {
  readonly lease: Lease;
  /** Fires once, with a `LeaseLost`. */
  readonly signal: AbortSignal;
  readonly isLost: boolean;
  /** Calls when the lease is lost, at once if it already is. */
  onLost(call: () => void): void;
  /** Ends the renewing. The signal will not fire any more. */
  drop(): void;
}

export interface LeaseKeeper {
  /** Renews `lease` from now on. `askedAt` is when its claim was sent, by `ports.now()`. */
  hold(lease: Lease, label: string, askedAt: number): HeldLease;
}

interface Held {
  readonly lease: Lease;
  readonly label: string;
  confirmedAt: number;
  failed: boolean;
  renewing: boolean;
  lose(reason: string): void;
}

interface Settings {
  readonly leaseMs: number;
  /** The longest run, in ms; 0 for no limit. */
  readonly maxRunMs: number;
  readonly report: Listener;
}

export function createLeaseKeeper(
  store: Pick<Store, "renew">,
  ports: Ports,
  settings: Settings,
): LeaseKeeper {
  const { leaseMs, maxRunMs, report } = settings;
  const beatMs = leaseMs / BEATS_PER_LEASE;
  const all = new Set<Held>();
  let beating = false;
  let beats = 0;

  function beat(): void {
    if (all.size === 0) {
      beating = false;
      return;
    }
    beats++;
    const now = ports.now();
    for (const held of all) {
      // By the next beat the lease could have ended, and the handler must hear before that.
      if (now + beatMs >= held.confirmedAt + leaseMs) held.lose("it could not be renewed in time");
      else if (!held.renewing && (beats % 2 === 0 || held.failed)) void renew(held);
    }
    ports.later(beatMs, beat);
  }

  async function renew(held: Held): Promise<void> {
    const askedAt = ports.now();
    held.renewing = true;
    try {
      const call = () => store.renew(held.lease, leaseMs);
      const kept = await within(ports, leaseMs / 3, call, ports.later);
      held.failed = false;
      held.confirmedAt = askedAt;
      if (kept) report({ type: "renewed", record: shortened(held.lease.id), label: held.label });
      if (!kept && all.has(held)) held.lose("another owner has taken over");
    } catch (error) {
      held.failed = true;
      const { lease, label } = held;
      report({ type: "store-failed", record: shortened(lease.id), label, call: "renew", error });
    } finally {
      held.renewing = false;
    }
  }

  return {
    hold(lease, label, askedAt) {
      let controller: AbortController | undefined;
      let reason: LeaseLost | undefined;
      let tooLong: Cancel | undefined;
      const listeners: (() => void)[] = [];
      const held: Held = {
        lease,
        label,
        confirmedAt: askedAt,
        failed: false,
        renewing: false,
        lose(why) {
          drop();
          reason = new LeaseLost(`The lease was lost: ${why}.`);
          report({ type: "lease-lost", record: shortened(lease.id), label, reason: why });
          controller?.abort(reason);
          for (const call of listeners) call();
        },
      };
      function drop(): void {
        all.delete(held);
        tooLong?.();
      }
      all.add(held);
      if (maxRunMs > 0) {
        tooLong = ports.later(maxRunMs, () => held.lose("`maxRunMs` has passed"));
      }
      if (!beating) {
        beating = true;
        ports.later(beatMs, beat);
      }
      return {
        lease,
        get signal() {
          controller ??= new AbortController();
          if (reason !== undefined && !controller.signal.aborted) controller.abort(reason);
          return controller.signal;
        },
        get isLost() {
          return reason !== undefined;
        },
        onLost(call) {
          if (reason === undefined) listeners.push(call);
          else call();
        },
        drop,
      };
    },
  };
}
