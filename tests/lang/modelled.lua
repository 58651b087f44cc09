-- Every field of a header that can be assigned, under operations that write, read again, keep, swap, copy and loop, in the kernel on XDP (bytes reached
-- in both ways) and tc, as a twin, and on a model of the packet made here: a table whose fields are bits of a text, and whose checksums are summed anew
-- after each write.
local lang = dofile "tests/lang/harness.lua"
local wire = dofile "tests/lang/lib_wire.lua"
local sums = dofile "tests/lang/lib_sums.lua"
local of = dofile "tests/lang/lib_fields.lua"
local FIELDS = of.FIELDS

-- ---- frames: with the places of their headers by path, and what is to be summed, the innermost first ----

local frames = {}
for _, frame in ipairs(of.good) do
	local at = {}
	for name, off in pairs(frame.at) do if type(off) == "number" then at[name] = off end end
	frames[#frames + 1] = { name = frame.name, bytes = frame.bytes, at = at, layers = { frame.at } }
end

local function moved(at, by)
	local t = {}
	for name, off in pairs(at) do t[name] = type(off) == "number" and off + by or off end
	return t
end

-- Within: sums are those of the packet within alone, so it is taken out and put back.
local function summed(bytes, layers)
	for _, at in ipairs(layers) do
		if at.within then
			local inner = sums.with_sums(bytes:sub(at.within + 1), at)
			bytes = bytes:sub(1, at.within) .. inner
		else
			bytes = sums.with_sums(bytes, at)
		end
	end
	return bytes
end

local function tunnel(name, outer, path, inner, at, outer_at)
	local whole = outer(inner)
	local start = #whole - #inner
	local places = {}
	for header, off in pairs(outer_at) do if type(off) == "number" then places[header] = off end end
	for header, off in pairs(at) do if type(off) == "number" then places[path .. header] = start + off end end
	at.within = start
	local layers = { at, outer_at }
	frames[#frames + 1] = { name = name, bytes = summed(whole, layers), at = places, layers = layers }
end
local made = dofile "tests/lang/lib_frames.lua"
for _, check in ipairs { 0, 1 } do
	local function vxlan(inner)
		return wire.eth(0x0800, wire.ipv4(17, (">I2I2I2I2"):pack(40000, 4789, 16 + #inner, check) .. wire.vxlan(7, inner)))
	end
	local function geneve(inner)
		return wire.eth(0x86dd, wire.ipv6(17, (">I2I2I2I2"):pack(40000, 6081, 20 + #inner, check) .. wire.geneve(0, 0x0800, 9, "opts", inner)))
	end
	tunnel("tcp in vxlan " .. check, vxlan, "udp.vxlan.eth.", made.eth(0x0800, made.ipv4(6, made.tcp(0x12, of.DATA))),
		{ ipv4 = 14, ["ipv4.tcp"] = 34, tcp = 34, kind = "tcp" }, { eth = 0, ipv4 = 14, udp = 34, kind = "udp" })
	tunnel("icmp in geneve " .. check, geneve, "udp.geneve.", made.ipv4(1, made.icmp(of.DATA)),
		{ ipv4 = 0, ["ipv4.icmp"] = 20, icmp = 20, kind = "icmp" }, { eth = 0, ipv6 = 14, udp = 54, kind = "udp" })
end

-- ---- the model ----

local function bits(bytes, off, f)
	local first, last = off + f.bit // 8, off + (f.bit + f.width - 1) // 8
	local n = (">I" .. last + 1 - first):unpack(bytes, first + 1)
	return n >> (last + 1 - off) * 8 - f.bit - f.width & (1 << f.width) - 1
end

local function value(bytes, off, f)
	if f.kind == "bool" then return bits(bytes, off, f) == 1 end
	if f.kind:find "^u" then return bits(bytes, off, f) end
	local raw = bytes:sub(off + f.bit // 8 + 1, off + (f.bit + f.width) // 8)
	if f.kind == "ip4" then return bpf.ip(("%d.%d.%d.%d"):format(raw:byte(1, 4))) end
	if f.kind == "mac" then return bpf.mac(("%02x:%02x:%02x:%02x:%02x:%02x"):format(raw:byte(1, 6))) end
	return bpf.ip(("%x:%x:%x:%x:%x:%x:%x:%x"):format((">I2I2I2I2I2I2I2I2"):unpack(raw)))
end

local function headers(packet, path)
	return setmetatable({}, { __index = function(_, name)
		local whole = path .. name
		local off = packet.frame.at[whole]
		if not off then return packet.frame.name:find(name, 1, true) and headers(packet, whole .. ".") or name == "eth" and headers(packet, whole .. ".") or nil end
		local fields = FIELDS[name]
		return setmetatable({}, {
			__index = function(_, field)
				local f = fields[field]
				if f then return value(packet.bytes, off, f) end
				for n, size in pairs { u8 = 1, u16 = 2 } do
					if field == n then return function(_, at) return (">I" .. size):unpack(packet.bytes, off + at + 1) end end
				end
				return headers(packet, whole .. ".")[field]
			end,
			__newindex = function(_, field, v)
				local bytes, problem = of.changed(packet.bytes, fields[field], off, field, v)
				if not bytes then error(problem, 0) end
				packet.bytes = summed(bytes, packet.frame.layers)
			end,
		})
	end })
end

-- ---- operations: h and k are headers, F and G their fields, V and W values that are known at run time only, C a constant one ----

local OPERATIONS = {
	"h.F = V put(1, h.F) putg(2, k.G)",
	"h.F = C put(1, h.F)",
	"put(1, h.F) h.F = V put(2, h.F) k.G = X putg(3, k.G) put(4, h.F)",
	"local a = h.F h.F = V put(1, a) h.F = a put(2, h.F)",
	"for i = 1, 3 do h.F = i == 2 and V or W put(i, h.F) end putg(4, k.G)",
	"for i = 1, 3 do put(i, h.F) h.F = V k.G = X end put(4, h.F)",
	"R[9] = pcall(function() h.F = V error('x') end) and 1 or 2 put(1, h.F)",
	"R[9] = pcall(function() k.G = X h.F = V k.G = Y end) and 1 or 2 put(1, h.F) putg(2, k.G)",
	"local a = h.F R[9] = pcall(function() h.F = W h.F = V end) and 1 or 2 put(1, h.F) put(2, a)",
	"local function set(x, v) x.F = v return x end put(1, set(h, V).F) put(2, set(h, W).F)",
	"if c then h.F = V end put(1, h.F) if not c then h.F = W else k.G = X end put(2, h.F) putg(3, k.G)",
	"local l = p.H h.F = V put(1, l.F) l.F = W put(2, h.F) put(3, p.H.F)",
	"local t = { h.F } h.F = V put(1, t[1]) put(2, h.F)",
	"S[1] = h.F h.F = V put(1, S[1]) S[1] = h.F put(2, S[1])",
	"local old = h.F while h.F == old do h.F = V if h.F == old then break end end put(1, h.F)",
	"local l = c and p.H or nil if l then l.F = V end put(1, h.F)",
	"h.F, k.G = V, X put(1, h.F) putg(2, k.G)",
	"local x, y = h.F, k.G h.F = V k.G = y put(1, x) putg(2, k.G) put(3, h.F)",
	"h.F = V R[5] = h:u8(OFF) h.F = W R[6] = h:u8(OFF) put(3, h.F)",
	"local a = h:u8(OFF) h.F = V local b = h:u8(OFF) put(1, h.F) R[5] = a R[6] = b",
	"local v = h.F == V put(1, h.F) if v then h.F = W end put(2, h.F)",
	"h.F = V h.F = W put(1, h.F) h.F = V put(2, h.F)",
}
local SAME = {
	"h.F, k.G = k.G, h.F put(1, h.F) putg(2, k.G)",
	"h.F = k.G put(1, h.F) k.G = V putg(2, k.G)",
	"local a = h.F h.F = k.G k.G = a put(1, h.F) put(2, a)",
	"for i = 1, 3 do h.F, k.G = k.G, h.F end put(1, h.F) putg(2, k.G)",
	"local x, f = h, 1 if c then x = k f = 2 end if f == 1 then x.F = V else x.G = V end put(1, h.F) putg(2, k.G)",
	"if h.F == k.G then h.F = V end put(1, h.F) k.G = h.F R[5] = h.F == k.G and 1 or 0",
}
local NUMBERS = {
	"h.F = h.F + 1 put(1, h.F)",
	"h.F = h.F - 1 & MASK put(1, h.F) k.G = X",
	"for i = 1, 3 do h.F = h.F * 3 + i & MASK put(i, h.F) end",
	"h.F = h.F ~ MASK put(1, h.F) h.F = h.F >> 1 put(2, h.F)",
	"local n = 0 for i = 1, 4 do h.F = i & MASK n = n + h.F end put(1, n)",
	"local a, b = h.F, 0 while b < 3 do h.F = V & MASK b = b + 1 put(b, h.F) end put(5, a)",
}

-- ---- values ----

local ARGS = { A = bpf.map { "array", name = "mo_bool", key = "u32", value = "bool", entries = 5 } }
local function column(name, type) ARGS[name] = bpf.map { "array", name = "mo_" .. type, key = "u32", value = type, entries = 5 } end
column("I", "i64")
column("A4", "ip4")
column("A6", "ip6")
column("AM", "mac")
local R = bpf.map { "array", name = "mo_results", key = "u32", value = "i64", entries = 12 }
local S = {}
for _, type in ipairs { "i64", "ip4", "ip6", "mac", "bool" } do S[type] = bpf.map { "array", name = "mo_s_" .. type, key = "u32", value = type, entries = 2 } end

local KINDS = {
	bool = { "A", "x = x and 1 or 0", "true" }, ip4 = { "A4", "x = x:int()", 'bpf.ip "10.0.0.2"' }, mac = { "AM", "x = x:int()", 'bpf.mac "02:03:04:05:06:07"' },
	ip6 = { "A6", "local n = 0 for j = 1, 16 do n = n * 31 + x:byte(j) end x = n", 'bpf.ip "2001:db8::2"' },
}
local INT = { "I", "", "5" }
local function kind_of(f) return KINDS[f.kind] or INT end

-- Arguments 0 and 1 are V and W, 2 and 3 X and Y; the last one is c.
local function give(f, g, n)
	local function pick(field, i)
		local values = of.VALUES[field.kind]
		local whole = #values
		if field.kind:find "^u" and n ~= 4 then whole = whole - 3 end -- those that do not fit
		return values[(n * 3 + i * 2) % whole + 1]
	end
	for i = 0, 1 do ARGS[kind_of(f)[1]][i] = pick(f, i) end
	for i = 2, 3 do ARGS[kind_of(g)[1]][i] = pick(g, i) end
	ARGS.A[4] = n % 2 == 0
end

local PARAMETERS = "local R, S, A, I, A4, A6, AM = ... return function(p) local c = A[4] "
local function loaded(text, r, s) return assert(load(text, "=modelled"))(r, s, ARGS.A, ARGS.I, ARGS.A4, ARGS.A6, ARGS.AM) end

-- ---- running ----

local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
local function plain(message) return message and message:gsub("^[^\n]-:%d+: ", ""):gsub(" %(%w+ '[^']*'%)$", "") or "no error" end
local function results(r)
	local t = {}
	for i = 0, 11 do t[i + 1] = r[i] or 0 end
	return table.concat(t, " ")
end

local function by_model(text, frame)
	local packet = { frame = frame, bytes = frame.bytes }
	local r, s = {}, {}
	local good, problem = pcall(loaded(text, r, s), headers(packet, ""))
	return ("%s %s %s"):format(hex(packet.bytes), good and "no error" or plain(problem), results(r))
end

local function by(run, program, frame)
	R:clear()
	local _, bytes, _, message = run(program, frame.bytes)
	return ("%s %s %s"):format(hex(bytes), plain(message), results(R))
end

local counts = { programs = 0, refused = 0, runs = 0 }
local reasons = {}

-- The ways to run it; or what is wrong.
local function ways_of(f, copy, no_tc)
	local ways = {}
	local hook = copy % 3 == 2 and not no_tc and "tc" or "xdp"
	local options = { on_error = bpf.DROP, copy = copy % 3 == 1 and hook == "xdp" or nil }
	local good, program = pcall(bpf.program, hook, options, f)
	counts.programs = counts.programs + 1
	if not good then
		local why = program:match "error: ([^\n]*)"
		counts.refused = counts.refused + 1
		reasons[why or program] = (reasons[why or program] or 0) + 1
		return nil, (program:find "bug in Perigee" or program:find "internal" or not why) and program or nil
	end
	ways[1] = { "twin", program.twin, program }
	ways[2] = { hook .. (options.copy and " by copy" or ""), program.test, program }
	return ways
end

local function tried(op, header, f, F, other, g, G, n, no_tc)
	local kf, kg = kind_of(f), kind_of(g)
	local holes = { F = F, G = G, H = header, V = kf[1] .. "[0]", W = kf[1] .. "[1]", X = kg[1] .. "[2]", Y = kg[1] .. "[3]", C = f.width < 3 and "true" or kf[3],
		MASK = ("0x%x"):format((1 << f.width) - 1), OFF = f.bit // 8 }
	local body = op:gsub("%f[%w_]([A-Z]+)%f[^%w_]", function(name) return holes[name] end)
	local function guarded(path)
		local text, so_far = "p", "p"
		for part in path:gmatch "[^.]+" do
			so_far = so_far .. "." .. part
			text = text .. " and " .. so_far
		end
		return text
	end
	local text = ("%s local function put(i, x) %s R[i] = x end local function putg(i, x) %s R[i] = x end local h, k = %s, %s if h and k then %s end end")
		:format(PARAMETERS, kf[2], kg[2], guarded(header), guarded(other), body)
	local s = S[f.kind:find "^u" and "i64" or f.kind]
	local ways, problem = ways_of(loaded(text, R, s), n, no_tc)
	if not ways then return problem and text .. "\n" .. problem end
	local met = false
	for i, frame in ipairs(frames) do
		if frame.at[header] and frame.at[other] then
			met = true
			for v = 1, 4 do
				give(f, g, v + i)
				local want = by_model(text, frame)
				for _, way in ipairs(ways) do
					counts.runs = counts.runs + 1
					local got = by(way[2], way[3], frame)
					if got ~= want then return ("%s\non %s, values %d\n%-12s %s\nmodel        %s"):format(text, frame.name, v + i, way[1], got, want) end
				end
			end
		end
	end
	return not met and "no frame has both" or nil
end

-- ---- which fields with which ----

local PATHS = { "eth", "vlan", "arp", "ipv4", "ipv6", "tcp", "udp", "icmp", "icmp6" }
local WITHIN = { "udp.vxlan.eth.ipv4", "udp.vxlan.eth.ipv4.tcp", "udp.geneve.ipv4", "udp.geneve.ipv4.icmp" }
local UNWRITTEN = { check = true } -- a sum that is written is not summed (lang/writes)

local all = {}
local function collect(paths)
	for _, path in ipairs(paths) do
		local header = path:match "[^.]*$"
		local names = {}
		for name in pairs(FIELDS[header]) do names[#names + 1] = name end
		table.sort(names)
		for _, name in ipairs(names) do
			local f = FIELDS[header][name]
			local evens_out = path == header or (header ~= "ipv4" or f.kind ~= "ip4")
			if not UNWRITTEN[name] and evens_out then all[#all + 1] = { path = path, header = header, name = name, f = f } end
		end
	end
end
collect(PATHS)
collect(WITHIN)

local together = {}
local function meet(a, b)
	local key = a .. " " .. b
	if together[key] == nil then
		together[key] = false
		for _, frame in ipairs(frames) do together[key] = together[key] or (frame.at[a] and frame.at[b] and true) end
	end
	return together[key]
end

-- Fields that may stand beside this one: of the same kind, or any.
local function beside(one, same)
	local t = {}
	for _, other in ipairs(all) do
		if other ~= one and meet(one.path, other.path) and (not same or (other.f.kind == one.f.kind)) then t[#t + 1] = other end
	end
	return t
end

local mine = lang.slice "0/2"

local function all_fields(name, operations, wanted, same, times)
	for o, op in ipairs(operations) do
		local wrong = {}
		for i, one in ipairs(all) do
			local others = beside(one, same)
			for t = 1, (times or 1) do
				if wanted(one.f) and #others > 0 and mine() then
					local other = others[(o * 7 + i * 3 + t * 5) % #others + 1]
					local no_tc = one.name == "type" and one.header == "eth" or other.name == "type" and other.header == "eth"
					local problem = tried(op, one.path, one.f, one.name, other.path, other.f, other.name, o + i + t, no_tc)
					if problem then wrong[#wrong + 1] = ("%s.%s beside %s.%s: %s"):format(one.path, one.name, other.path, other.name, problem) end
				end
			end
		end
		lang.check(name .. ": " .. op, wrong)
	end
end

local times = tonumber(os.getenv "LANG_TIMES" or 1) -- beside so many others each field stands
all_fields("fields", OPERATIONS, function() return true end, false, times)
all_fields("two of a kind", SAME, function() return true end, true, times)
all_fields("numbers", NUMBERS, function(f) return f.kind:find "^u" end, false, times)
lang.reasons(("%d tried, %d refused, %d runs"):format(counts.programs, counts.refused, counts.runs), reasons)
lang.done()
