-- The greatest entry of a map, and what else a loop over one keeps: keys, and entries, which are looked up again by their keys.
local lang = dofile "tests/lang/harness.lua"
local few = lang.pairs { 0, 3, 9 }
local VALUE = "struct { u64 hits; u32 port; char name[12]; }"
local ip, mac = bpf.ip, bpf.mac

local kinds = {
	{ "integers", "u32", { 7, 0, 3, 4 } },
	{ "texts", "char[16]", { "one", "", "three", "four" } },
	{ "addresses", "ip4", { ip "10.0.0.1", ip "0.0.0.0", ip "10.0.0.3", ip "10.0.0.4" } },
	{ "IPv6 addresses", "ip6", { ip "fe80::1", ip "::", ip "fe80::3", ip "fe80::4" } },
	{ "hardware addresses", "mac", { mac "02:00:00:00:00:01", mac "00:00:00:00:00:00", mac "02:00:00:00:00:03", mac "02:00:00:00:00:04" } },
	{ "structs", "struct { ip4 src; u16 port; }", { { src = ip "10.0.0.1", port = 80 }, { src = ip "0.0.0.0", port = 0 },
		{ src = ip "10.0.0.3", port = 80 }, { src = ip "10.0.0.3", port = 81 } } },
}
local function map(type, key, value, number)
	return bpf.map { type, name = ("best_%s%d"):format(value:sub(1, 1), number), key = key, value = value, entries = 8 }
end

for number, row in ipairs(kinds) do
	local hits, flows, names = map("hash", row[2], "u64", number), map("lru_hash", row[2], VALUE, number), map("hash", row[2], "char[16]", number)
	local function setup()
		for i, k in ipairs(row[3]) do
			local n = 7 * i % 5
			hits[k], flows[k], names[k] = n, { hits = n, port = i, name = ("n"):rep(i) }, ("x"):rep(n)
		end
	end
	local function case(name, f)
		lang.case { name = row[1] .. ": " .. name, f = f, inputs = few, see = { hits, flows, names }, setup = setup }
	end
	case("the key of the greatest integer", function()
		local best, n = nil, 0
		for k, v in pairs(hits) do if v > n then best, n = k, v end end
		return n, best and flows[best].port
	end)
	case("the key of the greatest field", function(a)
		local best, n = nil, a + 0
		for k, e in pairs(flows) do if e.hits > n then best, n = k, e.hits end end
		if best then flows[best] = nil end
		return n, best ~= nil
	end)
	case("the key of the longest text", function()
		local best, n = nil, 0
		for k, t in pairs(names) do if #t > n then best, n = k, #t end end
		return n, best and flows[best].port
	end)
	case("three keys", function()
		local k1, n1, k2, n2, k3, n3 = nil, 0, nil, 0, nil, 0
		for k, v in pairs(hits) do
			if v > n1 then
				k3, n3, k2, n2, k1, n1 = k2, n2, k1, n1, k, v
			elseif v > n2 then
				k3, n3, k2, n2 = k2, n2, k, v
			elseif v > n3 then
				k3, n3 = k, v
			end
		end
		return k1 and flows[k1].port, k2 and flows[k2].port, k3 and flows[k3].port
	end)
	case("the greatest entry", function()
		local best
		for k, e in pairs(flows) do if not best or e.hits > best.hits then best = e end end
		return best and best.port, best and #best.name
	end)
	case("the entry and what is greatest in it", function(a)
		local best, n = nil, a + 0
		for k, e in pairs(flows) do if e.hits > n then best, n = e, e.hits end end
		return best and best.port, n, best and best.hits
	end)
	case("the least entry, counted and deleted by its key", function(a, b)
		local least, key
		for k, e in pairs(flows) do if not least or e.hits < least.hits then least, key = e, k end end
		if least and key then
			least.hits = least.hits + (b + 0)
			hits[key] = least.port
			flows[key] = nil
		end
		return least == nil
	end)
end

-- ---- entries ----

local flows = map("hash", "u32", VALUE, 10)
local mine = map("percpu_hash", "u32", VALUE, 11)
local others = map("hash", "u32", VALUE, 12)
local small = map("hash", "u32", "struct { u32 port; }", 13)
local function setup()
	for i = 1, 5 do flows[i * 5] = { hits = 7 * i % 11, port = i, name = ("n"):rep(i) } end
end
local function case(name, f, refused)
	lang.case { name = name, f = f, inputs = few, see = { flows, mine, others, small }, setup = setup, refused = refused }
end
case("none is there", function(a, b)
	local best
	for k, e in pairs(flows) do if e.hits > 100 then best = e end end
	return best == nil, not best, best and best.port
end)
case("none is there, and it is read", function(a)
	local best
	for k, e in pairs(flows) do if e.hits > a * 10 then best = e end end
	return best.hits > 0
end)
case("none is there, and pcall reads it", function(a)
	local best
	for k, e in pairs(flows) do if e.hits > a * 10 then best = e end end
	return pcall(function() return best.hits > 0 end) == (best ~= nil)
end)
case("within pcall", function(a, b)
	local ok, n, port = pcall(function()
		local best
		for k, e in pairs(flows) do
			if not best or e.hits > best.hits then best = e end
		end
		if best.hits > b then error(best.port) end
		return best.hits, best.port
	end)
	return ok, n, port
end)
case("by a function", function(a, b)
	local function greatest(least)
		local best
		for _, e in pairs(flows) do if e.hits > least and (not best or e.hits > best.hits) then best = e end end
		return best
	end
	local x, y = greatest(a), greatest(b)
	return x and x.port, y and y.port
end)
case("the first two", function(a)
	local first, second
	for k, e in pairs(flows) do
		if not first or e.hits > first.hits then
			first, second = e, first
		elseif not second or e.hits > second.hits then
			second = e
		end
	end
	return first.port, second and second.port, second.hits - a
end)
case("the greatest and the least", function()
	local most, least
	for k, e in pairs(flows) do
		if not most or e.hits > most.hits then most = e end
		if not least or e.hits < least.hits then least = e end
	end
	return most.port, least.port, #most.name - #least.name
end)
case("forgotten again", function(a, b)
	local best, n = nil, 0
	for k, e in pairs(flows) do
		if best and best.port == a then best = nil end
		if k == b * 5 then best = e end
		n = n + 1
	end
	return n
end)
case("written through", function(a, b)
	local best
	for k, e in pairs(flows) do if not best or e.hits > best.hits then best = e end end
	best.hits = best.hits + b
	best.name = "best"
	best.port = best.port + a
	return best.port, best.hits, #best.name
end)
case("a turn writes the one that was kept", function(a)
	local best
	for k, e in pairs(flows) do
		if best then best.port = best.port + a end
		if not best or e.hits > best.hits then best = e end
	end
	return best.hits
end)
case("in a loop around", function(a)
	local best
	for i = 1, 3 do
		for k, e in pairs(flows) do if e.hits < 10 - i * a and (not best or e.hits >= best.hits) then best = e end end
	end
	return best and best.hits
end)
case("in a loop within", function(a)
	local best
	for k, e in pairs(flows) do
		for i = 1, 3 do
			if e.hits % 4 == i and (not best or best.hits < e.hits) then best = e end
		end
	end
	return best and best.hits, best and best.port + a
end)
case("on one way alone", function(a, b)
	local best
	if a > 0 then
		for k, e in pairs(flows) do if not best or e.hits > best.hits then best = e end end
	end
	if b > 0 then return best and best.port end
	return best and best.hits
end)
case("of a map for each CPU", function(a)
	for i = 1, 4 do mine[i] = { hits = 7 * i % 5, port = i } end
	local best
	for k, e in pairs(mine) do if not best or e.hits > best.hits then best = e end end
	local hits, port = best.hits, best.port
	for i = 1, 4 do mine[i] = nil end
	return hits, port
end)
case("left by break", function(a)
	local found
	for k, e in pairs(flows) do if e.port == a then found = e break end end
	return found and found.hits
end)
case("counted elsewhere in each turn", function()
	local best
	for k, e in pairs(flows) do
		small[e.port] = { port = best and best.port or 0 * k }
		if not best then best = nil end
	end
end)
case("copied into another map", function(a)
	local best
	for k, e in pairs(flows) do if not best or e.hits > best.hits then best = e end end
	small[a] = { port = best.port }
end)

-- What another one may have taken the place of, and what has no key that is known.
local kept = "kept from one turn of this loop to the next"
case("deleted while it is kept", function()
	local best
	for k, e in pairs(flows) do
		if best and best.hits < e.hits then flows[k] = nil end
		best = e
	end
	return best and best.port
end, "writes to it, and may be gone by now")
case("of one map or another", function(a)
	local best
	for k, e in pairs(flows) do if not best or e.hits > best.hits then best = e end end
	for k, e in pairs(others) do if not best or e.hits > best.hits then best = e end end
	return best and best.port
end, kept)
case("an entry that was there before", function(a)
	local best = flows[a]
	for k, e in pairs(flows) do if not best or e.hits > best.hits then best = e end end
	return best and best.port
end, kept)
lang.done()
