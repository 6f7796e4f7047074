-- An account in Redis: a hash with its window's number (w), what is used (u) and held (h), and for each request that
-- holds something `i:<id>` = `<amount>:<what becomes of it>:<window>`; and a sorted set of those ids by when they expire.
-- What becomes of it: r returned, c charged, x was charged and waits for a late settlement.
local LATE_MS = 3600000
local MOST_EXPIRED = 500
-- Of one account; beyond that, a late settlement counts on top of what was charged.
local MOST_CHARGED = 100000
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)

-- Lua would write large numbers in a shorter form.
local function int(number)
  return string.format('%.0f', number)
end

local function parse(hold)
  local amount, kind, window = string.match(hold, '^(%d+):(%a):(%d+)$')
  return tonumber(amount), kind, tonumber(window)
end

local function open(hash, holds, kind, at)
  local account = { hash = hash, holds = holds, kind = kind, at = at, window = 0, reset = 0, changed = false }
  if kind == 'e' then
    account.window = math.floor(now / at)
    account.reset = (account.window + 1) * at - now
  elseif kind == 'u' then
    account.reset = math.max(at - now, 0)
  end
  local kept = redis.call('HMGET', hash, 'w', 'u', 'h')
  account.used = 0
  account.held = 0
  if kept[1] and tonumber(kept[1]) == account.window then
    account.used = tonumber(kept[2]) or 0
    account.held = tonumber(kept[3]) or 0
  end
  local due = redis.call('ZRANGEBYSCORE', holds, '-inf', int(now), 'LIMIT', 0, MOST_EXPIRED)
  local crowded = #due > 0 and redis.call('ZCARD', holds) > MOST_CHARGED
  for _, id in ipairs(due) do
    local hold = redis.call('HGET', hash, 'i:' .. id)
    local keep = false
    if hold then
      local amount, unsettled, window = parse(hold)
      if unsettled ~= 'x' and window == account.window then
        account.held = math.max(account.held - amount, 0)
      end
      if unsettled == 'c' then
        if window == account.window then
          account.used = account.used + amount
        end
        if not crowded then
          redis.call('HSET', hash, 'i:' .. id, int(amount) .. ':x:' .. int(window))
          redis.call('ZADD', holds, int(now + LATE_MS), id)
          keep = true
        end
      end
    end
    if not keep then
      redis.call('HDEL', hash, 'i:' .. id)
      redis.call('ZREM', holds, id)
    end
    account.changed = true
  end
  return account
end

-- Until when the keys are needed, from now: late settlements included.
local function life(account, hold_ms)
  return int(math.ceil(math.max(account.reset, 0) + hold_ms + LATE_MS))
end

local function save(account)
  redis.call('HSET', account.hash, 'w', int(account.window), 'u', int(account.used), 'h', int(account.held))
end
