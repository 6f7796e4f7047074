-- Another entry for a key, if nobody else has changed it: 1 or 0.
-- KEYS: keys, version. ARGV: digits of the hash, old entry, new entry.
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('INCR', KEYS[2])
return 1
