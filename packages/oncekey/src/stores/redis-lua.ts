/**
 * The store's verbs in Lua. Redis runs a script alone, so each verb is atomic and one round trip.
 *
 * A script names the keys it touches, all in one slot, and knows no clock but Redis's own. What it
 * cannot read it leaves alone: a damaged record that was claimed again would run twice.
 *
 * A record is a hash of two fields: `record`, words that people can read in redis-cli, and once it
 * is completed `result`. A field for each word would cost Redis three times the work, because
 * with a result in it a hash is no longer kept in one piece.
 */

export interface Script {
  readonly lua: string;
  /** How many of its arguments are keys: the record, and for a new token also the last one. */
  readonly keys: 1 | 2;
}

/**
 * Version and state, then token, attempt, claimedAt, retentionMs, effects, scope, fingerprint, the
 * two words of the state, and the label as the rest: it may be any text. Another version is of a
 * newer release, and cannot be read.
 */
const UNSETTLED = "'^1 unsettled (%d+) (%d+) (%d+) (%d+) (%l+) (%S+) (%S+) (%d+) (%S+) (.*)$'";
const COMPLETED = "'^1 completed (%d+) (%d+) (%d+) (%d+) (%l+) (%S+) (%S+) (%d+) (%d+) (.*)$'";

/**
 * Reads the record. `absent` includes expired, though Redis has not removed it yet: it removes by
 * and by, and a replica only when it is told to.
 */
const READ = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local record = redis.call('HGET', KEYS[1], 'record')
local absent, settled = false, false
local token, attempt, claimedAt, retentionMs, effects, scope, fingerprint
local leaseEndsAt, nonce, completedAt, expiresAt, label
if record then
  token, attempt, claimedAt, retentionMs, effects, scope, fingerprint, leaseEndsAt, nonce, label =
    string.match(record, ${UNSETTLED})
  if not token then
    settled = true
    token, attempt, claimedAt, retentionMs, effects, scope, fingerprint, completedAt, expiresAt,
      label = string.match(record, ${COMPLETED})
  end
  if effects ~= 'unrepeatable' and effects ~= 'repeatable' and effects ~= 'transactional' then
    return {'damaged'}
  end
  if settled then
    absent = tonumber(expiresAt) <= now
  else
    absent = effects ~= 'unrepeatable' and leaseEndsAt + retentionMs <= now
  end
elseif redis.call('EXISTS', KEYS[1]) == 0 then
  absent = true
else
  return {'damaged'}
end
`;

/** The record as it is, and the time: whoever reads it tells in flight from in doubt. */
const ANSWER = `
local function answer(word)
  local result = false
  if settled then
    result = redis.call('HGET', KEYS[1], 'result')
    if not result then return {'damaged'} end
  end
  return {word, now, record, result}
end
`;

/** In doubt never expires. What may be followed goes a retention after its lease ended unfollowed. */
const LEND = `
local function lend(endsAt)
  redis.call('HSET', KEYS[1], 'record', table.concat({'1 unsettled', token, attempt, claimedAt,
    retentionMs, effects, scope, fingerprint, endsAt, nonce, label}, ' '))
  if effects ~= 'unrepeatable' then
    redis.call('PEXPIREAT', KEYS[1], endsAt + retentionMs)
  end
end
`;

/**
 * Tokens are microseconds of Redis's clock, and one more where that would not be greater. A mere
 * count would start again at the old numbers when a failover or a crash lost its last steps, and
 * the owner whose claim was lost with them would pass the next one's fence.
 */
const NEXT_TOKEN = `
local function nextToken()
  local last = tonumber(redis.call('GET', KEYS[2]) or '0')
  local next = string.format('%.0f', math.max(last + 1, clock[1] * 1000000 + clock[2]))
  redis.call('SET', KEYS[2], next)
  return next
end
`;

/** A hint must not fail the write that it tells of: an ACL may forbid the channel. */
const WAKE = `
local function wake(channel)
  redis.pcall('PUBLISH', channel, '')
end
`;

const SETTLE = `
local function settle(result)
  local expires = now + retentionMs
  redis.call('HSET', KEYS[1], 'record', table.concat({'1 completed', token, attempt, claimedAt,
    retentionMs, effects, scope, fingerprint, now, expires, label}, ' '), 'result', result)
  redis.call('PEXPIREAT', KEYS[1], expires)
end
`;

const DOUBT = `
local inDoubt = not absent and not settled and effects == 'unrepeatable'
  and tonumber(leaseEndsAt) <= now
`;

/** Arguments: scope, fingerprint, effects, label, leaseMs, retentionMs, nonce. */
export const CLAIM: Script = {
  keys: 2,
  lua: `${READ}${ANSWER}${LEND}${NEXT_TOKEN}
local endsAt = now + ARGV[5]
if not absent then
  if not settled and nonce == ARGV[7] then
    lend(endsAt)
    return {'claimed', token, attempt, claimedAt}
  end
  local mayFollow = not settled and effects ~= 'unrepeatable'
    and tonumber(leaseEndsAt) <= now and fingerprint == ARGV[2]
  if not mayFollow then return answer('taken') end
end

token = nextToken()
attempt = absent and 1 or attempt + 1
claimedAt = now
scope, fingerprint, effects, label = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
retentionMs, nonce = ARGV[6], ARGV[7]
if record then redis.call('DEL', KEYS[1]) end
lend(endsAt)
return {'claimed', token, attempt, claimedAt}
`,
};

/** Arguments: token, leaseMs, channel. Giving up is news for those who wait. */
export const RENEW: Script = {
  keys: 1,
  lua: `${READ}${LEND}${WAKE}
if absent or settled or token ~= ARGV[1] then return {'no'} end
lend(now + ARGV[2])
if ARGV[2] == '0' then wake(ARGV[3]) end
return {'yes'}
`,
};

/**
 * Arguments: token, result, channel. Completing again writes what is there already: since Redis
 * 7.2 `WAIT` speaks of its connection's last write, and without one it would confirm nothing.
 */
export const COMPLETE: Script = {
  keys: 1,
  lua: `${READ}${SETTLE}${WAKE}
if absent or token ~= ARGV[1] then return {'no'} end
if settled then
  redis.call('HSET', KEYS[1], 'record', record)
else
  settle(ARGV[2])
  wake(ARGV[3])
end
return {'yes'}
`,
};

/** Arguments: token, channel. */
export const RELEASE: Script = {
  keys: 1,
  lua: `${READ}${WAKE}
if absent or settled or token ~= ARGV[1] then return {'no'} end
redis.call('DEL', KEYS[1])
wake(ARGV[2])
return {'yes'}
`,
};

/** Arguments: token, result, channel. */
export const RESOLVE: Script = {
  keys: 2,
  lua: `${READ}${DOUBT}${SETTLE}${NEXT_TOKEN}${WAKE}
if not inDoubt or token ~= ARGV[1] then return {'no'} end
token = nextToken()
settle(ARGV[2])
wake(ARGV[3])
return {'yes'}
`,
};

/** Arguments: token, channel. */
export const FORGET: Script = {
  keys: 1,
  lua: `${READ}${DOUBT}${WAKE}
if not inDoubt or token ~= ARGV[1] then return {'no'} end
redis.call('DEL', KEYS[1])
wake(ARGV[2])
return {'yes'}
`,
};

/** Arguments: token, and what to keep instead of the result, or nothing. When it expires stays. */
export const ERASE: Script = {
  keys: 1,
  lua: `${READ}
if absent or not settled or token ~= ARGV[1] then return {'no'} end
if ARGV[2] then
  redis.call('HSET', KEYS[1], 'record', table.concat({'1 completed', token, attempt, claimedAt,
    retentionMs, effects, scope, fingerprint, completedAt, expiresAt, ''}, ' '), 'result', ARGV[2])
else
  redis.call('DEL', KEYS[1])
end
return {'yes'}
`,
};

/** No arguments. */
export const GET: Script = {
  keys: 1,
  lua: `${READ}${ANSWER}
if absent then return {'absent'} end
return answer('kept')
`,
};

/** Argument: bytes, which come back. Says whether a client carries them unharmed. */
export const ECHO: Script = {
  keys: 1,
  lua: "return {'kept', ARGV[1]}",
};
