/** Mistakes in the Redis store and its scripts. */
import type { Mutant, Suite } from "./mutant.ts";

const redis = (named: string): Suite => ({ tests: "oncekey/stores/redis", named });
const LUA = "stores/redis-lua.ts";
const CLAIMS = "const { reply, confirmed } = await runSafely(CLAIM, id, [...subject, ...terms]);";
/** The script that claims, without its look. */
const BLIND = '{ ...CLAIM, lua: CLAIM.lua.replace("if not absent then", "if false then") }';

export const REDIS: readonly Mutant[] = [
  {
    name: "a claim looks first, and then takes whatever is there",
    file: "stores/redis.ts",
    from: CLAIMS,
    to: `const found = await store.get(id);
      if (found !== undefined) return { outcome: "taken", record: found };
      const { reply, confirmed } = await runSafely(${BLIND}, id, [...subject, ...terms]);`,
    killer: redis("of 50 concurrent claims of one key"),
    bugs: [1, 4],
  },
  {
    name: "claims take turns, and every process has turns of its own",
    file: "stores/redis.ts",
    from: CLAIMS,
    to: `const turn = Promise.resolve(runner.turn).then(async () => {
        const found = await store.get(id);
        return found ?? runSafely(${BLIND}, id, [...subject, ...terms]);
      });
      runner.turn = turn.catch(() => {});
      const told = await turn;
      if ("state" in told) return { outcome: "taken", record: told };
      const { reply, confirmed } = told;`,
    killer: { tests: "oncekey/stores/redis-race" },
    bugs: [5],
  },
  {
    name: "a claim has no condition, as with a client that drops it",
    file: LUA,
    from: "if not mayFollow then return answer('taken') end",
    to: "",
    killer: redis("a claim of a record in flight is told what is there"),
    bugs: [6],
  },
  {
    name: "nobody tries whether the client keeps to the condition",
    file: "stores/redis-setup.ts",
    from: `const isKept =
    claim.outcome === "claimed" &&
    again.outcome === "taken" &&
    again.record.token === claim.lease.token;`,
    to: 'const isKept = claim.outcome === "claimed";',
    killer: { tests: "oncekey/stores/redis-setup", named: "each call reaches another Redis" },
    bugs: [6],
  },
  {
    name: "a claim whose reply was lost stands in its own way",
    file: LUA,
    from: "if not settled and nonce == ARGV[7] then",
    to: "if false then",
    killer: redis("the same nonce again is the same claim"),
    bugs: [7],
  },
  {
    name: "stores share the prefix that was used first",
    file: "stores/redis-keys.ts",
    from: `const group = (prefix: string, id: Digest): string => \`{\${prefix}`,
    to: `let first: string | undefined;\nconst group = (prefix: string, id: Digest): string => \`{\${(first ??= prefix)}`,
    killer: { tests: "oncekey/stores/redis-prefix" },
    bugs: [8],
  },
  {
    name: "a lease that has not ended is followed all the same",
    file: LUA,
    from: "and tonumber(leaseEndsAt) <= now and fingerprint == ARGV[2]",
    to: "and fingerprint == ARGV[2]",
    killer: redis("of 50 concurrent claims of a lease that ended, exactly one follows"),
    bugs: [9],
  },
  {
    name: "the clock is the milliseconds of its second",
    file: LUA,
    from: "local now = clock[1] * 1000 + math.floor(clock[2] / 1000)",
    to: "local now = math.floor(clock[2] / 1000)",
    killer: redis("instants are of the store's clock, in whole milliseconds"),
    bugs: [10],
  },
  {
    name: "the clock is the application's",
    file: "stores/redis.ts",
    from: "return runner.run(script, [...keysOf(script, id), ...args]);",
    to: `const now = Date.now();
    const clock = \`{\${Math.floor(now / 1000)}, \${(now % 1000) * 1000}}\`;
    const lua = script.lua.replace("redis.call('TIME')", clock);
    return runner.run({ ...script, lua }, [...keysOf(script, id), ...args]);`,
    killer: { tests: "oncekey/stores/clocks", named: "Redis" },
  },
  {
    name: "completes without its token",
    file: LUA,
    from: `if absent or token ~= ARGV[1] then return {'no'} end
if settled then`,
    to: `if absent then return {'no'} end
if settled then`,
    killer: redis("a stale (completion|release|renewal) changes nothing"),
    bugs: [13],
  },
  {
    name: "releases without its token",
    file: LUA,
    from: `if absent or settled or token ~= ARGV[1] then return {'no'} end
redis.call('DEL'`,
    to: `if absent or settled then return {'no'} end
redis.call('DEL'`,
    killer: redis("a stale (completion|release|renewal) changes nothing"),
    bugs: [13],
  },
  {
    name: "renews without its token",
    file: LUA,
    from: `if absent or settled or token ~= ARGV[1] then return {'no'} end
lend(`,
    to: `if absent or settled then return {'no'} end
lend(`,
    killer: redis("a stale (completion|release|renewal) changes nothing"),
    bugs: [14],
  },
  {
    name: "a claim has no end",
    file: LUA,
    from: "and tonumber(leaseEndsAt) <= now and fingerprint == ARGV[2]",
    to: "and false",
    killer: redis("a lease that ended is followed"),
    bugs: [23],
  },
  {
    name: "a lease that ended is followed, whatever its owner may have done",
    file: LUA,
    from: "local mayFollow = not settled and effects ~= 'unrepeatable'",
    to: "local mayFollow = not settled",
    killer: redis("an unrepeatable record whose lease ended reads as in doubt"),
    bugs: [25],
  },
  {
    name: "another fingerprint takes the place of what was completed",
    file: LUA,
    from: "local mayFollow = not settled",
    to: "local mayFollow = settled and fingerprint ~= ARGV[2] or not settled",
    killer: redis("a claim with another fingerprint is told of the first one's record"),
    bugs: [33],
  },
  {
    name: "a completion wakes nobody",
    file: LUA,
    from: "  settle(ARGV[2])\n  wake(ARGV[3])",
    to: "  settle(ARGV[2])",
    killer: redis("a completion wakes whoever watches the record"),
  },
  {
    name: "forgets without asking whether it is in doubt",
    file: LUA,
    from: `if not inDoubt or token ~= ARGV[1] then return {'no'} end
redis.call('DEL'`,
    to: `if absent or settled or token ~= ARGV[1] then return {'no'} end
redis.call('DEL'`,
    killer: redis("only what is in doubt under this token is forgotten"),
  },
  {
    name: "forgets what is in doubt, whatever its token",
    file: LUA,
    from: `if not inDoubt or token ~= ARGV[1] then return {'no'} end
redis.call('DEL'`,
    to: `if not inDoubt then return {'no'} end
redis.call('DEL'`,
    killer: redis("only what is in doubt under this token is forgotten"),
  },
  {
    name: "reads from where a write arrives late",
    file: "stores/redis.ts",
    from: "const reply = await run(GET, id, []);",
    to: "const reply = (runner[id] ??= await run(GET, id, []));",
    killer: redis("a resolution settles a record in doubt under a new token"),
  },
];
