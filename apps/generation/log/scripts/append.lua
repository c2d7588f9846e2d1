-- Appends text to many logs, each once and only by the attempt that owns it, and publishes it as one message.
-- KEYS: head and text of each. ARGV: channel, seconds to keep; then of each: attempt, start offset, end offset, header
-- of its frame, text, tokens so far, time of the first token (or ''). Returns a word for each.
local frames = {}

local function append(head_key, text_key, attempt, first, last, header, text, tokens, began)
  local head = redis.call('HMGET', head_key, 'attempt', 'offset', 'ended')
  if not head[1] or not head[2] then return 'missing' end -- also if only a state was written since Redis lost it
  if head[3] then return 'ended' end
  if head[1] ~= attempt then
    if tonumber(head[1]) < tonumber(attempt) then return 'missing' end -- lost, and made anew by a stale attempt
    return 'fenced'
  end
  if head[2] == last then return 'ok' end -- a repeat after a lost answer
  if head[2] ~= first then return 'gap' end
  if redis.call('APPEND', text_key, text) == #text then redis.call('EXPIRE', text_key, ARGV[2]) end
  if tokens == '0' then
    redis.call('HSET', head_key, 'offset', last)
  else
    redis.call('HSET', head_key, 'offset', last, 'tokens', tokens)
  end
  if began ~= '' then redis.call('HSETNX', head_key, 'began', began) end
  frames[#frames + 1] = header
  frames[#frames + 1] = text
  return 'ok'
end

local answers = {}
for i = 1, #KEYS / 2 do
  answers[i] = append(KEYS[2 * i - 1], KEYS[2 * i], unpack(ARGV, 7 * i - 4, 7 * i + 2))
end
if #frames > 0 then redis.call('PUBLISH', ARGV[1], table.concat(frames)) end
return answers
