"""The Lua that Redis runs: each script is one round trip, and nothing else happens in Redis while it runs.

Sent with EVAL rather than EVALSHA: a Redis that restarted would ask for the text in a second round trip.
Numbers are written with %.0f because Lua would write a large one as 1.7e+12.
"""

# KEYS: lease, sequence, started, snapshot, memory, totals
# ARGV: token, lease milliseconds, least gap in milliseconds since the last start (0: none), highest id seen
ACQUIRE = """
if redis.call('EXISTS', KEYS[1]) == 1 then
  return {'held', redis.call('PTTL', KEYS[1])}
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local started = tonumber(redis.call('GET', KEYS[3]) or '')
local gap = tonumber(ARGV[3])
if started and now >= started and now - started < gap then
  return {'recent', now - started}
end
local number = tonumber(redis.call('GET', KEYS[2]) or '')
number = math.max(number and number + 1 or now, ARGV[4] + 1)
local fence = string.format('%.0f', number)
redis.call('SET', KEYS[2], fence)
redis.call('SET', KEYS[3], string.format('%.0f', now), 'EX', 86400)
redis.call('SET', KEYS[1], fence .. ':' .. ARGV[1], 'PX', ARGV[2])
return {'acquired', fence, redis.call('GET', KEYS[4]), redis.call('GET', KEYS[5]), redis.call('GET', KEYS[6])}
"""

# KEYS: lease; ARGV: its value
RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
"""

# KEYS: lease, head, snapshot, memory, totals, a history for each period, a list for each status change
# ARGV: lease value, id, Unix time of the snapshot, snapshot, memory, totals, snapshot seconds, history seconds,
#       changes seconds, changes kept, buckets kept, number of periods, bucket seconds of each, the status changes
# The totals of a bucket that no sweep fell into are those of the sweep before it.
PUBLISH = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
local at = tonumber(ARGV[3])
local before = redis.call('GET', KEYS[5])
local before_at = tonumber(redis.call('HGET', KEYS[2], 'at') or '')
local periods = tonumber(ARGV[12])
for i = 1, periods do
  local key, size = KEYS[5 + i], tonumber(ARGV[12 + i])
  local bucket = math.floor(at / size)
  local first = bucket - tonumber(ARGV[11]) + 1
  if before and before_at then
    for gap = math.max(math.floor(before_at / size) + 1, first), bucket - 1 do
      redis.call('HSET', key, string.format('%.0f', gap), before)
    end
  end
  redis.call('HSET', key, string.format('%.0f', bucket), ARGV[6])
  for _, field in ipairs(redis.call('HKEYS', key)) do
    if tonumber(field) < first or tonumber(field) > bucket then
      redis.call('HDEL', key, field)
    end
  end
  redis.call('EXPIRE', key, ARGV[8])
end
for i = 1, #KEYS - 5 - periods do
  local key = KEYS[5 + periods + i]
  redis.call('RPUSH', key, ARGV[12 + periods + i])
  redis.call('LTRIM', key, -tonumber(ARGV[10]), -1)
  redis.call('EXPIRE', key, ARGV[9])
end
redis.call('SET', KEYS[3], ARGV[4], 'EX', ARGV[7])
redis.call('HSET', KEYS[2], 'id', ARGV[2], 'at', ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[8])
redis.call('SET', KEYS[4], ARGV[5], 'EX', ARGV[8])
redis.call('SET', KEYS[5], ARGV[6], 'EX', ARGV[8])
redis.call('DEL', KEYS[1])
return 1
"""

# KEYS: head, snapshot, totals, a history for each period
# ARGV: id already known, buckets per period, bucket seconds of each period
READ = """
local head = redis.call('HMGET', KEYS[1], 'id', 'at')
if not head[1] then
  return {}
end
if head[1] == ARGV[1] then
  return {head[1]}
end
local found = {head[1], redis.call('GET', KEYS[2]), redis.call('GET', KEYS[3])}
for i = 4, #KEYS do
  local bucket = math.floor(tonumber(head[2]) / tonumber(ARGV[i - 1]))
  local length = tonumber(ARGV[2])
  local edges = redis.call('HMGET', KEYS[i], string.format('%.0f', bucket - length),
    string.format('%.0f', bucket - 2 * length))
  found[#found + 1] = edges[1]
  found[#found + 1] = edges[2]
end
return found
"""
