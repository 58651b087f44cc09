-- Gives each source a token bucket: so many packets a second on average, so many at once; the rest is dropped.
-- Sources are IPv4 addresses: IPv6 passes as it comes.
--
--	perigee examples/limit.lua DEVICE [PACKETS-PER-SECOND [BURST]]
--
-- A bucket holds time, not packets: a packet costs as much as passes between two packets of a source that is
-- just within its rate, and the bucket fills as time goes by. Full ones are forgotten each second; while there are 65,536
-- others, packets of more sources raise an error, which is told, and pass.

local device = arg[1] or error("usage: limit.lua DEVICE [PACKETS-PER-SECOND [BURST]]", 0)
local rate, burst = math.tointeger(arg[2] or 100), math.tointeger(arg[3] or 20)

local second <const> = 1000000000
local cost = second // rate
local full = burst * cost

local buckets = bpf.map { "hash", name = "buckets", key = "ip4", entries = 65536, lock = true,
	value = "struct { u64 filled; u64 tokens; u64 dropped; }" }

bpf.xdp(device, { name = "limit" }, function(pkt)
	local ip = pkt.ipv4
	if not ip then return bpf.PASS end
	local now, pass = bpf.ktime(), false
	local known = buckets:locked(ip.src, function(b)
		-- another CPU's packet may have filled it a moment later than this one
		b.tokens = math.min(b.tokens + math.max(now - b.filled, 0), full)
		b.filled = math.max(now, b.filled)
		if b.tokens >= cost then
			b.tokens = b.tokens - cost
			pass = true
		else
			b.dropped = b.dropped + 1
		end
	end)
	if not known then
		buckets[ip.src] = { filled = now, tokens = full - cost }
		return bpf.PASS
	end
	return pass and bpf.PASS or bpf.DROP
end)

local function show()
	for ip, b in pairs(buckets) do
		if b.dropped > 0 then print(("%-15s %9d dropped"):format(ip, b.dropped)) end
	end
	io.stdout:flush()
end

-- A bucket that would be full by now is no different from none, and what it dropped was shown.
local function forget()
	local now = bpf.ktime()
	for ip, b in pairs(buckets) do
		if now - b.filled > full then buckets[ip] = nil end
	end
end

print(("limiting what %s receives to %d packets a second"):format(device, rate))
io.stdout:flush()
bpf.every("1s", function()
	show()
	forget()
end)
bpf.run()
