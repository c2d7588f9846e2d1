-- Writes a state that is not the end. An attempt beyond the given one makes it stale.
-- KEYS: head. ARGV: channel, seconds to keep, id, attempt, state entry.
local head = redis.call('HMGET', KEYS[1], 'attempt', 'ended')
if head[2] then return 'ended' end
if head[1] and tonumber(head[1]) > tonumber(ARGV[4]) then return 'fenced' end
redis.call('PUBLISH', ARGV[1], write_state(KEYS[1], ARGV[3], ARGV[5], ARGV[2]))
return 'ok'
