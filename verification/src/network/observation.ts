/** All that was seen of one round, from outside: what the judge decides on. */
import type { Sighting } from "../chaos/client.ts";
import type { Observation as ChaosObservation } from "../chaos/observation.ts";
import type { Cell } from "./cell.ts";

export interface Observation {
  readonly cell: Cell;
  /** As the chaos harness would have it: what both judge is judged in one place. */
  readonly round: ChaosObservation;
  /** By the clock of the ledger; undefined: never. */
  readonly struckAt: number | undefined;
  /** What the caller was told whose conversation with the store met the fault. */
  readonly first: Sighting;
  /** What those were told who asked the application that is connected directly. */
  readonly witnessed: readonly Sighting[];
  /** It was in doubt, and again and again did not stand in the list. */
  readonly isMissed: boolean;
}
