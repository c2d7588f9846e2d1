-- Appends text with the tokens that it is made of, once and only by the attempt that owns the log, and publishes the
-- text. Readers that hear of the text find its tokens.
-- KEYS: head, text, tokens. ARGV: channel, seconds to keep, attempt, start offset, end offset, header of the text's
-- frame, text, tokens so far, time of the first token (or ''), the tokens, seconds to keep these. Returns a word, as
-- append does.
local attempt, first, last = ARGV[3], ARGV[4], ARGV[5]
local head = redis.call('HMGET', KEYS[1], 'attempt', 'offset', 'ended')
if not head[1] or not head[2] then return 'missing' end
if head[3] then return 'ended' end
if head[1] ~= attempt then return tonumber(head[1]) < tonumber(attempt) and 'missing' or 'fenced' end
if head[2] == last then return 'ok' end -- a repeat after a lost answer
if head[2] ~= first then return 'gap' end
if redis.call('APPEND', KEYS[2], ARGV[7]) == #ARGV[7] then redis.call('EXPIRE', KEYS[2], ARGV[2]) end
redis.call('RPUSH', KEYS[3], ARGV[10])
redis.call('EXPIRE', KEYS[3], ARGV[11])
redis.call('HSET', KEYS[1], 'offset', last, 'tokens', ARGV[8])
redis.call('HSETNX', KEYS[1], 'began', ARGV[9])
redis.call('PUBLISH', ARGV[1], ARGV[6] .. ARGV[7])
return 'ok'
