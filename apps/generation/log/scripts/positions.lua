-- Writes the positions of queued generations that have changed, and returns how many. An attempt beyond the given one
-- has been claimed meanwhile and is not queued any more.
-- KEYS: head of each. ARGV: channel, seconds to keep; then id, attempt and state entry of each.
local frames = {}
for i, head_key in ipairs(KEYS) do
  local id, attempt, entry = unpack(ARGV, 3 * i, 3 * i + 2)
  local head = redis.call('HMGET', head_key, 'attempt', 'ended', 'place')
  if not head[2] and tonumber(head[1] or '0') <= tonumber(attempt) and head[3] ~= entry then
    frames[#frames + 1] = write_state(head_key, id, entry, ARGV[2])
    redis.call('HSET', head_key, 'place', entry)
  end
end
if #frames > 0 then redis.call('PUBLISH', ARGV[1], table.concat(frames)) end
return #frames
