-- Hands a log to a new attempt; makes it from the checkpoint if Redis has less.
-- KEYS: head, text. ARGV: channel, seconds to keep, id, attempt, checkpoint length, checkpoint text, state entry.
-- Returns the offset at which the log ends, the bytes that hold what it has beyond the checkpoint, and the tokens so
-- far; or why the attempt may not write.
local head = redis.call('HMGET', KEYS[1], 'attempt', 'offset', 'ended', 'tokens')
if head[3] then return redis.status_reply('ended') end
if head[1] and tonumber(head[1]) > tonumber(ARGV[4]) then return redis.status_reply('fenced') end
local offset, length = tonumber(head[2] or '-1'), tonumber(ARGV[5])
local tail, remade = '', ''
if offset < length or redis.call('EXISTS', KEYS[2]) == 0 then
  offset = length
  redis.call('SET', KEYS[2], ARGV[6])
  remade = frame(ARGV[3], 1, 0, ARGV[6])
elseif offset > length then
  tail = redis.call('GETRANGE', KEYS[2], 4 * (length - offset), -1) -- no code point takes more than four bytes
end
redis.call('HSET', KEYS[1], 'attempt', ARGV[4], 'offset', offset)
redis.call('HDEL', KEYS[1], 'place')
redis.call('EXPIRE', KEYS[2], ARGV[2])
redis.call('PUBLISH', ARGV[1], remade .. write_state(KEYS[1], ARGV[3], ARGV[7], ARGV[2]))
return { offset, tail, head[4] or '' }
