/** A process of its own that claims whatever it is sent, and says what it was told. */
import { Pool } from "pg";
import type { ClaimRequest } from "../../src/core/store.ts";
import { postgresStore } from "../../src/stores/postgres.ts";

const [, , connectionString = "", table = ""] = process.argv;
const pool = new Pool({ connectionString });
const store = postgresStore(pool, { table });

process.on("message", async (request: ClaimRequest) => {
  const claim = await store.claim(request);
  const { token } = claim.outcome === "claimed" ? claim.lease : claim.record;
  process.send?.({ outcome: claim.outcome, token });
});
process.on("disconnect", () => pool.end());
process.send?.("ready");
