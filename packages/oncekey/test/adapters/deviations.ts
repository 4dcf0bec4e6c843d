/** What cannot be kept, by the name of the mount: an adapter's page in the docs says the same. */
import type { Deviation } from "../../src/conformance/case.ts";

/** Of the database behind the adapters, not of theirs: over Postgres both cases are kept. */
const SQLITE: readonly Deviation[] = [
  {
    case: "P-98: transactional: an owner that was overtaken in mid-handler is rolled back",
    reason: "SQLite has one writer: while a transaction is open, nobody can commit another.",
  },
  {
    case: "P-104: transactional: after `maxRunMs` and its lease a request that hangs runs again",
    reason: "SQLite has one writer: a handler that hangs in its transaction keeps the lock.",
  },
];

/** The platform's own words have no place for them. */
const FETCH: readonly Deviation[] = [
  {
    case: "P-25: two lines of a field stay two lines",
    reason: "`Headers` joins the lines of a field, all but `Set-Cookie`, before oncekey sees them.",
  },
  {
    case: "P-33: a 103 and trailers reach the first caller",
    reason: "A fetch handler has no way to send a 103 or trailers.",
  },
];

const FASTIFY: readonly Deviation[] = [
  {
    case: "P-77: a request that nobody owns is refused before the body",
    reason:
      "Whose request it is may be settled as late as in a preHandler hook, and Fastify reads the " +
      "body before those.",
  },
];

const OF_MOUNT: Readonly<Record<string, readonly Deviation[]>> = {
  web: FETCH,
  hono: FETCH,
  fastify: FASTIFY,
};

export const deviationsOf = (mount: string): readonly Deviation[] => [
  ...SQLITE,
  ...(OF_MOUNT[mount] ?? []),
];
