/** Mistakes in the engine: who runs, who answers, and who is told. */
import type { Mutant } from "./mutant.ts";

export const CORE: readonly Mutant[] = [
  {
    name: "whether a claim is in flight comes before whose request it is",
    file: "core/verdict.ts",
    from: 'if (!same(record.fingerprint, fingerprint)) return { kind: "mismatch" };',
    to: 'if (record.state !== "in-flight" && !same(record.fingerprint, fingerprint)) return { kind: "mismatch" };',
    killer: { tests: "oncekey/core/engine" },
    bugs: [34],
  },
];
