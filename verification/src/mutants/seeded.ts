/** All that is made wrong on purpose. */
import { CORE } from "./core.ts";
import type { Mutant } from "./mutant.ts";

export const MUTANTS: readonly Mutant[] = [...CORE];
