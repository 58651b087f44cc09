-- What is legal and surely not meant: results that nobody uses, ways without a verdict, lines that nothing leads to.
local diag = dofile "tests/diag/harness.lua"
diag.carets = true

local hits = bpf.map { "hash", key = "u32", value = "u64", entries = 16 }
local devices = bpf.map { "devmap_hash", entries = 4 }
local debug_mode = false

-- ---- results ----

diag.case("a redirect that is no verdict", function(pkt)
	if pkt.len > 500 then pkt:redirect("lo") end
end)
diag.case("a redirect through a map", function(pkt)
	devices:redirect(pkt.len)
	return bpf.DROP
end)
diag.case("what only gives", function(pkt)
	hits:get(pkt.len)
	math.max(pkt.len, 3)
	pkt:u8(3)
	tostring(pkt.len)
end)
diag.case("a method of several views", function(pkt)
	local l4 = pkt.tcp or pkt.udp
	if l4 then l4:u8(3) end
end)
diag.case("what does something as well", function(pkt)
	hits:add(pkt.len, 1)
	pkt:set_u8(3, 3)
	print(pkt.len)
	assert(pkt.len > 3)
	pcall(function() error "x" end)
	bpf.random()
end)
diag.case("kept, and not used", function(pkt)
	local now = bpf.ktime()
	if debug_mode then print(now) end
end)

-- ---- verdicts ----

diag.case("a way without a verdict", function(pkt)
	if pkt.len > 500 then return bpf.PASS end
	if pkt.len > 400 then return bpf.DROP end
end)
diag.case("in one line", function(pkt) if pkt.len > 500 then return bpf.PASS end end)
diag.case("all ways have one", function(pkt)
	if pkt.len > 500 then return bpf.PASS else return bpf.DROP end
end)
diag.case("the others are told from it", function(pkt)
	if pkt.len > 500 then return bpf.DROP end
end)
diag.case("said by returning nothing", function(pkt)
	if pkt.len > 500 then return bpf.PASS end
	if pkt.len > 400 then return end
	return bpf.DROP
end)
diag.case("only an inner function does", function(pkt)
	local function verdict() if pkt.len > 3 then return bpf.PASS end end
	if verdict() then hits:add(1, 1) end
end)
diag.kind = "tracepoint:raw_syscalls:sys_enter"
diag.case("where there are none", function(e)
	if e.id == 3 then return end
	hits:add(e.id, 1)
end)
diag.kind = "xdp"

-- ---- lines ----

diag.case("behind a loop without an end", function(pkt)
	while true do
		if pkt.len > 3 then return bpf.DROP end
	end
	hits:add(1, 1)
end)
diag.case("behind a return", function(pkt)
	do return bpf.PASS end
	return bpf.DROP
end)
diag.case("in a loop", function(pkt)
	for i = 1, pkt.len do
		hits:add(i, 1)
		goto next
		hits:add(i, 2)
		::next::
	end
	repeat
		do return bpf.PASS end
		hits:add(1, 1)
	until pkt.len > 3
end)
diag.case("put aside", function(pkt)
	if false then hits:add(1, 1) end
	if debug_mode then hits:add(2, 1) end
	while false do hits:add(3, 1) end
end)
diag.case("ends of what returns", function(pkt)
	for i = 1, pkt.len do
		if i > 3 then return bpf.PASS else return math.min(i, 2) == 1 and bpf.DROP or bpf.PASS end
	end
	for _, v in pairs(hits) do
		if v then return bpf.DROP else return bpf.PASS end
	end
	while true do
		if pkt.len > 3 then return bpf.DROP else return tostring(pkt.len) == "3" and bpf.DROP or bpf.PASS end
	end
end)

diag.case("strict", function(pkt)
	if pkt.len > 500 then pkt:redirect("lo") end
	if pkt.len > 400 then return bpf.PASS end
	do return bpf.DROP end
	hits:add(1, 1)
end, { strict = true })

-- ---- lines behind what goes elsewhere, or raises ----

local error = error
diag.case("behind goto", function(pkt)
	if pkt.len > 4 then
		goto out
		hits:add(1, 1)
	end
	::out::
	return bpf.PASS
end)
diag.case("behind goto, in a block", function(pkt)
	if pkt.len > 4 then goto out end
	do
		goto out
		hits:add(2, 1)
		for i = 1, 3 do hits:add(i, 1) end
	end
	::out::
	return bpf.PASS
end)
diag.case("behind break", function(pkt)
	for i = 1, pkt.len do
		hits:add(i, 1)
		do break end
		hits:add(i, 2)
	end
	while pkt.len > 3 do
		do break end
		if pkt.len > 4 then hits:add(3, 1) end
	end
end)
diag.case("behind an error", function(pkt)
	if pkt.len > 4 then
		error("too long")
		hits:add(1, 1)
		if pkt.len > 5 then return bpf.DROP end
	elseif pkt.len > 3 then
		error(pkt.len > 3 and "long" or "short")
		hits:add(2, 1)
	end
	assert(false, "not this one")
	return bpf.PASS
end)
diag.case("nil asserted", function(pkt)
	assert(nil)
	return bpf.PASS
end)
diag.case("behind what may go on", function(pkt)
	for i = 1, pkt.len do
		if i > 3 then break end
		if i > 4 then goto next end
		if i > 5 then error("far") elseif i > 6 then return else hits:add(1, 1) end
		if i > 7 then
			error("far")
			return
		end
		assert(i > 8 and false, "far")
		hits:add(i, 1)
		::next::
	end
	local v = pkt.len > 4 and 3 or error("none")
	assert(debug_mode, "off")
	hits:add(v, 1)
end)
diag.case("put aside by a constant", function(pkt)
	if true then hits:add(1, 1) else hits:add(2, 1) end
	for i = 1, 3 do
		if true then
			if i > pkt.len then break end
		else
			hits:add(3, 1)
		end
		if true then
			do break end
		else
			hits:add(4, 1)
		end
	end
	if true then return bpf.PASS else return bpf.DROP end
end)
diag.case("other functions of these names", function(pkt)
	local error, assert = math.abs, hits.get
	error(pkt.len)
	assert(hits, 1)
	do local e = error end
	hits:add(3, 1)
end)
diag.case("an error that is computed", function(pkt)
	local n = pkt.len
	if n > 4 then
		error(n == 5 and "five" or "long")
		hits:add(1, 1)
	end
	do local e = error if e then hits:add(2, 1) end end
	hits:add(3, 1)
end)

local none = 0
diag.case("by 0", function(pkt)
	if pkt.len // 0 > 1 then return bpf.DROP end
	if pkt.len % none > 1 then return bpf.DROP end
	for i = 1, pkt.len, 0 do hits:add(i, 1) end
end)
diag.case("by 0, tested or caught", function(pkt)
	local function part(n) return n == 0 and 0 or pkt.len // n end
	local function half(n) return pkt.len // n end
	if none ~= 0 and pkt.len // none > 1 then return bpf.DROP end
	local ok = pcall(function() return pkt.len % 0 end)
	if part(0) + half(pkt.len > 3 and 0 or 2) > 3 or ok then return bpf.DROP end
end)
diag.text("without its source", "return function(p) do goto out p:u8(3) end ::out:: end")
diag.done()
