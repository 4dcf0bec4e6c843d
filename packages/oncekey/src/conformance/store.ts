/** The contract of `core/store.ts` as cases. A store is done when it passes them. */
import type { Case } from "./case.ts";
import { claimCases } from "./claim.ts";
import { completionCases } from "./completion.ts";
import { leaseCases } from "./lease.ts";
import { resolutionCases } from "./resolution.ts";
import { stormCases } from "./storm.ts";
import type { StoreSubject } from "./subject.ts";

export const storeCases: readonly Case<StoreSubject>[] = [
  ...claimCases,
  ...leaseCases,
  ...completionCases,
  ...resolutionCases,
  ...stormCases,
];
