-- Renew places. KEYS: slots; ARGV: milliseconds a place lasts, then for each key its holder.
local lasts = tonumber(ARGV[1])
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for number, slots in ipairs(KEYS) do
  redis.call("ZADD", slots, now + lasts, ARGV[number + 1])
  redis.call("PEXPIRE", slots, 2 * lasts)
end
return #KEYS
