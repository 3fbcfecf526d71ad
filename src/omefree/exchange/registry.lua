-- The only command on data: strike the nodes whose lease is over, renew ours, give out the pools that nobody leads.
-- All times are this engine's, in ms. Nothing here is of any visitor.
--
-- KEYS nodes  hash  tag -> end of its lease, boot, version, may lead (1; 0; 2: no, it is about to leave), visitors, names of
--             its secrets
--      lead   hash  pool -> epoch, boot and tag of its leader
--      born   when this registry began
-- ARGV what (beat; bye; look: would a beat of this new node be taken?), tag, boot, version, may lead, visitors, names of secrets (comma between), lease in ms,
--      then for each pool: its name, the highest epoch that the node has seen
-- Returns {"ok", age in ms, visitors of all, {tag, boot, ...}, {pool, tag, epoch, ...}, {tag that is about to leave, ...}}, or
-- {why not}
local what, me, boot, version, may_lead, online, secrets, lease = unpack(ARGV, 1, 8)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local nodes = {}  -- those that live
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local ends, b, v, m, o, s = string.match(all[i + 1], '^(%d+) (%S+) (%d+) (%d) (%d+) (%S+)$')
  -- A lease that ends later than one can is from before this engine's clock was set back.
  if ends and tonumber(ends) > now and tonumber(ends) <= now + lease then
    nodes[all[i]] = {
      boot = b, version = tonumber(v), may_lead = m == '1', leaves = m == '2', online = tonumber(o), secrets = s, pools = 0,
    }
  else
    redis.call('HDEL', KEYS[1], all[i])
  end
end

local function has(list, name) return string.find(',' .. list .. ',', ',' .. name .. ',', 1, true) end
local function first(list) return string.match(list, '^[^,]+') end
if nodes[me] and nodes[me].boot ~= boot then return {'taken'} end
if what == 'bye' then
  nodes[me] = nil
  redis.call('HDEL', KEYS[1], me)
elseif not nodes[me] then
  for _, node in pairs(nodes) do
    if not has(node.secrets, first(secrets)) or not has(secrets, first(node.secrets)) then return {'secret'} end
    if math.abs(node.version - version) > 1 then return {'version'} end
  end
end
if what == 'beat' then
  redis.call('HSET', KEYS[1], me, table.concat({now + lease, boot, version, may_lead, online, secrets}, ' '))
  nodes[me] = {boot = boot, may_lead = may_lead == '1', leaves = may_lead == '2', online = tonumber(online), pools = 0}
end

local pools = {}
for i = 9, #ARGV, 2 do
  local epoch, b, tag = string.match(redis.call('HGET', KEYS[2], ARGV[i]) or '', '^(%d+) (%S+) (%S+)$')
  local pool = {name = ARGV[i], seen = tonumber(ARGV[i + 1]), epoch = tonumber(epoch or 0)}
  if epoch and nodes[tag] and nodes[tag].boot == b then
    pool.leader = tag
    nodes[tag].pools = nodes[tag].pools + 1
  end
  pools[#pools + 1] = pool
end

local function lead(pool, tag)
  pool.leader, pool.epoch = tag, math.max(pool.epoch, pool.seen) + 1
  nodes[tag].pools = nodes[tag].pools + 1
  redis.call('HSET', KEYS[2], pool.name, table.concat({pool.epoch, nodes[tag].boot, tag}, ' '))
end

-- Who leads the fewest pools; of several the first by name, so that the same registry always says the same.
local function freest()
  local best
  for tag, node in pairs(nodes) do
    if node.may_lead and (not best or node.pools < nodes[best].pools or (node.pools == nodes[best].pools and tag < best)) then
      best = tag
    end
  end
  return best
end

for _, pool in ipairs(pools) do
  local heir = pool.leader == me and nodes[me].leaves and freest()
  if heir then
    lead(pool, heir)
  elseif pool.leader == me and pool.seen > pool.epoch then  -- somebody led after us: a registry that has lost writes
    nodes[me].pools = nodes[me].pools - 1
    lead(pool, me)
  elseif not pool.leader then
    -- A lease may outlive its node. So on a beat the node that beats takes the pool: that one lives for certain.
    local tag = what == 'bye' and freest() or (nodes[me] and nodes[me].may_lead and me)
    if tag then lead(pool, tag) end
  end
end

local born = tonumber(redis.call('GET', KEYS[3]))
if not born or born > now then  -- the latter: this engine's clock was set back
  born = now
  redis.call('SET', KEYS[3], born)
end
local age, sum, tags, leaders, leaving = now - born, 0, {}, {}, {}
for tag, node in pairs(nodes) do
  sum = sum + node.online
  tags[#tags + 1], tags[#tags + 2] = tag, node.boot
  if node.leaves then leaving[#leaving + 1] = tag end
end
for _, pool in ipairs(pools) do
  if pool.leader then
    leaders[#leaders + 1], leaders[#leaders + 2], leaders[#leaders + 3] = pool.name, pool.leader, tostring(pool.epoch)
  end
end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, 60000) end
return {'ok', age, sum, tags, leaders, leaving}
