/** The records of a store by the rounds that they are of. */
import type { IdempotencyRecord, Inspector } from "oncekey";
import { roundOf } from "../chaos/fragile-store.ts";

const PAGE = 1_000;

export async function recordsOf(
  store: Pick<Inspector, "list">,
): Promise<ReadonlyMap<string, IdempotencyRecord>> {
  const found = new Map<string, IdempotencyRecord>();
  let after: string | undefined;
  do {
    const page = await store.list({ limit: PAGE, ...(after !== undefined && { after }) });
    for (const record of page.records) found.set(roundOf(record.label), record);
    after = page.next;
  } while (after !== undefined);
  return found;
}
