/** Every case, in the order of a report. */
import type { Case } from "./case.ts";
import { failureCases } from "./cases/failures.ts";
import { framingCases } from "./cases/framing.ts";
import { inFlightCases } from "./cases/in-flight.ts";
import { keyCases } from "./cases/key.ts";
import { methodCases } from "./cases/methods.ts";
import { mismatchCases } from "./cases/mismatch.ts";
import { problemCases } from "./cases/problems.ts";
import { replayCases } from "./cases/replay.ts";
import { scopeCases } from "./cases/scope.ts";

export const allCases: readonly Case[] = [
  ...keyCases,
  ...replayCases,
  ...inFlightCases,
  ...mismatchCases,
  ...failureCases,
  ...scopeCases,
  ...methodCases,
  ...problemCases,
  ...framingCases,
];
