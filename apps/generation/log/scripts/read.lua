-- Returns what a log holds beyond an offset: where it ends, the bytes that hold the text beyond, the latest state, its
-- number, its offset, and the end.
-- KEYS: head, text. ARGV: the offset.
local head = redis.call('HMGET', KEYS[1], 'offset', 'state', 'states', 'state_offset', 'ended')
local missing = tonumber(head[1] or '0') - tonumber(ARGV[1])
local tail = ''
if missing > 0 then tail = redis.call('GETRANGE', KEYS[2], -4 * missing, -1) end -- at most four bytes a code point
return { tonumber(head[1] or '0'), tail, head[2] or '', tonumber(head[3] or '0'), tonumber(head[4] or '0'), head[5] or '' }
