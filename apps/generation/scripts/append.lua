-- Appends text to a generation's log, once and only by the attempt that owns it.
-- KEYS: events, head. ARGV: attempt, start offset, end offset, text.
-- Entry ids are "<offset after the text>-<n>", so that a reader's offset is its place in the stream.
local head = redis.call('HMGET', KEYS[2], 'attempt', 'offset', 'ended')
if not head[2] then return 'missing' end
if head[3] then return 'ended' end
if head[1] ~= ARGV[1] then return 'fenced' end
if head[2] == ARGV[3] then return 'ok' end -- a repeat after a lost answer
if head[2] ~= ARGV[2] then return 'gap' end
redis.call('XADD', KEYS[1], ARGV[3] .. '-*', 't', ARGV[4])
redis.call('HSET', KEYS[2], 'offset', ARGV[3])
return 'ok'
