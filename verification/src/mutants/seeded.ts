/** All that is made wrong on purpose. */
import { ADAPTERS } from "./adapters.ts";
import { ANSWERS } from "./answers.ts";
import { COMPARISON } from "./comparison.ts";
import { CORE } from "./core.ts";
import { CORE_RECORDS } from "./core-records.ts";
import { HTTP } from "./http.ts";
import type { Mutant } from "./mutant.ts";
import { PRIVACY } from "./privacy.ts";
import { PROTOCOL } from "./protocol.ts";
import { POSTGRES } from "./stores-postgres.ts";
import { REDIS } from "./stores-redis.ts";
import { STORES_ROWS } from "./stores-rows.ts";
import { MEMORY, SQLITE } from "./stores-sqlite.ts";

export const MUTANTS: readonly Mutant[] = [
  ...CORE,
  ...CORE_RECORDS,
  ...PRIVACY,
  ...ANSWERS,
  ...MEMORY,
  ...SQLITE,
  ...REDIS,
  ...POSTGRES,
  ...STORES_ROWS,
  ...COMPARISON,
  ...HTTP,
  ...PROTOCOL,
  ...ADAPTERS,
];
