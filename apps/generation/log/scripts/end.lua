-- Ends a generation's log, with all of its text in it. Whoever comes first decides how; nothing can be appended
-- afterwards. An end that does not know how many tokens were written gets to know it here.
-- KEYS: events, head. ARGV: attempt, end entry, seconds to keep, length of the text, offset of the piece given, piece.
-- Returns the offset at which the log ends; -1 minus the offset from which text is missing in a log that Redis lost;
-- or 'fenced' where the log is a newer attempt's.
local head = redis.call('HMGET', KEYS[2], 'attempt', 'offset', 'ended', 'tokens')
local offset, length = tonumber(head[2] or '0'), tonumber(ARGV[4])
if head[1] and tonumber(head[1]) > tonumber(ARGV[1]) then return redis.status_reply('fenced') end
if head[3] then return offset end
if offset < length then
  if offset ~= tonumber(ARGV[5]) then return -1 - offset end
  redis.call('XADD', KEYS[1], ARGV[4] .. '-*', 't', ARGV[6])
  offset = length
end
local entry = cjson.decode(ARGV[2])
if head[4] and tonumber(entry.usage.completion_tokens) == nil then
  entry.usage.completion_tokens = tonumber(head[4])
end
redis.call('XADD', KEYS[1], string.format('%d', offset) .. '-*', 'e', cjson.encode(entry))
redis.call('HSET', KEYS[2], 'ended', '1', 'offset', string.format('%d', offset))
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[3])
return offset
