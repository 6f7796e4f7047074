-- Gives the clock in ms, and for each key its version and its value, empty if there is none.
local clock = redis.call('TIME')
local answer = { string.format('%.0f', tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)) }
for _, key in ipairs(KEYS) do
  local kept = redis.call('HMGET', key, 'version', 'value')
  answer[#answer + 1] = kept[1] or ''
  answer[#answer + 1] = kept[2] or ''
end
return answer
