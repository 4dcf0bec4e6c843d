/** Leases while a handler runs: protocol.md, section 9. */
import type { Effects } from "../../core/record.ts";
import { type Case, equal, ok } from "../case.ts";
import type { AdapterSubject } from "./application.ts";
import { LEASE_MS } from "./crash.ts";
import { always } from "./faults.ts";
import { CREATED } from "./replies.ts";
import {
  eventually,
  pause,
  problem,
  replays,
  runsAgain,
  type SceneHandler,
  scene,
} from "./scene.ts";
import { manualTime } from "./time.ts";

/** Where the clock is real: a busy machine must be able to renew it. */
const REAL_LEASE_MS = 800;

/** Those whose store has a clock that can be turned. */
const TURNED = ["unrepeatable", "repeatable"] as const;

/** A handler, and the signal of its last run. */
function signalled(): { readonly handler: SceneHandler; signal(): AbortSignal } {
  let last: AbortSignal | undefined;
  return {
    async handler({ idempotency }, act) {
      last = idempotency?.signal;
      await act();
      return CREATED;
    },
    signal() {
      ok(last !== undefined, "the handler has run");
      return last;
    },
  };
}

export const leaseCases: readonly Case<AdapterSubject>[] = [
  {
    name: "P-100: a handler that runs for three leases is in flight all the time",
    async run(subject) {
      for (const effects of TURNED) {
        const { ports, advance } = manualTime();
        const options = { effects, ports, leaseMs: LEASE_MS };
        await scene(subject, { options }, async ({ send, hold, pass, runs }) => {
          const held = hold(1);
          const running = send();
          await held.reached;
          // Three leases and a bit, in steps that are shorter than what is left of one.
          for (let step = 0; step < 20; step++) {
            await advance(LEASE_MS / 6);
            await pass(LEASE_MS / 6);
            problem(await send(), 409, "idempotency_in_flight");
          }
          held.goOn();
          const first = await running;
          equal(first.status, 201, "the status of the first");
          replays(await send(), first);
          equal(runs(), 1, "the runs");
        });
      }
    },
  },
  {
    name: "P-100: transactional: a handler that runs for three leases is in flight all the time",
    async run(subject) {
      const options = { effects: "transactional", leaseMs: REAL_LEASE_MS };
      await scene(subject, { options }, async ({ send, hold, runs, effects, join }) => {
        const held = hold(1);
        const running = send();
        await held.reached;
        const other = await join();
        const begun = performance.now();
        while (performance.now() - begun < 3 * REAL_LEASE_MS) {
          problem(await send({}, other), 409, "idempotency_in_flight");
          await pause(REAL_LEASE_MS / 6);
        }
        held.goOn();
        const first = await running;
        equal(first.status, 201, "the status of the first");
        replays(await send({}, other), first);
        equal(runs(), 1, "the runs");
        equal(await effects(), 1, "the rows");
      });
    },
  },
  {
    name: "P-101: the signal fires before a lease that cannot be renewed ends",
    run: (subject) => unrenewed(subject, "refused"),
  },
  {
    name: "P-101: the signal fires before a lease that is not known to be renewed ends",
    run: (subject) => unrenewed(subject, "lost"),
  },
  {
    name: "P-101: in a process that was stopped, the signal fires as soon as it goes on",
    async run(subject) {
      for (const effects of ["unrepeatable", "repeatable", "transactional"] as const) {
        const { ports, advance, stop } = manualTime();
        const { handler, signal } = signalled();
        const options = { effects, ports, leaseMs: LEASE_MS };
        await scene(subject, { options, handler }, async ({ send, hold }) => {
          const held = hold(1);
          const running = send();
          await held.reached;
          equal(signal().aborted, false, "the signal before the process was stopped");
          stop(2 * LEASE_MS);
          await advance(0);
          isFired(signal());
          held.goOn();
          await running;
        });
      }
    },
  },
  {
    name: "P-104: after `maxRunMs` the signal fires, renewal stops, and then it is as after a crash",
    async run(subject) {
      for (const effects of TURNED) {
        const { ports, advance } = manualTime();
        const { handler, signal } = signalled();
        const options = { effects, ports, leaseMs: LEASE_MS, maxRunMs: 5_000 };
        await scene(subject, { options, handler }, async (played) => {
          const { send, hold, pass, join, runs, mounted } = played;
          hold(1);
          void send().catch(() => {});
          await mounted.link.called("claim");
          const renewals = () => mounted.link.calls.filter(({ verb }) => verb === "renew").length;
          await advance(4_999);
          equal(signal().aborted, false, "the signal before `maxRunMs`");
          ok(renewals() > 5, "the lease is renewed until then");
          await advance(1);
          isFired(signal());
          const before = renewals();
          await advance(10 * LEASE_MS);
          equal(renewals(), before, "the renewals after `maxRunMs`");
          problem(await send(), 409, "idempotency_in_flight");
          await pass(LEASE_MS);
          await asAfterACrash(effects, { ...played, runs }, await join());
        });
      }
    },
  },
  {
    name: "P-104: transactional: after `maxRunMs` and its lease a request that hangs runs again",
    async run(subject) {
      const { handler, signal } = signalled();
      const options = { effects: "transactional", leaseMs: LEASE_MS, maxRunMs: LEASE_MS / 2 };
      await scene(subject, { options, handler }, async (played) => {
        const { send, hold, join, effects } = played;
        const held = hold(1);
        const running = send();
        await held.reached;
        await eventually("the signal fires after `maxRunMs`", signal, ({ aborted }) => aborted);
        await played.pass(LEASE_MS);
        const second = await runsAgain(played, 2, await join());
        equal(await effects(), 1, "the rows");
        held.goOn();
        replays(await running, second);
        equal(await effects(), 1, "the rows in all");
      });
    },
  },
];

function isFired(signal: AbortSignal): void {
  equal(signal.aborted, true, "whether the signal has fired");
  ok(signal.reason instanceof Error, "its reason is an error");
  equal(signal.reason.name, "LeaseLost", "its reason");
}

async function unrenewed(subject: AdapterSubject, fate: "refused" | "lost"): Promise<void> {
  for (const effects of ["unrepeatable", "repeatable", "transactional"] as const) {
    const { ports, advance } = manualTime();
    const { handler, signal } = signalled();
    const options = { effects, ports, leaseMs: LEASE_MS };
    await scene(subject, { options, handler }, async ({ send, hold, mounted }) => {
      const held = hold(1);
      const running = send();
      await held.reached;
      // Renewed once, so the lease counts from then on.
      await advance(LEASE_MS / 3);
      mounted.link.fate = always(fate, "renew");
      equal(signal().aborted, false, "the signal while the lease is kept");
      await advance(LEASE_MS - 1);
      isFired(signal());
      held.goOn();
      const first = await running;
      equal(first.status, 201, "the status: nobody has taken over");
    });
  }
}

async function asAfterACrash(
  effects: Effects,
  played: Parameters<typeof runsAgain>[0],
  other: Parameters<typeof runsAgain>[2],
): Promise<void> {
  if (effects === "unrepeatable") {
    problem(await played.send({}, other), 409, "idempotency_outcome_unknown");
    equal(played.runs(), 1, "the runs");
  } else await runsAgain(played, 2, other);
}
