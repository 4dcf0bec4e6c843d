/** What a completed record keeps, for who looks at it. */
import { createEnvelope, type Seal } from "../core/envelope.ts";
import { RecordCorrupt } from "../core/errors.ts";
import { platform } from "../core/ports.ts";
import type { Completed } from "../core/record.ts";
import { decodeSnapshot, type Snapshot } from "./snapshot.ts";

/** `value`: of `run`, in the bytes of its codec. */
export type Kept = Snapshot | { readonly kind: "value"; readonly bytes: Uint8Array };

/**
 * Rejects with `RecordCorrupt` when the bytes are not those that were kept for this record, and when
 * they are sealed and `seal` does not open them.
 */
export async function keptBy(
  record: Pick<Completed, "id" | "result">,
  options: { readonly seal?: Seal } = {},
): Promise<Kept> {
  const { unwrap } = createEnvelope(platform, options.seal);
  const bytes = await unwrap(record.id, record.result);
  try {
    return decodeSnapshot(bytes);
  } catch (error) {
    // The envelope has told that they are whole: so they are no answer, but a value of `run`.
    if (error instanceof RecordCorrupt) return { kind: "value", bytes };
    throw error;
  }
}
