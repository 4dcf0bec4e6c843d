/** All that is made wrong on purpose. */
import { ANSWERS } from "./answers.ts";
import { CORE } from "./core.ts";
import type { Mutant } from "./mutant.ts";
import { POSTGRES } from "./stores-postgres.ts";
import { REDIS } from "./stores-redis.ts";
import { MEMORY, SQLITE } from "./stores-sqlite.ts";

export const MUTANTS: readonly Mutant[] = [
  ...CORE,
  ...ANSWERS,
  ...MEMORY,
  ...SQLITE,
  ...REDIS,
  ...POSTGRES,
];
