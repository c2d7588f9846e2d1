-- Ends a generation's log. Whoever comes first decides how; nothing can be appended afterwards.
-- An end that does not know how many tokens were written gets to know it here.
-- KEYS: events, head. ARGV: end entry, seconds to keep.
if redis.call('HGET', KEYS[2], 'ended') then return 'ended' end
local head = redis.call('HMGET', KEYS[2], 'offset', 'tokens')
local offset = head[1] or '0'
local entry = cjson.decode(ARGV[1])
if head[2] and tonumber(entry.usage.completion_tokens) == nil then
  entry.usage.completion_tokens = tonumber(head[2])
end
redis.call('XADD', KEYS[1], offset .. '-*', 'e', cjson.encode(entry))
redis.call('HSET', KEYS[2], 'ended', '1', 'offset', offset)
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[2])
return 'ok'
