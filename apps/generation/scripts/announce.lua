-- Tells readers of a generation's log about a state that is not its end.
-- KEYS: events, head. ARGV: state entry, seconds to keep.
local head = redis.call('HMGET', KEYS[2], 'offset', 'ended')
if head[2] then return 'ended' end
local offset = head[1] or '0'
redis.call('XADD', KEYS[1], offset .. '-*', 's', ARGV[1])
redis.call('HSET', KEYS[2], 'offset', offset)
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[2])
return 'ok'
