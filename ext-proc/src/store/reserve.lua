-- Reserves all claims, or none.
-- KEYS: for each claim the hash and the sorted set of its account.
-- ARGV: id, how long to hold in ms; for each claim kind (e, u, c), span or end in ms, cap, amount, r or c.
-- Gives the index of the first claim that does not fit, from one, or zero; then used, held and ms to the end of each.
local id = ARGV[1]
local hold_ms = tonumber(ARGV[2])
local count = #KEYS / 2
local opened, claims = {}, {}
local short = 0
for index = 1, count do
  local hash = KEYS[2 * index - 1]
  local arg = 2 + (index - 1) * 5
  local account = opened[hash]
  if not account then
    account = open(hash, KEYS[2 * index], ARGV[arg + 1], tonumber(ARGV[arg + 2]))
    account.more = 0
    opened[hash] = account
  end
  local amount = tonumber(ARGV[arg + 4])
  account.more = account.more + amount
  if short == 0 and amount > 0 and account.used + account.held + account.more > tonumber(ARGV[arg + 3]) then
    short = index
  end
  claims[index] = { account = account, amount = amount, unsettled = ARGV[arg + 5] }
end
if short == 0 then
  for _, claim in ipairs(claims) do
    if claim.amount > 0 then
      local account = claim.account
      local amount = claim.amount
      local field = 'i:' .. id
      local earlier = redis.call('HGET', account.hash, field)
      if earlier then
        local held, unsettled, window = parse(earlier)
        if unsettled ~= 'x' and window == account.window then
          amount = amount + held
        end
      end
      redis.call('HSET', account.hash, field, int(amount) .. ':' .. claim.unsettled .. ':' .. int(account.window))
      redis.call('ZADD', account.holds, int(now + hold_ms), id)
      account.held = account.held + claim.amount
      account.kept = true
    end
  end
end
local answer = { short }
for _, claim in ipairs(claims) do
  local account = claim.account
  if account.kept or account.changed then
    save(account)
    if account.kept then
      redis.call('PEXPIRE', account.hash, life(account, hold_ms))
      redis.call('PEXPIRE', account.holds, life(account, hold_ms))
    end
    account.kept = false
    account.changed = false
  end
  answer[#answer + 1] = account.used
  answer[#answer + 1] = account.held
  answer[#answer + 1] = account.reset
end
return answer
