-- Give the holder a place on the best server that has one.
-- KEYS: the slots of each candidate, best first: a sorted set of holders by the moment (ms) at which they expire.
-- ARGV: holder, milliseconds a place lasts, then for each candidate its rank, its limit and its queue.
-- Among candidates of one rank the least loaded wins. Returns the candidate's number from 1, or 0.
local holder, lasts = ARGV[1], tonumber(ARGV[2])
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local best, best_rank, best_load = 0, nil, nil
for number, slots in ipairs(KEYS) do
  redis.call("ZREMRANGEBYSCORE", slots, "-inf", now)
  redis.call("ZREM", slots, holder)
  local rank = tonumber(ARGV[3 * number])
  local limit = tonumber(ARGV[3 * number + 1])
  local queue = tonumber(ARGV[3 * number + 2])
  local taken = redis.call("ZCARD", slots)
  local load = (taken + queue) / math.max(limit, 1)
  if taken < limit and (best == 0 or rank < best_rank or (rank == best_rank and load < best_load)) then
    best, best_rank, best_load = number, rank, load
  end
end
if best > 0 then
  redis.call("ZADD", KEYS[best], now + lasts, holder)
  redis.call("PEXPIRE", KEYS[best], 2 * lasts)
end
return best
