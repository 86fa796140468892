"""The Lua that Redis runs: each script is one round trip, and nothing else happens in Redis while it runs.

Sent with EVAL rather than EVALSHA: a Redis that restarted would ask for the text in a second round trip. A script
that fails half way is not undone, so what lies under our keys is never taken on trust, and the first write of each is
one that a full Redis refuses. Numbers are written with %.0f because Lua would write a large one as 1.7e+12.
"""

_READING = """
local function text(key)
  local found = redis.pcall('GET', key)
  if type(found) == 'table' then return 'not a string' end
  return found
end
local function whole(found)
  -- As many digits as a Lua number holds exactly.
  if found and #found <= 15 and string.find(found, '^%d+$') then return tonumber(found) end
end
"""

# With the key `head` and the id already known in front: ends with nothing where nothing is published, and with the id
# alone where that is known.
_READING_NEWS = (
    _READING
    + """
local head = redis.pcall('HMGET', KEYS[1], 'id', 'at')
local at = tonumber(head[2] or '')
if not at or not whole(head[1]) then
  return {}
end
if head[1] == ARGV[1] then
  return {head[1]}
end
"""
)

# KEYS: lease, sequence, started, snapshot, memory, totals, woken
# ARGV: token, lease milliseconds, least gap in milliseconds since the last start (0: none), highest id seen
# A lease without an end is not ours, whatever it is.
ACQUIRE = (
    _READING
    + """
local left = redis.call('PTTL', KEYS[1])
if left >= 0 then
  return {'held', string.match(text(KEYS[1]), '^(%d+):') or '0', left}
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local started = whole(text(KEYS[3]))
local gap = tonumber(ARGV[3])
local number = whole(text(KEYS[2]))
if started and now >= started and now - started < gap then
  return {'recent', string.format('%.0f', number or 0), 0}
end
number = math.max(number and number + 1 or now, ARGV[4] + 1)
local fence = string.format('%.0f', number)
redis.call('SET', KEYS[2], fence)
redis.call('SET', KEYS[3], string.format('%.0f', now), 'EX', 86400)
redis.call('SET', KEYS[1], fence .. ':' .. ARGV[1], 'PX', ARGV[2])
local woken = redis.pcall('SMEMBERS', KEYS[7])
redis.call('DEL', KEYS[7])
return {'acquired', fence, text(KEYS[4]), text(KEYS[5]), text(KEYS[6]), woken.err and {} or woken}
"""
)

# KEYS: woken; ARGV: seconds it is kept, names
WAKE = """
if redis.call('TYPE', KEYS[1]).ok ~= 'set' then redis.call('DEL', KEYS[1]) end
redis.call('SADD', KEYS[1], unpack(ARGV, 2))
return redis.call('EXPIRE', KEYS[1], ARGV[1])
"""

# KEYS: lease; ARGV: its value
RELEASE = (
    _READING
    + """
if text(KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
"""
)

# KEYS: lease, head, snapshot, memory, totals, a history for each period, a list for each status change
# ARGV: lease value, id, Unix time of the totals, snapshot, memory, totals, snapshot seconds, history seconds,
#       changes seconds, changes kept, buckets kept, number of periods, whether these totals begin anew (1 or 0),
#       bucket seconds of each period, the status changes
# The totals of a bucket that no sweep fell into are those of the sweep before it. Totals that begin anew have nothing
# in common with what the history holds.
PUBLISH = (
    _READING
    + """
local at, kept, periods = tonumber(ARGV[3]), tonumber(ARGV[11]), tonumber(ARGV[12])
local begins_anew = ARGV[13] == '1'
if text(KEYS[1]) ~= ARGV[1] then
  return 0
end
local function claim(key, kind)
  local found = redis.call('TYPE', key).ok
  if found ~= kind and found ~= 'none' then redis.call('DEL', key) end
end
redis.call('SET', KEYS[3], ARGV[4], 'EX', ARGV[7])
claim(KEYS[2], 'hash')
local before, before_at = text(KEYS[5]), tonumber(redis.call('HGET', KEYS[2], 'at') or '')
for i = 1, periods do
  local key, size = KEYS[5 + i], tonumber(ARGV[13 + i])
  local bucket = math.floor(at / size)
  local first = bucket - kept + 1
  claim(key, 'hash')
  if begins_anew then
    redis.call('DEL', key)
  elseif before and before_at then
    for gap = math.max(math.floor(before_at / size) + 1, first), bucket - 1 do
      redis.call('HSET', key, string.format('%.0f', gap), before)
    end
  end
  redis.call('HSET', key, string.format('%.0f', bucket), ARGV[6])
  for _, field in ipairs(redis.call('HKEYS', key)) do
    local number = tonumber(field)
    if not number or number < first or number > bucket then
      redis.call('HDEL', key, field)
    end
  end
  redis.call('EXPIRE', key, ARGV[8])
end
for i = 1, #KEYS - 5 - periods do
  local key = KEYS[5 + periods + i]
  claim(key, 'list')
  redis.call('RPUSH', key, ARGV[13 + periods + i])
  redis.call('LTRIM', key, -tonumber(ARGV[10]), -1)
  redis.call('EXPIRE', key, ARGV[9])
end
redis.call('HSET', KEYS[2], 'id', ARGV[2], 'at', ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[8])
redis.call('SET', KEYS[4], ARGV[5], 'EX', ARGV[8])
redis.call('SET', KEYS[5], ARGV[6], 'EX', ARGV[8])
redis.call('DEL', KEYS[1])
return 1
"""
)

# KEYS: head, snapshot, history of one period, and the status changes of a service where they are wanted
# ARGV: id already known, buckets per period, bucket seconds of the period
# The totals of one bucket more than a period has, oldest first: the first is where the period starts.
READ_BUCKETS = (
    _READING_NEWS
    + """
local bucket, fields = math.floor(at / tonumber(ARGV[3])), {}
for back = tonumber(ARGV[2]), 0, -1 do
  fields[#fields + 1] = string.format('%.0f', bucket - back)
end
local totals = redis.pcall('HMGET', KEYS[3], unpack(fields))
local changes = KEYS[4] and redis.pcall('LRANGE', KEYS[4], 0, -1) or {}
return {head[1], text(KEYS[2]), totals.err and {} or totals, changes.err and {} or changes}
"""
)

# KEYS: head, snapshot, totals, a history for each period
# ARGV: id already known, buckets per period, bucket seconds of each period
READ = (
    _READING_NEWS
    + """
local found = {head[1], text(KEYS[2]), text(KEYS[3])}
local length = tonumber(ARGV[2])
for i = 4, #KEYS do
  local bucket = math.floor(at / tonumber(ARGV[i - 1]))
  local edges = redis.pcall('HMGET', KEYS[i], string.format('%.0f', bucket - length),
    string.format('%.0f', bucket - 2 * length))
  found[#found + 1] = edges[1] or false
  found[#found + 1] = edges[2] or false
end
return found
"""
)

# KEYS: the read keys; ARGV: version already known
READ_KEYS = (
    _READING
    + """
local found = redis.pcall('HMGET', KEYS[1], 'version', 'keys')
if not whole(found[1]) or not found[2] then
  return {}
end
if found[1] == ARGV[1] then
  return {found[1]}
end
return {found[1], found[2]}
"""
)

# KEYS: the last version of the read keys that was given; ARGV: highest version seen
# A full Redis lets a script write that has deleted something first: a revoked key must not go on because of that.
NEXT_KEYS_VERSION = (
    _READING
    + """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local version = string.format('%.0f', math.max((whole(text(KEYS[1])) or 0) + 1, now, ARGV[1] + 1))
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[1], version)
return version
"""
)

# KEYS: the read keys; ARGV: version, the keys
PUBLISH_KEYS = (
    _READING
    + """
local found = redis.pcall('HGET', KEYS[1], 'version')
if type(found) == 'string' and (whole(found) or 0) >= tonumber(ARGV[1]) then
  return 0
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'keys', ARGV[2])
return 1
"""
)

# KEYS: the requests of one client; ARGV: how many it may send, window milliseconds
# Ends with 0 when the request was counted, else with the milliseconds that are left of the window. A window that has no
# end, or a later one than it can have, is not ours.
COUNT_REQUEST = (
    _READING
    + """
local sent, left = whole(text(KEYS[1])), redis.call('PTTL', KEYS[1])
if not sent or left < 0 or left > tonumber(ARGV[2]) then
  redis.call('SET', KEYS[1], '1', 'PX', ARGV[2])
  return 0
end
if sent >= tonumber(ARGV[1]) then
  return math.max(left, 1)
end
redis.call('INCR', KEYS[1])
return 0
"""
)
