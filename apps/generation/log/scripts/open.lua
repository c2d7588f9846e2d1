-- Hands a generation's log to a new attempt; makes the log, from the checkpoint, where there is none.
-- KEYS: events, head. ARGV: attempt, checkpoint length, checkpoint text, state entry, seconds to keep.
-- Returns the offset at which the log ends, or why the attempt may not write.
local head = redis.call('HMGET', KEYS[2], 'attempt', 'offset', 'ended')
if head[3] then return 'ended' end
if head[1] and tonumber(head[1]) > tonumber(ARGV[1]) then return 'fenced' end
local offset = head[2]
if not offset then
  offset = ARGV[2]
  redis.call('DEL', KEYS[1])
  if offset ~= '0' then redis.call('XADD', KEYS[1], offset .. '-*', 't', ARGV[3]) end
end
redis.call('HSET', KEYS[2], 'attempt', ARGV[1], 'offset', offset)
redis.call('HDEL', KEYS[2], 'place')
redis.call('XADD', KEYS[1], offset .. '-*', 's', ARGV[4])
redis.call('EXPIRE', KEYS[1], ARGV[5])
redis.call('EXPIRE', KEYS[2], ARGV[5])
return offset
