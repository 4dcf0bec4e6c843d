/**
 * All that has been seen of the page, one intent for each key, the newest first. It is kept in the
 * page's memory and nowhere else.
 */
import type { Finding, UnknownReason } from "../finding.ts";
import type { ClientPorts } from "../ports.ts";
import { unknownServer } from "../profiles.ts";
import { type Event, reduce, type State } from "../reduce.ts";
import { isReplayed, type Sight, type Ticket } from "../transmit.ts";
import type { Parcel } from "./again.ts";
import { calling, landing, leaving, resting } from "./call.ts";
import type { Fault } from "./faults.ts";
import { begun, type Intent, type Send, statusFor } from "./intent.ts";
import { added } from "./log.ts";

export interface Feed {
  readonly intents: readonly Intent[];
  /** A submit is told something. */
  told(submit: object, name: string, before: State, event: Event): void;
  /** A send leaves. What is returned is told what it brought. */
  left(ticket: Ticket, parcel: Parcel, fault: Fault | "offline" | null): (sight: Sight) => void;
  /** A call of the wrapper waits, or has given up. */
  rested(call: Ticket, reason: UnknownReason, ms?: number): void;
  /** Somebody sends the last request of an intent again, past the client. */
  leftByHand(intent: Intent): (brought: Pick<Send, "status" | "replayed"> | null) => void;
  clear(): void;
  subscribe(listener: () => void): () => void;
}

/** Each holds its last request, and so that many bodies stay in memory. */
const INTENTS_MAX = 40;
const SENDS_MAX = 100;

export function createFeed(ports: ClientPorts): Feed {
  const listeners = new Set<() => void>();
  /** Which intent a submit is at. */
  const current = new WeakMap<object, number>();
  /** What was sent last for those that no machine tells of. */
  const calls = new Map<number, Ticket>();
  let intents: readonly Intent[] = [];
  let count = 0;

  function publish(): void {
    for (const listener of [...listeners]) listener();
  }

  const find = (id: number | undefined): Intent | undefined =>
    intents.find((intent) => intent.id === id);
  const byKey = (key: string): Intent | undefined => intents.find((intent) => intent.key === key);

  function change(id: number, changes: (intent: Intent) => Partial<Intent>): void {
    intents = intents.map((each) => (each.id === id ? { ...each, ...changes(each) } : each));
    publish();
  }

  function begin(name: string, base: State): Intent {
    const intent = begun(++count, name, base);
    const all = [intent, ...intents];
    intents = all.slice(0, INTENTS_MAX);
    for (const { id } of all.slice(INTENTS_MAX)) calls.delete(id);
    return intent;
  }

  function tell(id: number, event: Event): void {
    change(id, (intent) => {
      const [state] = reduce(intent.state, event);
      return { log: added(intent.log, event), state, status: statusFor(intent, state) };
    });
  }

  function told(submit: object, name: string, before: State, event: Event): void {
    const [after] = reduce(before, event);
    const at = find(current.get(submit));
    const isNewKey = after.key !== before.key;
    // What another page or tab has left goes on under its own key, and ours was never used.
    const isTaken = isNewKey && (event.type === "restored" || event.type === "observed");
    // A second order begins with the press that asks for it.
    const isNext = isNewKey && event.type === "submit" && before.status === "success";
    if (at && at.key === before.key && !isNext) {
      if (isTaken)
        intents = intents.map((each) => (each === at ? { ...at, key: after.key } : each));
      tell(at.id, event);
      return;
    }
    const intent = begin(name, before);
    current.set(submit, intent.id);
    if (isTaken || isNext || before.key === null) {
      intents = intents.map((each) => (each === intent ? { ...each, key: after.key } : each));
    }
    tell(intent.id, event);
  }

  /** The key stays what it is, since what is looked at is this call. */
  function tellCall(id: number, bares: ReturnType<typeof leaving>): void {
    for (const bare of bares) {
      const key = find(id)?.key ?? "";
      tell(id, { ...bare, key, at: ports.now(), chance: 0 } as Event);
    }
  }

  function callOf(ticket: Ticket): Intent {
    const { key, frozen, intent } = ticket as Ticket & { readonly intent?: string };
    const { pathname } = new URL(frozen.request.url);
    return begin(intent ?? `${frozen.request.method} ${pathname}`, calling(key));
  }

  function settlePending(id: number): void {
    const { pending } = find(id) ?? {};
    if (!pending) return;
    change(id, () => ({ pending: null }));
    tellCall(id, [landing(pending)]);
  }

  function brought(id: number, finding: Finding): void {
    if (finding.kind !== "again") {
      tellCall(id, [landing(finding)]);
      return;
    }
    change(id, () => ({ pending: finding }));
    // Whoever sends says at once what follows, or is the queue, which only comes back later.
    ports.after(0, () => settlePending(id));
  }

  function sending(
    id: number,
    fault: Send["fault"],
    isByHand: boolean,
  ): (send: Partial<Send>) => void {
    const send: Send = {
      ...{ at: ports.now(), endedAt: null, brought: null, status: null, replayed: null },
      ...{ fault, isByHand },
    };
    let last = send;
    change(id, ({ sends }) => ({ sends: [...sends, send].slice(-SENDS_MAX) }));
    return (ended) => {
      const now = { ...send, ...ended, endedAt: ports.now() };
      const before = last;
      last = now;
      change(id, ({ sends }) => ({ sends: sends.map((each) => (each === before ? now : each)) }));
    };
  }

  return {
    get intents() {
      return intents;
    },
    told,
    left(ticket, parcel, fault) {
      const known = byKey(ticket.key);
      const { id } = known ?? callOf(ticket);
      const isCall = known === undefined || calls.has(id);
      if (isCall) {
        settlePending(id);
        calls.set(id, ticket);
        const { resend, comparesBody, retentionMs } = ticket.profile ?? unknownServer;
        const state = find(id)?.state;
        const server = { resend: resend && !ticket.frozen.once, comparesBody, retentionMs };
        if (state) tellCall(id, leaving(state, server));
      }
      change(id, () => ({ parcel }));
      const end = sending(id, fault, false);
      return ({ finding, response }) => {
        end({
          brought: finding.kind,
          status: response?.status ?? null,
          replayed: response ? isReplayed(response, parcel.header) : null,
        });
        if (calls.get(id) === ticket) brought(id, finding);
      };
    },
    rested(call, reason, ms) {
      const intent = byKey(call.key);
      // What a call says that was aborted is of no interest once it has been resumed.
      if (!intent || calls.get(intent.id) !== call) return;
      change(intent.id, () => ({ pending: null }));
      tellCall(intent.id, resting(intent.state, reason, ms));
    },
    leftByHand({ id }) {
      const end = sending(id, null, true);
      return (echo) => end(echo ? { brought: "done", ...echo } : { brought: "again" });
    },
    clear() {
      intents = [];
      calls.clear();
      publish();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
