-- Ends a generation's log. Whoever comes first decides how; nothing can be appended afterwards.
-- KEYS: events, head. ARGV: end entry, seconds to keep.
if redis.call('HGET', KEYS[2], 'ended') then return 'ended' end
local offset = redis.call('HGET', KEYS[2], 'offset') or '0'
redis.call('XADD', KEYS[1], offset .. '-*', 'e', ARGV[1])
redis.call('HSET', KEYS[2], 'ended', '1', 'offset', offset)
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[2])
return 'ok'
