-- Writes each key whose version is still the one that was read; gives one for each that was, else zero.
-- ARGV: for each key the version that was read, the new one, the value, how long to keep it in ms.
local answer = {}
for index, key in ipairs(KEYS) do
  local arg = (index - 1) * 4
  local version = redis.call('HGET', key, 'version') or ''
  if version == ARGV[arg + 1] then
    redis.call('HSET', key, 'version', ARGV[arg + 2], 'value', ARGV[arg + 3])
    redis.call('PEXPIRE', key, ARGV[arg + 4])
    answer[index] = 1
  else
    answer[index] = 0
  end
end
return answer
