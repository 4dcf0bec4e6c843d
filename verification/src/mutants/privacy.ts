/** Mistakes in what protects people: sealing, forgetting, and what is told of their requests. */
import type { Mutant } from "./mutant.ts";

const sealing = (named: string) => ({ tests: "oncekey/core/seal", named });
const forgetting = (named: string) => ({ tests: "oncekey/http/forget", named });
const telling = (named: string) => ({ tests: "oncekey/core/events", named });

export const PRIVACY: readonly Mutant[] = [
  {
    name: "a sealed answer opens in any record",
    file: "core/seal.ts",
    from: 'framed(["oncekey sealed result", id, keyId])',
    to: 'framed(["oncekey sealed result", keyId])',
    killer: sealing("moved to another record"),
  },
  {
    name: "every answer is sealed under the same nonce",
    file: "core/seal.ts",
    from: "randomBytes(NONCE_BYTES)",
    to: "new Uint8Array(NONCE_BYTES)",
    killer: sealing("sealed anew each time"),
  },
  {
    name: "only the first key opens",
    file: "core/seal.ts",
    from: "ring.get(named)?.()",
    to: "(keys[0]?.id === named ? sealingKey : undefined)?.()",
    killer: sealing("every listed key opens"),
  },
  {
    name: "a seal that is switched on loses what was kept before",
    file: "core/envelope.ts",
    from: "bytes[0] === SEALED ? open(seal, id, bytes) : unwrap(ports, id, bytes)",
    to: "open(seal, id, bytes)",
    killer: sealing("before there was a seal"),
  },
  {
    name: "to forget a person is to let their late retries run again",
    file: "http/forget.ts",
    from: "const instead = purge ? undefined",
    to: "const instead = purge || true ? undefined",
    killer: forgetting("a retry after it does not run again"),
  },
  {
    name: "only the first page of a person is forgotten",
    file: "http/forget.ts",
    from: "after = next;",
    to: "after = undefined;",
    killer: forgetting("the answers and labels of one principal"),
  },
  {
    name: "an erased record keeps its label",
    file: "stores/memory-table.ts",
    from: '{ ...kept, label: "", result',
    to: "{ ...kept, result",
    killer: { tests: "oncekey/stores/memory", named: "answers with what was put instead" },
  },
  {
    name: "a record is erased under an older token than its own",
    file: "stores/sql/sqlite-records.ts",
    from: 'const COMPLETED = "token = ?',
    to: 'const COMPLETED = "token <= ?',
    killer: { tests: "oncekey/stores/sqlite", named: "erasing is fenced" },
  },
  {
    name: "a row is erased under any token",
    file: "stores/sql/postgres-statements.ts",
    from: "$2::text::bigint = r.token",
    to: "$2::text::bigint > 0",
    killer: { tests: "oncekey/stores/postgres", named: "erasing is fenced" },
  },
  {
    name: "what is in doubt is erased in Redis",
    file: "stores/redis-lua.ts",
    from: "if absent or not settled or token ~= ARGV[1]",
    to: "if absent or token ~= ARGV[1]",
    killer: { tests: "oncekey/stores/redis", named: "nothing in flight or in doubt is erased" },
  },
  {
    name: "nobody hears how long a duplicate waited",
    file: "core/engine.ts",
    from: "waitedMs = ports.now() - waitsFrom;",
    to: "",
    killer: telling("how long it waited"),
  },
  {
    name: "the store's slowness is told of as the handler's",
    file: "core/attempt.ts",
    from: "answeredAt ??= ports.now();",
    to: "answeredAt = ports.now();",
    killer: telling("without what the store took"),
  },
];
