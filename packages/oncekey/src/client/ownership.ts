/**
 * Which of the tabs that have one intent sends it. The others watch, and show what it tells; without
 * `tabs` every tab is on its own.
 */
import { type Entry, entryOf, salted } from "./keep.ts";
import type { Parts } from "./machine.ts";
import { phaseOf, type ServerFacts, type State } from "./reduce.ts";
import type { Claim } from "./tabs.ts";
import type { Turn } from "./turns.ts";

export interface Ownership {
  /** Whether this tab may send. If not, it is told what becomes of the intent. */
  maySend(turn: Turn, server: ServerFacts): Promise<boolean>;
  /** Remembers what is there as the person submits: all else will be news. */
  look(): void;
  /** Whether another tab has sent since the person pressed; then that is what is shown. */
  isOvertaken(): boolean;
  /** Tells the tabs that watch, and lets one of them go on when there is nothing left to send. */
  share(before: State): void;
  letGo(): void;
}

export function createOwnership({ machine, options, keep, bytes, ports }: Parts): Ownership {
  const { id, intent, tabs } = options;
  let claim: Claim | undefined;
  let lastKey: string | undefined;
  /** What the tabs of a named intent share is also what the last owner wrote last. */
  const shared = () => (intent === undefined ? undefined : keep.read());

  function observe(entry: Entry): void {
    const { bodyHash, principal: whose, ...record } = entry;
    const { principal } = machine.state;
    if (whose !== undefined && (principal === null || whose !== salted(record.key, principal)))
      return;
    const { current } = bytes;
    machine.tell({ type: "observed", record, held: bytes.standFor(entry) });
    if (machine.state.key === record.key) bytes.adopt(current, bodyHash);
  }

  function inherited(): void {
    const entry = shared();
    if (entry && entry.key !== lastKey && entry.firstSentAt !== null) observe(entry);
    machine.tell({ type: "due" });
  }

  /** Nothing is known yet of the tab that sends, but that it does. */
  function watch(server: ServerFacts): void {
    const { state } = machine;
    const entry = entryOf(state, state.key, bytes.hash);
    const firstSentAt = state.firstSentAt ?? ports.now();
    if (entry) observe({ ...entry, status: "waiting", reason: null, firstSentAt, server });
  }

  function letGo(): void {
    claim?.release();
    claim = undefined;
  }

  return {
    async maySend(turn, server) {
      if (!tabs || claim?.owns()) return true;
      // The key cannot name what tabs must agree on before they have one.
      const lock = `${id}:${intent ?? machine.state.key}`;
      letGo();
      const answer = await tabs.claim(lock, { observed: observe, inherited });
      if (turn.isOver()) {
        answer.release();
        return false;
      }
      claim = answer;
      const owns = claim.owns();
      if (!owns) watch(server);
      return owns;
    },
    look() {
      lastKey = shared()?.key;
    },
    isOvertaken() {
      const entry = tabs && shared();
      const isNews = entry && entry.key !== lastKey && entry.key !== machine.state.key;
      if (!isNews || entry.firstSentAt === null) return false;
      observe(entry);
      machine.tell({ type: "due" });
      return true;
    },
    share(before) {
      const { state } = machine;
      // A definite no has retired the key, and it is the old one that they watch.
      const key = state.status === "rejected" ? before.key : state.key;
      const entry = entryOf(state, key, bytes.hash);
      if (claim?.owns() && entry) claim.tell(entry);
      if (phaseOf(state.status) !== "SUBMIT") letGo();
    },
    letGo,
  };
}
