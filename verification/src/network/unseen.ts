/** What a whole run, or a sample of it, has to have seen. A run that never came there proves nothing of it. */

import { commitUnknownOf } from "./expectation.ts";
import type { CellResult } from "./network.ts";

interface Sight {
  readonly what: string;
  /** Is this cell one in which it was seen? */
  is(cell: CellResult): boolean;
}

const SIGHTS: readonly Sight[] = [
  {
    what: "a COMMIT that went through and was not answered, and whose own answer was sent (P-111)",
    is: (cell) => commitUnknownOf(cell) === "committed" && cell.at !== "after" && hasRun(cell, 1),
  },
  {
    what: "a COMMIT that was cut in its middle, and whose effect was had by another run (P-110)",
    is: (cell) =>
      commitUnknownOf(cell) === "not" && cell.told.not_recorded !== undefined && hasRun(cell, 2),
  },
  {
    what: "a claim that could not be made, and was answered 503 (P-105)",
    is: (cell) => cell.step === "claim" && cell.told.store_unavailable !== undefined,
  },
  {
    what: "a claim whose reply was lost, and which was made again and won (P-107)",
    is: (cell) =>
      cell.step === "claim" &&
      cell.side === "reply" &&
      cell.at === "before" &&
      cell.told["201"] !== undefined,
  },
  {
    what: "a completion whose reply was lost, and which was made again (P-108)",
    is: (cell) =>
      cell.step === "complete" &&
      cell.side === "reply" &&
      cell.at !== "after" &&
      cell.told["201"] !== undefined,
  },
  {
    what: "a completion that came too late for its caller, and was kept all the same (P-109)",
    is: (cell) => cell.mode === "unrepeatable" && cell.told.not_recorded !== undefined,
  },
  { what: "a second effect, where it is the limit", is: (cell) => cell.limit === "seen" },
];

const hasRun = ({ runs }: CellResult, times: number): boolean => runs[times] !== undefined;

export function unseenOf(cells: readonly CellResult[]): readonly string[] {
  return SIGHTS.filter(({ is }) => !cells.some(is)).map(({ what }) => what);
}
