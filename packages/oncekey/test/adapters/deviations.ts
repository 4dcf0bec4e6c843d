/** What an adapter cannot keep, by the name of its mount: its page in the docs says the same. */
import type { Deviation } from "../../src/conformance/case.ts";

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

export const DEVIATIONS: Readonly<Record<string, readonly Deviation[]>> = {
  web: FETCH,
  hono: FETCH,
  fastify: [
    {
      case: "P-77: a request that nobody owns is refused before the body",
      reason:
        "Whose request it is may be settled as late as in a preHandler hook, and Fastify reads " +
        "the body before those.",
    },
  ],
};
