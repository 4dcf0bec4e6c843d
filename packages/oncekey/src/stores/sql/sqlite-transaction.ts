/** Effect and record in one commit, on a connection that has nothing else to do. */
import type { Lease } from "../../core/store.ts";
import { answered, type Connection } from "./sqlite-client.ts";
import type { Records } from "./sqlite-records.ts";

/** It ends with the transaction, whoever ends that: afterwards it cannot be released. */
const MARK = "oncekey_transaction";

/**
 * Runs `work` in the transaction that is open on `connection`, and completes the record with its
 * result. True: to be committed. From BEGIN to COMMIT nobody else can write, so whoever owns the
 * record at the beginning owns it at the end.
 */
export async function completeWith(
  connection: Connection,
  records: Records,
  lease: Lease,
  work: () => Promise<Uint8Array>,
): Promise<boolean> {
  const isOwner = answered(() => {
    connection.exec(`SAVEPOINT ${MARK}`);
    return records.isOwner(lease, records.turn());
  });
  if (!isOwner) return false;

  const result = await work();

  return answered(() => {
    // A full disk rolls back by itself, and `work` may not have noticed. Without this, the record
    // would be completed on its own, and say that an effect happened which did not.
    connection.exec(`RELEASE ${MARK}`);
    return records.complete(lease, result, records.turn());
  });
}
