/** What an earlier page, or another tab, has left of an intent, and whose it is. */
import { salted } from "./keep.ts";
import type { Parts } from "./machine.ts";
import type { Ownership } from "./ownership.ts";
import { type Kept, phaseOf } from "./reduce.ts";

export interface Past {
  /** Somebody else may have signed in since: nothing of the last person is sent for them. */
  identify(): string | undefined;
  /** `field`: the key that a form brought along. */
  recall(field?: string): void;
}

export function createPast(
  { machine, options, keep, bytes, turns }: Parts,
  ownership: Ownership,
): Past {
  function identify(): string | undefined {
    const principal = options.principal?.();
    if (principal !== undefined && principal !== machine.state.principal) {
      machine.tell({ type: "principal", principal });
    }
    return principal;
  }

  /** Finds the bytes of an earlier page, and who may send them: this tab, or one that is at it. */
  async function resume(record: Kept): Promise<void> {
    const turn = turns.begin();
    const { key, server } = record;
    const { state } = machine;
    if (state.key !== key || phaseOf(state.status) !== "FAIL") return;
    const body = await bytes.read(key);
    if (turn.isOver()) return;
    if (body) bytes.adopt(body, bytes.hash);
    const mustAsk = phaseOf(record.status) === "SUBMIT";
    if (mustAsk && !(await ownership.maySend(turn, server))) return;
    if (body) machine.tell({ type: "restored", record, held: true });
    else ownership.letGo();
  }

  return {
    identify,
    recall(field) {
      const principal = identify();
      const entry = keep.read();
      const isOthers =
        entry?.principal !== undefined &&
        (principal === undefined || entry.principal !== salted(entry.key, principal));
      if (entry === undefined || isOthers) {
        if (entry && principal !== undefined) {
          keep.remove();
          bytes.drop(entry.key);
        }
        machine.tell({ type: "restored", ...(field && { field }) });
        return;
      }
      const { bodyHash, principal: _, ...record } = entry;
      const { status, key } = machine.state;
      if (status !== "ready" || record.key === key) return;
      machine.tell({ type: "restored", record });
      bytes.adopt(bytes.current, bodyHash);
      // There is more to find than the key: its bytes, or a tab that is at it.
      if (bytes.areKept || options.tabs) void resume(record);
    },
  };
}
