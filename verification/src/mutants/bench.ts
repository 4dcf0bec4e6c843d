/** Where mutants are tried, one after the other: a workshop, and servers that nobody else uses. */

import { Redis } from "ioredis";
import { type LocalServer, startPostgres, startRedis } from "local-servers";
import pg from "pg";
import type { Mutant, Suite, Verdict } from "./mutant.ts";
import { tried } from "./suite.ts";
import { openWorkshop } from "./workshop.ts";

export interface Bench {
  /** The suite over the sources as they are, or with one mistake in them. */
  try(suite: Suite, mutant?: Mutant): Promise<Verdict>;
  close(): Promise<void>;
}

export async function openBench(): Promise<Bench> {
  const workshop = openWorkshop();
  process.once("exit", workshop.remove);
  const [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
  let turn = 0;
  return {
    async try(suite, mutant) {
      try {
        await workshop.make(mutant);
      } catch (error) {
        return { kind: "untried", why: error instanceof Error ? error.message : String(error) };
      }
      const env = {
        ONCEKEY_TEST_REDIS: await emptied(redis),
        ONCEKEY_TEST_POSTGRES: await created(postgres, `turn_${turn++}`),
      };
      return tried(workshop, suite, env);
    },
    async close() {
      await Promise.all([redis.stop(), postgres.stop()]);
      process.off("exit", workshop.remove);
      workshop.remove();
    },
  };
}

/** What a mistake has written must not be what the next one is judged by. */
async function emptied({ url }: LocalServer): Promise<string> {
  const client = new Redis(url);
  await client.flushall();
  client.disconnect();
  return url;
}

async function created({ url }: LocalServer, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  return Object.assign(new URL(url), { pathname: name }).href;
}
