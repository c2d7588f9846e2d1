-- Takes one of a person's places for live connections, or holds on to it. Returns 1, or 0 where all are taken.
-- KEYS: the person's places, everybody's places. ARGV: the most (0: however many), seconds of the lease, the place.
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local most, seconds, place = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
if most > 0 and redis.call('ZCARD', KEYS[1]) >= most then
  return 0
end
for _, key in ipairs(KEYS) do
  redis.call('ZADD', key, now + seconds, place)
  redis.call('EXPIRE', key, math.ceil(seconds))
end
return 1
