-- Appends text to the logs of many generations, each once and only by the attempt that owns it.
-- KEYS: events and head of each. ARGV: attempt, start offset, end offset and text of each. Returns a word for each.
-- Entry ids are "<offset after the text>-<n>", so that a reader's offset is its place in the stream.
local function append(events, head_key, attempt, first, last, text)
  local head = redis.call('HMGET', head_key, 'attempt', 'offset', 'ended')
  if not head[2] then return 'missing' end
  if head[3] then return 'ended' end
  if head[1] ~= attempt then return 'fenced' end
  if head[2] == last then return 'ok' end -- a repeat after a lost answer
  if head[2] ~= first then return 'gap' end
  redis.call('XADD', events, last .. '-*', 't', text)
  redis.call('HSET', head_key, 'offset', last)
  return 'ok'
end

local answers = {}
for i = 1, #KEYS / 2 do
  local given = 4 * i - 3
  answers[i] = append(KEYS[2 * i - 1], KEYS[2 * i], ARGV[given], ARGV[given + 1], ARGV[given + 2], ARGV[given + 3])
end
return answers
