-- What is said of packets that are moved, and of what was found in them before.
local diag = dofile "tests/diag/harness.lua"

diag.case("a header from before", function(pkt)
	local ip = pkt.ip
	pkt:adjust_tail(-4)
	if ip and ip.ttl == 1 then return bpf.DROP end
end)
diag.case("a payload from before, written", function(pkt)
	local rest = pkt.payload
	pkt:adjust_head(4)
	rest:set_u8(0, 1)
end)
diag.case("around a loop", function(pkt)
	local ip = pkt.ip
	for i = 1, pkt.len do
		if ip and ip.ttl == i then return bpf.DROP end
		pkt:adjust_tail(1)
	end
end)
diag.case("from an inner function", function(pkt)
	local function cut() pkt:adjust_tail(-4) end
	local udp = pkt.udp
	cut()
	return udp and udp.sport == 7 and bpf.DROP or bpf.PASS
end)
diag.case("in a variable that functions share", function(pkt)
	local ip = pkt.ip
	local function set() ip = pkt.ip end
	local function use() return ip and ip.ttl end
	if pkt.len > 100 then set() end
	pkt:adjust_tail(-4)
	return use() == 4 and bpf.DROP or bpf.PASS
end)
diag.case("in a table", function(pkt)
	local t = { ip = pkt.ip }
	if pkt.len > 7 then t.ip = nil end
	pkt:adjust_tail(-4)
	if t.ip and t.ip.ttl == 4 then return bpf.DROP end
end)
diag.case("one of two results, moved within pcall", function(pkt)
	local function both() return pkt.ip, pkt.udp end
	local ip, udp = both()
	pcall(function() pkt:adjust_tail(-4) end)
	if udp and udp.dport == 3 then return bpf.DROP end
end)
diag.case("around gmatch", function(pkt)
	for word in pkt.payload:gmatch "%a+" do
		if word == "x" then pkt:adjust_tail(-4) end
	end
end)
diag.case("a long string from before", function(pkt)
	local text = pkt.payload:sub(1)
	pkt:adjust_tail(-1)
	return text:find "abc" and bpf.DROP or bpf.PASS
end)
diag.case("only whether it was there", function(pkt)
	local ip = pkt.ip
	pkt:adjust_tail(-4)
	if ip then return bpf.DROP end
	return bpf.PASS
end)
diag.case("looked up again", function(pkt)
	local ip = pkt.ip
	if ip and ip.ttl == 1 then return bpf.DROP end
	pkt:adjust_tail(-4)
	ip = pkt.ip
	return ip and ip.ttl == 2 and bpf.DROP or bpf.PASS
end)
diag.case("compared afterwards", function(pkt)
	local ip = pkt.ipv4
	pkt:adjust_tail(-4)
	return ip == pkt.ipv4 and bpf.DROP or bpf.PASS
end)
diag.case("a head by what is not known", function(pkt) pkt:adjust_head(pkt.len - 60) end)
diag.case("the tail of a header", function(pkt) local ip = pkt.ip if ip then ip:adjust_tail(1) end end)
diag.case("a copy", function(pkt) pkt:clone "lo" end)

diag.kind = "tc"
diag.case("a head", function(pkt) pkt:adjust_head(-4) end)
diag.case("a copy to nowhere", function(pkt) pkt:clone "nosuch" end)
diag.case("a copy elsewhere", function(pkt) pkt:clone("lo", "egress") end)

diag.kind = "socket"
diag.case("on a socket", function(pkt) pkt:adjust_tail(-4) end)
diag.done()
