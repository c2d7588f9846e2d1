-- Tells readers of a generation's log about a state that is not its end.
-- KEYS: events, head. ARGV: attempt, state entry, seconds to keep.
-- An attempt beyond the given one has been claimed meanwhile: what is told here is over.
local head = redis.call('HMGET', KEYS[2], 'attempt', 'offset', 'ended')
if head[3] then return 'ended' end
if head[1] and tonumber(head[1]) > tonumber(ARGV[1]) then return 'fenced' end
local offset = head[2] or '0'
redis.call('XADD', KEYS[1], offset .. '-*', 's', ARGV[2])
redis.call('HSET', KEYS[2], 'offset', offset)
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[3])
return 'ok'
