-- Appends text to the logs of many generations, each once and only by the attempt that owns it.
-- KEYS: events and head of each. ARGV: attempt, start offset, end offset, text, tokens so far and time of the first one
-- (or '') of each. Returns a word for each.
-- Entry ids are "<offset after the text>-<n>", so that a reader's offset is its place in the stream.
local function append(events, head_key, attempt, first, last, text, tokens, began)
  local head = redis.call('HMGET', head_key, 'attempt', 'offset', 'ended')
  if not head[1] or not head[2] then return 'missing' end -- also where only a state was told since it was lost
  if head[3] then return 'ended' end
  if tonumber(head[1]) < tonumber(attempt) then return 'missing' end -- lost, and made anew by a stale attempt
  if head[1] ~= attempt then return 'fenced' end
  if head[2] == last then return 'ok' end -- a repeat after a lost answer
  if head[2] ~= first then return 'gap' end
  redis.call('XADD', events, last .. '-*', 't', text)
  redis.call('HSET', head_key, 'offset', last)
  if tokens ~= '0' then redis.call('HSET', head_key, 'tokens', tokens) end
  if began ~= '' then redis.call('HSETNX', head_key, 'began', began) end
  return 'ok'
end

local answers = {}
for i = 1, #KEYS / 2 do
  answers[i] = append(KEYS[2 * i - 1], KEYS[2 * i], unpack(ARGV, 6 * i - 5, 6 * i))
end
return answers
