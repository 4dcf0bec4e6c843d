/**
 * Erases what was kept for one principal: the answers and the labels, and on request the records.
 *
 * A record is what keeps a late retry from running again, so it stays until it expires, and says
 * only that it happened. What is in flight or in doubt is left: the one will be kept after all, and
 * the other is the only trace of what may have happened.
 */
import type { Door, Scope } from "../core/address.ts";
import { createEnvelope, type Envelope, type Seal } from "../core/envelope.ts";
import { RecordCorrupt } from "../core/errors.ts";
import type { Inspector } from "../core/inspector.ts";
import { platform } from "../core/ports.ts";
import type { Completed, IdempotencyRecord } from "../core/record.ts";
import { scopeDigest } from "./lookup.ts";
import { decodeSnapshot, encodeSnapshot } from "./snapshot.ts";

export interface ForgetRequest {
  /** As the `scope` option yields it, `"global"` in words included, or as `run` was given it. */
  readonly scope: Scope;
  /** True: the records go too. A retry that comes later runs again. False unless it is said. */
  readonly purge?: boolean;
  /** Where the guard has one. */
  readonly seal?: Seal;
}

/** How many records there were of each kind. */
export interface Forgotten {
  readonly erased: number;
  /** Left: call again when they have ended. */
  readonly inFlight: number;
  /** Left: settle them first. */
  readonly inDoubt: number;
  /** Left, since nobody can tell what they hold: only `purge` removes them. */
  readonly unreadable: number;
}

const DOORS: readonly Door[] = ["http", "run"];
/** Each record brings its answer along: a hundred of 1 MiB are memory enough. */
const PAGE = 100;

/**
 * Throws `StoreUnavailable` when the store gives no answer; what was erased by then stays erased, so
 * call again. What begins meanwhile is not erased.
 *
 * After it a duplicate of an HTTP request gets `idempotency_response_not_kept`, and `run` replays
 * `undefined`, both as after `omit()`.
 */
export async function forget(
  inspector: Pick<Inspector, "list" | "erase">,
  { scope, purge = false, seal }: ForgetRequest,
): Promise<Forgotten> {
  checkScope(scope);
  const envelope = createEnvelope(platform, seal);
  const counts = { erased: 0, inFlight: 0, inDoubt: 0, unreadable: 0 };
  for (const door of DOORS) {
    let after: string | undefined;
    do {
      const asked = {
        limit: PAGE,
        scope: scopeDigest(scope, door),
        ...(after !== undefined && { after }),
      };
      const { records, next } = await inspector.list(asked);
      for (const record of records) counts[await forgotten(record, door)]++;
      after = next;
    } while (after !== undefined);
  }
  return counts;

  async function forgotten(record: IdempotencyRecord, door: Door): Promise<keyof Forgotten> {
    if (record.state !== "completed") {
      return record.state === "in-flight" ? "inFlight" : "inDoubt";
    }
    const instead = purge ? undefined : await emptied(envelope, record, door);
    if (instead === "unreadable") return instead;
    // Refused: it has expired since it was listed, and is gone as well.
    await inspector.erase(record, instead);
    return "erased";
  }
}

/** What says that it happened, and nothing else. */
async function emptied(
  envelope: Envelope,
  { id, result }: Completed,
  door: Door,
): Promise<Uint8Array | "unreadable"> {
  try {
    const bytes = await envelope.unwrap(id, result);
    if (door === "run") return await envelope.wrap(id, new Uint8Array());
    const { status } = decodeSnapshot(bytes);
    return await envelope.wrap(id, encodeSnapshot({ kind: "tombstone", status }));
  } catch (error) {
    if (error instanceof RecordCorrupt) return "unreadable";
    throw error;
  }
}

/** An empty one would find nothing, and say that all was erased. */
function checkScope(scope: unknown): void {
  const parts: unknown = typeof scope === "string" ? [scope] : scope;
  const isNamed = Array.isArray(parts) && parts.length > 0 && parts[0] !== "";
  if (isNamed && parts.every((part) => typeof part === "string")) return;
  throw new TypeError("Expected `scope` to say whose records, as a string or a list of strings.");
}
