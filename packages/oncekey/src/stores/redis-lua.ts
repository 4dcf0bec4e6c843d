/**
 * The store's verbs in Lua. Redis runs a script alone, so each verb is atomic and one round trip.
 *
 * A script names the keys it touches, all in one slot, and knows no clock but Redis's own. What it
 * cannot read it leaves alone: a damaged record that was claimed again would run twice.
 */

export interface Script {
  readonly lua: string;
  /** How many of its arguments are keys: the record, and for a new token also the last one. */
  readonly keys: 1 | 2;
}

/** Of a record's hash. Another version is another project's hash, or of a newer release of ours. */
export const VERSION = "1";

/**
 * The fields that every record has, in the order in which a script answers with them. The label
 * is the last, because it may be any text; what a state adds stands before it.
 */
const FIELDS = [
  "version",
  "state",
  "token",
  "attempt",
  "claimedAt",
  "retentionMs",
  "effects",
  "scope",
  "fingerprint",
  "leaseEndsAt",
  "nonce",
  "completedAt",
  "expiresAt",
  "label",
].join(" ");

const list = (separator: string, around = ""): string =>
  FIELDS.split(" ")
    .map((field) => around + field + around)
    .join(separator);

/**
 * Reads the record. `absent` includes expired, though Redis has not removed it yet: it removes by
 * and by, and a replica only when it is told to.
 */
const READ = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local ${list(", ")} = unpack(redis.call('HMGET', KEYS[1], ${list(", ", "'")}))
local absent = not version and redis.call('EXISTS', KEYS[1]) == 0

local function whole(...)
  for _, text in ipairs({...}) do
    if not string.find(text or '', '^%d+$') then return false end
  end
  return true
end

if not absent then
  local kept = version == '${VERSION}' and scope and fingerprint and label
    and whole(token, attempt, claimedAt, retentionMs)
    and (effects == 'unrepeatable' or effects == 'repeatable' or effects == 'transactional')
  if kept and state == 'completed' then
    if not whole(completedAt, expiresAt) then return {'damaged'} end
    absent = tonumber(expiresAt) <= now
  elseif kept and state == 'unsettled' then
    if not nonce or not whole(leaseEndsAt) then return {'damaged'} end
    absent = effects ~= 'unrepeatable' and leaseEndsAt + retentionMs <= now
  else
    return {'damaged'}
  end
end
`;

/** The record as it is, and the time: whoever reads it tells in flight from in doubt. */
const ANSWER = `
local function answer(word)
  local result = false
  if state == 'completed' then
    result = redis.call('HGET', KEYS[1], 'result')
    if not result then return {'damaged'} end
  end
  local fields = {${list(" or '', ")}}
  return {word, now, table.concat(fields, '\\n'), result}
end
`;

/** In doubt never expires. What may be followed goes a retention after its lease ended unfollowed. */
const LEND = `
local function lend(endsAt, whatEffects, retention)
  if whatEffects == 'unrepeatable' then return end
  redis.call('PEXPIREAT', KEYS[1], endsAt + retention)
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
local function settle(byToken, result)
  local expires = now + retentionMs
  redis.call('HSET', KEYS[1], 'state', 'completed', 'token', byToken,
    'completedAt', now, 'expiresAt', expires, 'result', result)
  redis.call('HDEL', KEYS[1], 'leaseEndsAt', 'nonce')
  redis.call('PEXPIREAT', KEYS[1], expires)
end
`;

/** Arguments: scope, fingerprint, effects, label, leaseMs, retentionMs, nonce. */
export const CLAIM: Script = {
  keys: 2,
  lua: `${READ}${ANSWER}${LEND}${NEXT_TOKEN}
local itsScope, itsFingerprint, itsEffects, itsLabel, leaseMs, itsRetention, itsNonce = unpack(ARGV)
local endsAt = now + leaseMs

if not absent and state == 'unsettled' and nonce == itsNonce then
  redis.call('HSET', KEYS[1], 'leaseEndsAt', endsAt)
  lend(endsAt, effects, retentionMs)
  return {'claimed', token, attempt, claimedAt}
end

local mayFollow = not absent and state == 'unsettled' and effects ~= 'unrepeatable'
  and tonumber(leaseEndsAt) <= now and fingerprint == itsFingerprint
if not absent and not mayFollow then return answer('taken') end

local itsAttempt = absent and 1 or attempt + 1
local itsToken = nextToken()
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'version', '${VERSION}', 'state', 'unsettled',
  'token', itsToken, 'attempt', itsAttempt, 'claimedAt', now, 'leaseEndsAt', endsAt,
  'nonce', itsNonce, 'retentionMs', itsRetention, 'effects', itsEffects,
  'scope', itsScope, 'fingerprint', itsFingerprint, 'label', itsLabel)
lend(endsAt, itsEffects, itsRetention)
return {'claimed', itsToken, itsAttempt, now}
`,
};

/** Arguments: token, leaseMs, channel. Giving up is news for those who wait. */
export const RENEW: Script = {
  keys: 1,
  lua: `${READ}${LEND}${WAKE}
if absent or token ~= ARGV[1] or state ~= 'unsettled' then return {'no'} end
local endsAt = now + ARGV[2]
redis.call('HSET', KEYS[1], 'leaseEndsAt', endsAt)
lend(endsAt, effects, retentionMs)
if ARGV[2] == '0' then wake(ARGV[3]) end
return {'yes'}
`,
};

/**
 * Arguments: token, result, channel. Completing again writes what is there already, because
 * `WAIT` speaks of its connection's last write: without one it would confirm nothing.
 */
export const COMPLETE: Script = {
  keys: 1,
  lua: `${READ}${SETTLE}${WAKE}
if absent or token ~= ARGV[1] then return {'no'} end
if state == 'completed' then
  redis.call('HSET', KEYS[1], 'state', 'completed')
else
  settle(token, ARGV[2])
  wake(ARGV[3])
end
return {'yes'}
`,
};

/** Arguments: token, channel. */
export const RELEASE: Script = {
  keys: 1,
  lua: `${READ}${WAKE}
if absent or token ~= ARGV[1] or state ~= 'unsettled' then return {'no'} end
redis.call('DEL', KEYS[1])
wake(ARGV[2])
return {'yes'}
`,
};

/** Arguments: token, result, channel. */
export const RESOLVE: Script = {
  keys: 2,
  lua: `${READ}${SETTLE}${NEXT_TOKEN}${WAKE}
local inDoubt = not absent and state == 'unsettled' and effects == 'unrepeatable'
  and tonumber(leaseEndsAt) <= now
if not inDoubt or token ~= ARGV[1] then return {'no'} end
settle(nextToken(), ARGV[2])
wake(ARGV[3])
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
