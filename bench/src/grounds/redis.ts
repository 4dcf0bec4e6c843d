/** A Redis of this run, with a prefix for each store. */
import { Redis } from "ioredis";
import { startRedis } from "local-servers";
import { redisStore } from "oncekey/redis";
import {
  type Ground,
  LABEL,
  numbers,
  PLAIN_ANSWER,
  RESULT_BYTES,
  RETENTION_MS,
  SCOPES,
  sha1,
} from "./ground.ts";

/** In one script: some tens of milliseconds. */
const CHUNK = 10_000;
/** Scripts on their way. */
const PIPELINED = 4;

/**
 * Records as the store's own scripts write them (`stores/redis-lua.ts` of the library).
 * Arguments: the prefix, the first number and the last.
 */
const FILL = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local expires = string.format('%.0f', now + ${RETENTION_MS})
local result = string.rep('a', ${RESULT_BYTES})
for n = tonumber(ARGV[2]), tonumber(ARGV[3]) do
  local more = redis.sha1hex('more' .. n)
  local id = redis.sha1hex(n) .. string.sub(more, 1, 24)
  local key = '{' .. ARGV[1] .. ':' .. string.sub(id, 1, 2) .. '}:' .. id
  local record = table.concat({'1 completed', n, 1, string.format('%.0f', now), ${RETENTION_MS},
    'unrepeatable', string.format('%064x', n % ${SCOPES}), id, string.format('%.0f', now), expires,
    '${LABEL}'}, ' ')
  redis.call('HSET', key, 'record', record, 'result', result)
  redis.call('PEXPIREAT', key, expires)
end`;

const idOf = (n: number): string => sha1(String(n)) + sha1(`more${n}`).slice(0, 24);

export async function open(): Promise<Ground> {
  // A rewrite of the log would come in the middle of the measurement.
  const server = await startRedis(["--auto-aof-rewrite-percentage", "0"]);
  const client = new Redis(server.url);
  let prefixes = 0;
  return {
    pid: server.child.pid,

    async fill(size) {
      const prefix = `p${prefixes++}`;
      const before = await memoryOf(client);
      const chunks = Array.from({ length: Math.ceil(size / CHUNK) }, (_, index) => index * CHUNK);
      const next = chunks.values();
      const worker = async () => {
        for (const from of next) {
          await client.eval(FILL, 0, prefix, from + 1, Math.min(from + CHUNK, size));
        }
      };
      await Promise.all(Array.from({ length: PIPELINED }, worker));
      const bytes = ((await memoryOf(client)) - before) / size;
      const store = redisStore(client, { prefix });
      await store.setup();
      return { size, store, bytes, sample: async (count) => numbers(size, count).map(idOf) };
    },

    async plain() {
      return async (key) => {
        await client.set(`plain:${key}`, "", "NX", "GET");
        await client.set(`plain:${key}`, PLAIN_ANSWER);
      };
    },

    async stop() {
      client.disconnect();
      await server.stop();
    },
  };
}

async function memoryOf(client: Redis): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(await client.info("memory"))?.[1]);
}
