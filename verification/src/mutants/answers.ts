/** Mistakes on the way between the engine and the wire: what is kept, said, or run unprotected. */
import type { Mutant, Suite } from "./mutant.ts";

const served = (named: string): Suite => ({ tests: "oncekey/adapters/node", named });
const answered = (named: string): Suite => ({ tests: "oncekey/adapters/ways", named });

export const ANSWERS: readonly Mutant[] = [
  {
    name: "a guard within a guard refuses, and the outer one keeps the refusal",
    file: "http/guard.ts",
    from: 'if (optionalIdempotencyOf(exchange.request) !== undefined) return { kind: "pass" };',
    to: "",
    killer: { tests: "oncekey/adapters/nested" },
    bugs: [17],
  },
  {
    name: "an answer that says that the handler failed is released",
    file: "http/plan.ts",
    from: 'return status === undefined ? "give-up" : "complete";',
    to: 'return status === undefined ? "give-up" : status >= 500 ? "release" : "complete";',
    killer: served("P-56: unrepeatable: the framework's answer to a throw"),
    bugs: [24],
  },
  {
    name: "the end of a connection is taken for a handler that gave up",
    file: "adapters/node-outgoing.ts",
    from: "if (!byClient && !this.hasEnded) this.fail();",
    to: "if (!this.hasEnded) this.fail();",
    killer: served("P-30: when the client leaves, the handler finishes"),
    bugs: [27],
  },
  {
    name: "the end of a connection is taken for the end of an answer",
    file: "adapters/node-outgoing.ts",
    from: "if (!byClient && !this.hasEnded) this.fail();",
    to: "if (!this.hasEnded) this.end([]);",
    killer: served("P-30: when the client leaves, the handler finishes"),
    bugs: [27],
  },
  {
    name: "a stream whose reader has left is read no further, and never ends",
    file: "adapters/web-response.ts",
    from: "if (!isGone) for (const chunk of step.chunks) controller.enqueue(chunk);",
    to: "if (isGone) return;\n      for (const chunk of step.chunks) controller.enqueue(chunk);",
    killer: { tests: "oncekey/adapters/web", named: "P-118: a stream whose client leaves" },
    bugs: [27],
  },
  {
    name: "an answer is sent first, and recorded then",
    file: "http/passage.ts",
    from: "const came = await ending(wishes.gaveUp ? undefined : (recorder.status ?? 200));",
    to: 'void ending(recorder.status ?? 200);\n      const came = { kind: "recorded" } as Ending;',
    killer: served("P-114: a client sees no whole answer before the record is safe"),
    bugs: [28],
  },
  {
    name: "a handler that writes its answer piece by piece is not seen",
    file: "adapters/node-outgoing.ts",
    from: "for (const name of NAMES) Reflect.set(response, name, REPLACED[name]);",
    to: 'for (const name of NAMES) if (name !== "write") Reflect.set(response, name, REPLACED[name]);',
    killer: answered("node, write and end: the first answer is whole"),
    bugs: [29],
  },
  {
    name: "a handler that writes its head by itself is not seen",
    file: "adapters/node-outgoing.ts",
    from: "for (const name of NAMES) Reflect.set(response, name, REPLACED[name]);",
    to: 'for (const name of NAMES) if (name !== "writeHead") Reflect.set(response, name, REPLACED[name]);',
    killer: answered("node, writeHead and end: the first answer is whole"),
    bugs: [29],
  },
  {
    name: "without its store it runs unprotected, though nobody allowed it to",
    file: "http/guard.ts",
    from: 'if (!settings.runsUnprotected) return refusal("idempotency_store_unavailable", echo);',
    to: "",
    killer: served("P-105: with a store that is down nothing runs, a key being required"),
    bugs: [32],
  },
  {
    name: "a run without protection is not reported",
    file: "http/guard.ts",
    from: 'report({ type: "ran-unprotected", label, error });',
    to: "",
    killer: served("P-106, S-31: with `onStoreDown"),
    bugs: [32],
  },
  {
    name: "a record that cannot be read is taken for a store that is down, and run past",
    file: "http/guard.ts",
    from: 'if (error instanceof RecordCorrupt) return refusal("idempotency_store_unavailable", echo);',
    to: 'if (error instanceof RecordCorrupt) return { kind: "pass" };',
    killer: served("P-112, S-8: a record that cannot be read back"),
    bugs: [32],
  },
  {
    name: "every header of an answer is kept and replayed",
    file: "http/headers.ts",
    from: "return isLegal(line) && policy(name) && !named.has(name) && !unchanged.has(name);",
    to: "return isLegal(line) && !named.has(name) && !unchanged.has(name);",
    killer: { tests: "oncekey/http/headers", named: "P-23, S-7: no field of the list is kept" },
  },
];
