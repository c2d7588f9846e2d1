-- Tells the readers of waiting generations their places, each only where it has changed.
-- KEYS: events and head of each. ARGV: seconds to keep; then attempt and state entry of each. Returns how many changed.
-- An attempt beyond the given one has been claimed meanwhile and does not wait any more.
local changed = 0
for i = 1, #KEYS / 2 do
  local events, head_key = KEYS[2 * i - 1], KEYS[2 * i]
  local attempt, entry = ARGV[2 * i], ARGV[2 * i + 1]
  local head = redis.call('HMGET', head_key, 'attempt', 'offset', 'ended', 'place')
  local waits = not head[3] and tonumber(head[1] or '0') <= tonumber(attempt)
  if waits and head[4] ~= entry then
    local offset = head[2] or '0'
    redis.call('XADD', events, offset .. '-*', 's', entry)
    redis.call('HSET', head_key, 'offset', offset, 'place', entry)
    redis.call('EXPIRE', events, ARGV[1])
    redis.call('EXPIRE', head_key, ARGV[1])
    changed = changed + 1
  end
end
return changed
