/** Mistakes in how a key is read off the wire. */
import type { Mutant } from "./mutant.ts";

export const PROTOCOL: readonly Mutant[] = [
  {
    name: "keys are compared without their case",
    file: "protocol/header.ts",
    from: '{ kind: "key", key }',
    to: '{ kind: "key", key: key.toLowerCase() }',
    killer: { tests: "oncekey/adapters/web", named: "P-11" },
    bugs: [42],
  },
  {
    name: "a key is cut to the width of a column",
    file: "protocol/header.ts",
    from: '{ kind: "key", key }',
    to: '{ kind: "key", key: key.slice(0, 64) }',
    killer: { tests: "oncekey/adapters/web", named: "P-9:" },
    bugs: [42],
  },
];
