-- Ends a log, with all of its text in it. The first end counts; nothing can be appended afterwards. An end that does
-- not know how many tokens were written learns it here.
-- KEYS: head, text. ARGV: channel, seconds to keep, id, attempt, end entry, length of the whole text, offset of the
-- piece given, the piece. Returns "at" and the offset at which the log ends; "missing" and the offset from which Redis
-- lacks text; or "fenced" and 0 if a newer attempt holds the log.
local head = redis.call('HMGET', KEYS[1], 'attempt', 'offset', 'ended', 'tokens')
local offset, length = tonumber(head[2] or '0'), tonumber(ARGV[6])
if head[1] and tonumber(head[1]) > tonumber(ARGV[4]) then return { 'fenced', 0 } end
if head[3] then return { 'at', offset } end
local text = ''
if offset < length then
  if offset ~= tonumber(ARGV[7]) then return { 'missing', offset } end
  if offset == 0 then redis.call('DEL', KEYS[2]) end
  redis.call('APPEND', KEYS[2], ARGV[8])
  text = frame(ARGV[3], 1, offset, ARGV[8])
  offset = length
end
local entry = cjson.decode(ARGV[5])
if head[4] and tonumber(entry.usage.completion_tokens) == nil then
  entry.usage.completion_tokens = tonumber(head[4])
end
local ended = cjson.encode(entry)
redis.call('HSET', KEYS[1], 'ended', ended, 'offset', offset)
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[2])
redis.call('PUBLISH', ARGV[1], text .. frame(ARGV[3], 3, offset, ended))
return { 'at', offset }
