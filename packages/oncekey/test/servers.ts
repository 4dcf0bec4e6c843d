/**
 * Real servers for the tests.
 *
 * `npm test` starts one of each for the whole run and passes their addresses in the environment;
 * a test file that is run alone, or that must break its server, starts its own.
 */
import { startPostgres, startRedis } from "local-servers";

export { freePort, startPostgres, startRedis } from "local-servers";

/** The URL of the run's shared Redis, or of one that is started for this file. */
export async function redisForTests(): Promise<{ url: string; stop(): Promise<void> }> {
  const shared = process.env.ONCEKEY_TEST_REDIS;
  return shared === undefined ? startRedis() : { url: shared, stop: async () => {} };
}

/** The URL of the run's shared Postgres, or of one that is started for this file. */
export async function postgresForTests(): Promise<{ url: string; stop(): Promise<void> }> {
  const shared = process.env.ONCEKEY_TEST_POSTGRES;
  return shared === undefined ? startPostgres() : { url: shared, stop: async () => {} };
}
