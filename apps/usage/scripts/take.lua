-- Count a request if every holder of a limit has room for it.
-- KEYS: the holders' counters. ARGV: 1 to count, 0 to look; the window in milliseconds; then the most requests of each
--       holder (0: no limit).
-- Returns 1 if it was counted, else 0; then for each holder the requests counted, and the milliseconds until the window
-- ends.
local counted, answer = tonumber(ARGV[1]), {}
for index = 1, #KEYS do
  local most = tonumber(ARGV[index + 2])
  if most > 0 and tonumber(redis.call('GET', KEYS[index]) or 0) >= most then counted = 0 end
end
answer[1] = counted
for index = 1, #KEYS do
  local requests, wait = 0, 0
  if tonumber(ARGV[index + 2]) > 0 then
    if counted == 1 then
      requests = redis.call('INCR', KEYS[index])
      if requests == 1 then redis.call('PEXPIRE', KEYS[index], ARGV[2]) end
    else
      requests = tonumber(redis.call('GET', KEYS[index]) or 0)
    end
    wait = math.max(redis.call('PTTL', KEYS[index]), 0)
  end
  answer[#answer + 1] = requests
  answer[#answer + 1] = wait
end
return answer
