/** The run's own servers: one Redis and one Postgres on free ports, handed over as addresses. */
import { Failure, say } from "./command.js";

/**
 * @typedef {object} Servers
 * @property {Record<string, string>} env what the tests read their addresses from
 * @property {() => Promise<unknown>} stop
 */

/** @returns {Promise<Servers>} */
export async function startServers() {
  say("starting a Redis and a Postgres for this run");
  // Compiled by the run itself, so it cannot be imported before.
  const { startPostgres, startRedis } = await import("../packages/local-servers/dist/servers.js");
  // Both are killed when this process exits, but a signal alone would end it without an exit.
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
  try {
    const redis = await startRedis();
    const postgres = await startPostgres();
    return {
      env: { ONCEKEY_TEST_REDIS: redis.url, ONCEKEY_TEST_POSTGRES: postgres.url },
      stop: () => Promise.all([redis.stop(), postgres.stop()]),
    };
  } catch (error) {
    throw new Failure(`The test servers did not start: ${error}`);
  }
}
