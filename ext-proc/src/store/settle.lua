-- Puts what was used in the place of what is reserved, once for each id.
-- KEYS: the mark that this was done for the id; for each entry the hash and the sorted set of its account.
-- ARGV: id, how long the mark is kept in ms; for each entry kind (e, u, c), span or end in ms, used.
-- Gives one, and used, held and ms to the end of each; or zero if it was settled before.
local id = ARGV[1]
if not redis.call('SET', KEYS[1], '1', 'NX', 'PX', ARGV[2]) then
  return { 0 }
end
local field = 'i:' .. id
local answer = { 1 }
for index = 1, (#KEYS - 1) / 2 do
  local arg = 2 + (index - 1) * 3
  local account = open(KEYS[2 * index], KEYS[2 * index + 1], ARGV[arg + 1], tonumber(ARGV[arg + 2]))
  local used = tonumber(ARGV[arg + 3])
  local hold = redis.call('HGET', account.hash, field)
  if hold then
    local amount, unsettled, window = parse(hold)
    if window ~= account.window then
      -- Its window counted the whole of it as used when it ended.
      used = math.max(used - amount, 0)
    elseif unsettled == 'x' then
      used = used - amount
    else
      account.held = math.max(account.held - amount, 0)
    end
    redis.call('HDEL', account.hash, field)
    redis.call('ZREM', account.holds, id)
  end
  if account.kind ~= 'c' then
    account.used = math.max(account.used + used, 0)
  end
  save(account)
  if redis.call('PTTL', account.hash) < 0 then
    redis.call('PEXPIRE', account.hash, life(account, 0))
  end
  answer[#answer + 1] = account.used
  answer[#answer + 1] = account.held
  answer[#answer + 1] = account.reset
end
return answer
