/**
 * The way from a machine to the store and back: where calls are delayed, lost, doubled and refused.
 *
 * A call that was sent is on its way, whatever becomes of its sender. It takes effect in one
 * event, at the store's clock, and its answer is another event.
 */
import { type Lease, StoreUnavailable, type TransactionalStore } from "oncekey";
import { type Call, type Operation, seen, textOf } from "../histories/operation.ts";
import type { Machine } from "./machine.ts";
import { type CallFault, type Fault, latencyOf, type Plan } from "./plan.ts";
import type { Records } from "./records.ts";
import type { Timeline } from "./timeline.ts";

/** The user's own handle: what is written through it happens when the transaction commits. */
export interface Transaction {
  write(effect: () => void): void;
}

export interface Network {
  connect(machine: Machine): TransactionalStore<Transaction>;
  readonly operations: readonly Operation[];
  /** From now on nothing fails any more. */
  heal(): void;
}

/** Hears what took effect, in the order of the store. */
export interface Observer {
  /** `isStray`: the claim came when its caller had long given up, or for the second time. */
  claimed(machine: Machine, token: number, isStray: boolean): void;
  /** The sender has its answer; by its own clock it asked for it at `askedAt`. */
  told(token: number, askedAt: number): void;
  changed(id: string): void;
  faulted(fault: CallFault | "outage"): void;
  said(line: () => string): void;
  /** When a call takes effect; the store's clock, unless that is what is wrong. */
  clock(machine: Machine, now: number): number;
}

interface Sending<Answer> {
  readonly machine: Machine;
  readonly id: string;
  readonly call: Call;
  readonly apply: (now: number, isStray: boolean) => Answer;
  /** What the history says of the answer. */
  readonly told?: (answer: Answer) => Call["answer"];
  readonly once?: boolean;
}

export function createNetwork(
  timeline: Timeline,
  plan: Plan,
  records: Records,
  observer: Observer,
): Network {
  const operations: Operation[] = [];
  const faults = new Map<number, Fault & { readonly kind: "call" }>();
  const outages = plan.faults.filter((fault) => fault.kind === "outage");
  for (const fault of plan.faults) if (fault.kind === "call") faults.set(fault.n, fault);
  let calls = 0;
  let healed = false;

  const outageNow = () =>
    healed ? undefined : outages.find(({ at, ms }) => at <= timeline.now && timeline.now < at + ms);

  function send<Answer>(sending: Sending<Answer>): Promise<Answer> {
    const { machine, id, call, apply } = sending;
    const n = calls++;
    const [there, back] = latencyOf(plan.seed, n);
    const set = healed ? undefined : faults.get(n);
    const fault = set?.fault === "twice" && sending.once ? undefined : set?.fault;
    const operation: Operation = { id, by: machine.name, calledAt: timeline.now, ...call };
    operations.push(operation);
    if (fault !== undefined) observer.faulted(fault);
    const say = (word: string, more = "") =>
      observer.said(() => `${machine.name} ${word} #${n} ${shown(operation)}${more}`);
    say("calls", fault === undefined ? "" : `  (${fault})`);

    return new Promise((resolve, reject) => {
      const refuse = () => machine.post(back, () => reject(new StoreUnavailable("Refused.")));
      const takeEffect = (isStray: boolean) => {
        const answer = apply(observer.clock(machine, timeline.now), isStray);
        say("→", ` = ${JSON.stringify(sending.told?.(answer) ?? answer)}`);
        return answer;
      };
      const arrive = (isStray: boolean) => {
        const outage = outageNow();
        if (outage !== undefined) {
          observer.faulted("outage");
          if (!outage.silent) refuse();
          return;
        }
        const answer = takeEffect(isStray);
        if (fault === "error-after") refuse();
        else if (fault !== "lost-reply") {
          machine.post(back, () => {
            operation.returnedAt = timeline.now;
            operation.answer = (sending.told?.(answer) ?? answer) as never;
            resolve(answer);
          });
        }
      };
      if (fault === "refused") refuse();
      else if (fault !== "lost") {
        const late = fault === "late" ? (set?.ms ?? 0) : 0;
        timeline.after(there + late, () => arrive(late > 0));
        if (fault === "twice") {
          // In the history the copy is a call of its own, which nobody heard the answer of.
          operations.push({ id, by: machine.name, calledAt: timeline.now, ...call });
          timeline.after(there + (set?.ms ?? 0), () => takeEffect(true));
        }
      }
    });
  }

  /** A write tells the waiters when it took effect. */
  const changing = (id: string, isDone: boolean) => {
    if (isDone) observer.changed(id);
    return isDone;
  };

  function connect(machine: Machine): TransactionalStore<Transaction> {
    const fenced = (lease: Lease, call: Call, apply: (now: number) => boolean, once = false) =>
      send({ machine, id: lease.id, call, apply, once });
    return {
      async claim(request) {
        const { id, nonce, fingerprint, effects, leaseMs, retentionMs } = request;
        const askedAt = machine.ports.now();
        const claim = await send({
          machine,
          id,
          call: { verb: "claim", nonce, fingerprint, effects, leaseMs, retentionMs },
          apply: (now, isStray) => {
            const claim = records.claim(request, now);
            if (claim.outcome === "claimed") observer.claimed(machine, claim.lease.token, isStray);
            return claim;
          },
          told: (claim) =>
            claim.outcome === "claimed"
              ? { outcome: "claimed", token: claim.lease.token, attempt: claim.attempt }
              : { outcome: "taken", seen: seen(claim.record) },
        });
        if (claim.outcome === "claimed") observer.told(claim.lease.token, askedAt);
        return claim;
      },
      renew: (lease, leaseMs) =>
        fenced(lease, { verb: "renew", token: lease.token, leaseMs }, (now) =>
          records.renew(lease, leaseMs, now),
        ),
      complete: (lease, result) =>
        fenced(lease, { verb: "complete", token: lease.token, result: textOf(result) }, (now) =>
          changing(lease.id, records.complete(lease, result, now)),
        ),
      release: (lease) =>
        fenced(lease, { verb: "release", token: lease.token }, (now) =>
          changing(lease.id, records.release(lease, now)),
        ),
      resolve: (lease, result) =>
        fenced(lease, settling(lease, result), (now) =>
          changing(lease.id, records.resolve(lease, result, now)),
        ),
      get: (id) =>
        send({
          machine,
          id,
          call: { verb: "get" },
          apply: (now) => records.get(id, now),
          told: (record) => (record === undefined ? "absent" : seen(record)),
        }),
      async transaction(lease, work) {
        // A transaction begins with a reading: nothing of the record is touched before its end.
        await send({ machine, id: lease.id, call: { verb: "get" }, ...beginning(lease.id) });
        const written: (() => void)[] = [];
        const result = await work({ write: (effect) => written.push(effect) });
        const call: Call = { verb: "complete", token: lease.token, result: textOf(result) };
        const apply = () => {
          for (const effect of written) effect();
        };
        return fenced(
          lease,
          call,
          (now) => changing(lease.id, records.commit(lease, result, apply, now)),
          true,
        );
      },
    };
  }

  const beginning = (id: string) => ({
    apply: (now: number) => records.get(id, now),
    told: (record: ReturnType<Records["get"]>) => (record === undefined ? "absent" : seen(record)),
    once: true,
  });

  return {
    connect,
    operations,
    heal() {
      healed = true;
    },
  };
}

const settling = ({ token }: Lease, result: Uint8Array | undefined): Call =>
  result === undefined
    ? { verb: "forget", token }
    : { verb: "resolve", token, result: textOf(result) };

function shown(operation: Operation): string {
  switch (operation.verb) {
    case "claim":
      return `claim nonce=${operation.nonce.slice(0, 4)}`;
    case "renew":
      return `renew token=${operation.token} ms=${operation.leaseMs}`;
    case "complete":
    case "resolve":
    case "release":
    case "forget":
      return `${operation.verb} token=${operation.token}`;
    case "get":
      return "get";
  }
}
