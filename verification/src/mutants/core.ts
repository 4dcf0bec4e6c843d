/** Mistakes in the engine: who runs, who answers, and who is told. */
import type { Mutant, Suite } from "./mutant.ts";

const engine = (named: string): Suite => ({ tests: "oncekey/core/engine", named });
const waiting = (named: string): Suite => ({ tests: "oncekey/core/wait", named });
const running = (named: string): Suite => ({ tests: "oncekey/core/run", named });
const served = (named: string): Suite => ({ tests: "oncekey/adapters/node", named });

export const CORE: readonly Mutant[] = [
  {
    name: "a claim that is made again is another claim",
    file: "core/engine.ts",
    from: "() => store.claim(request)), askedAt };",
    to: "() => store.claim({ ...request, nonce: ports.nonce() })), askedAt };",
    killer: engine("P-107: a claim whose reply was lost is made again"),
    bugs: [7],
  },
  {
    name: "a claim carries the name of its process, and not one of its own",
    file: "core/ports.ts",
    from: 'nonce: () => crypto.randomUUID().replaceAll("-", ""),',
    to: 'nonce: () => "a".repeat(32),',
    killer: served("P-103: a process that starts again owns none"),
    bugs: [19],
  },
  {
    name: "all that run at a time share one lease, the one that was taken last",
    file: "core/attempt.ts",
    from: "const { lease } = held;",
    to: "const lease = Object.assign((surroundings.lease ??= {}), held.lease);",
    killer: served("P-36: the same body under another key"),
    bugs: [8],
  },
  {
    name: "a duplicate that waited in vain releases what it waited for",
    file: "core/engine.ts",
    from: "if (news !== undefined) {",
    to: `if (news === undefined && asked.claim.outcome === "taken") {
          await store.release(asked.claim.record);
        } else {`,
    killer: served("P-123: a waiter whose client leaves, or whose wait ends"),
    bugs: [15],
  },
  {
    name: "a duplicate that is refused releases what it is refused for",
    file: "core/engine.ts",
    from: "return { verdict, askedAt: asked.askedAt, waitedMs };",
    to: `if (verdict.kind === "in-flight" && asked.claim.outcome === "taken") {
        await store.release(asked.claim.record);
      }
      return { verdict, askedAt: asked.askedAt, waitedMs };`,
    killer: engine("a fresh key runs, and its result answers every duplicate"),
    bugs: [16],
  },
  {
    name: "another request under the key releases what it differs from",
    file: "core/engine.ts",
    from: "return { verdict, askedAt: asked.askedAt, waitedMs };",
    to: `if (verdict.kind === "mismatch" && asked.claim.outcome === "taken") {
        await store.release(asked.claim.record);
      }
      return { verdict, askedAt: asked.askedAt, waitedMs };`,
    killer: engine("another fingerprint is a mismatch in every state"),
    bugs: [33],
  },
  {
    name: "whether a claim is in flight comes before whose request it is",
    file: "core/verdict.ts",
    from: 'if (!same(record.fingerprint, fingerprint)) return { kind: "mismatch" };',
    to: 'if (record.state !== "in-flight" && !same(record.fingerprint, fingerprint)) return { kind: "mismatch" };',
    killer: engine("another fingerprint is a mismatch in every state"),
    bugs: [34],
  },
  {
    name: "fingerprints are kept, and never compared",
    file: "core/verdict.ts",
    from: 'if (!same(record.fingerprint, fingerprint)) return { kind: "mismatch" };',
    to: "",
    killer: engine("another fingerprint is a mismatch in every state"),
  },
  {
    name: "whether a lease has ended is read off the application's clock",
    file: "core/verdict.ts",
    from: `case "in-flight":
      return`,
    to: `case "in-flight":
      if (record.effects === "unrepeatable" && record.leaseEndsAt <= Date.now()) {
        return { kind: "in-doubt", lease: { id: record.id, token: record.token } };
      }
      return`,
    killer: served("P-102: with clocks an hour fast and an hour slow"),
  },
  {
    name: "the scope is no part of a record's address",
    file: "core/address.ts",
    from: 'framed(["oncekey scope", door, ...principal])',
    to: 'framed(["oncekey scope", door])',
    killer: running("the same key in another scope"),
  },
  {
    name: "no lease is ever renewed",
    file: "core/lease.ts",
    from: "void renew(held);",
    to: "{}",
    killer: engine("a lease is renewed for as long as its owner runs"),
    bugs: [20],
  },
  {
    name: "after one renewal that failed nobody renews any more, and nobody is told",
    file: "core/lease.ts",
    from: "held.failed = true;",
    to: "all.delete(held);",
    killer: engine("P-101: the signal fires before the lease ends"),
    bugs: [21],
  },
  {
    name: "a renewal that failed is not made again before the next beat but one",
    file: "core/lease.ts",
    from: "held.failed = true;",
    to: "",
    killer: engine("two failed renewals are repeated"),
  },
  {
    name: "what was completed is renewed all the same",
    file: "core/attempt.ts",
    from: `held.drop();
    report({ type, ...about, ranMs: ranMs() });`,
    to: "report({ type, ...about, ranMs: ranMs() });",
    killer: engine("an owner that has ended renews nothing"),
  },
  {
    name: "a claim is held for as long as its result would be kept",
    file: "core/engine.ts",
    from: "{ ...subject, leaseMs, retentionMs, nonce",
    to: "{ ...subject, leaseMs: retentionMs, retentionMs, nonce",
    killer: served("P-88: unrepeatable: once the lease has ended"),
    bugs: [22],
  },
  {
    name: "a result is kept for as long as a claim would be held",
    file: "core/engine.ts",
    from: "{ ...subject, leaseMs, retentionMs, nonce",
    to: "{ ...subject, leaseMs, retentionMs: leaseMs, nonce",
    killer: served("P-82: an answer is kept for a day"),
    bugs: [22],
  },
  {
    name: "work that throws is released, whatever it may have done",
    file: "core/run.ts",
    from: "await (wishes.released ? attempt.release() : attempt.giveUp());",
    to: "await attempt.release();",
    killer: running("a throw leaves unrepeatable work in doubt"),
    bugs: [24],
  },
  {
    name: "an outcome that nobody knows is released, whatever it may have been",
    file: "core/attempt.ts",
    from: 'if (subject.effects !== "unrepeatable") return release();',
    to: "return release();",
    killer: engine("giving up leaves an unrepeatable record in doubt"),
    bugs: [24],
  },
  {
    name: "a completion that fails is answered by releasing the record",
    file: "core/attempt.ts",
    from: 'failed("complete", error);',
    to: 'failed("complete", error);\n        return release();',
    killer: engine("P-108: a completion that fails is tried again"),
    bugs: [30],
  },
  {
    name: "a completion that fails is not made again",
    file: "core/attempt.ts",
    from: "if (held.isLost || ports.now() >= until) break;",
    to: "break;",
    killer: engine("P-108: a completion that fails is tried again"),
    bugs: [30],
  },
  {
    name: "a completion that cannot be kept is forgotten",
    file: "core/attempt.ts",
    from: 'later("complete", result.length, verb);',
    to: "",
    killer: engine("P-109: a completion that cannot be kept"),
    bugs: [30],
  },
  {
    name: "a completion that fails is taken for one that was kept",
    file: "core/attempt.ts",
    from: 'failed("complete", error);',
    to: 'failed("complete", error);\n        return ended("completed");',
    killer: engine("P-109: a completion that cannot be kept"),
    bugs: [31],
  },
  {
    name: "a store that hangs is waited for",
    file: "core/door.ts",
    from: "const cancel = timer(Math.max(ms, 0), () => {",
    to: "const cancel = timer(Math.max(ms, 0), () => {\n      return;",
    killer: engine("P-105: a store that hangs counts as failed"),
    bugs: [31],
  },
  {
    name: "a renewal that fails is an error that nobody catches",
    file: "core/lease.ts",
    from: 'report({ type: "store-failed", record: shortened(lease.id), label, call: "renew", error });',
    to: "throw error;",
    killer: engine("two failed renewals are repeated"),
    bugs: [31],
  },
  {
    name: "an owner that was overtaken sends its own answer",
    file: "core/attempt.ts",
    from: '(await call(verb)) ? ended("completed") : await superseded();',
    to: '(await call(verb)) ? ended("completed") : ended("completed");',
    killer: engine("P-95: an owner that was overtaken passes on the other's result"),
  },
  {
    name: "waiters listen, and do not ask what happened before",
    file: "core/wait.ts",
    from: "await Promise.race([watch.ready, interval]);",
    to: "await watch.ready;\n        continue;",
    killer: waiting("P-120: what changed before anybody listened"),
  },
];
