-- Put in front of every script. A frame is what readers hear: 16 bytes of id, a kind, a number and a payload.
-- Kinds: 1 text (number: its offset), 2 state (number: grows with each), 3 end (number: the last offset).
local function frame(id, kind, number, payload)
  return id .. struct.pack('>BI4I4', kind, number, #payload) .. payload
end

-- Writes a state that is not the end, and returns its frame. States are numbered by tenths of a second since 2020, or
-- by one more than the last: the numbers grow even if Redis loses the log in between.
local function write_state(head_key, id, entry, seconds)
  local head = redis.call('HMGET', head_key, 'offset', 'states')
  local time = redis.call('TIME')
  local tenths = (tonumber(time[1]) - 1577836800) * 10 + math.floor(tonumber(time[2]) / 100000)
  local number = string.format('%d', math.max(tenths, tonumber(head[2] or '0') + 1))
  redis.call('HSET', head_key, 'state', entry, 'state_offset', head[1] or '0', 'states', number)
  redis.call('EXPIRE', head_key, seconds)
  return frame(id, 2, number, entry)
end
