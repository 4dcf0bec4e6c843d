/** The cases of every adapter, played through the gateway: the same requests, the same bytes. */
import { ok, rejects } from "node:assert/strict";
import { after, describe, test } from "node:test";
import { settle } from "oncekey";
import { type AdapterSubject, adapterCases } from "oncekey/conformance";
import { memoryStore } from "oncekey/memory";
import { deviationOf, deviations, NOT_PLAYED } from "./deviations.ts";
import { closeAll, mount } from "./mount.ts";

/** Of today, so that a decision by the gateway's own clock would be wrong in every case. */
const STARTED_AT = Date.now();

const subject = (): AdapterSubject => ({
  mount,
  settle,
  makeStore(limits = { maxRecords: 1_000 }) {
    let now = STARTED_AT;
    const store = memoryStore({ clock: () => now, ...limits });
    return {
      store,
      async pass(ms) {
        now += ms;
      },
    };
  },
  makeTransactionalStore: () => Promise.reject(new NoTransactions()),
});

/** The kinds of effects are played in turn, and this one is the last: the others have passed. */
class NoTransactions extends Error {}

async function play(run: (subject: AdapterSubject) => Promise<void>): Promise<void> {
  try {
    await run(subject());
  } catch (error) {
    if (!isForTransactions(error)) throw error;
  }
}

function isForTransactions(error: unknown): boolean {
  if (error instanceof NoTransactions) return true;
  return error instanceof Error && error.cause !== undefined && isForTransactions(error.cause);
}

/** Some of what cannot be kept would be waited for without end. */
const DENIED_MS = 5_000;

function tooLate(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error("It never came.")), DENIED_MS).unref();
  });
}

after(closeAll);

describe("oncekey/conformance, through the gateway", { concurrency: 4 }, () => {
  for (const { name, run } of adapterCases) {
    if (name === NOT_PLAYED) continue;
    const reason = deviationOf(name);
    if (reason === undefined) {
      test(name, () => play(run));
      continue;
    }
    // Held to the deviation as well: a promise that is kept after all must not be denied.
    test(`deviates: ${name}`, async (context) => {
      context.diagnostic(reason);
      await rejects(Promise.race([play(run), tooLate()]));
    });
  }
});

test("every deviation is one of a case that exists", () => {
  for (const name of [...deviations, NOT_PLAYED]) {
    ok(
      adapterCases.some((one) => one.name === name),
      `No case is named "${name}".`,
    );
  }
});
