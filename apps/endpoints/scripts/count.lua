-- How many places are taken on each of KEYS.
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local counts = {}
for number, slots in ipairs(KEYS) do
  counts[number] = redis.call("ZCOUNT", slots, "(" .. now, "+inf")
end
return counts
