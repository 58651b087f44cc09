-- Ways that nobody goes, since what is tested on them is the contrary of what was tested before: nothing is said under `strict` of what
-- would be nil there. Where such a way is left, it is.
local diag = dofile "tests/diag/harness.lua"
local strict = { strict = true }
local PASS, DROP = bpf.PASS, bpf.DROP

local spec = { [0] = { name = "read", args = { "fd", "buf" } }, [3] = { name = "close", args = { "fd" } } }
local some = { [0] = { name = "read", args = { "fd", "buf" } }, [3] = { name = "close", args = { "fd" } }, [4] = { name = "exit" } }
local lists = { n = { 1, 2 }, s = { 3 } }
local equals = { { 1, 2 }, { 3, 4 }, { 5, 6 } }
local roles = { admin = { "ssh", "redis" }, web = { "http" } }
local hosts = { [22] = "admin", [80] = "web" }

-- never nil
diag.case("a list of a row that was tested", function(pkt)
	local s = spec[pkt.len]
	if not s then return PASS end
	for i, a in ipairs(s.args) do print(i, a) end
	return PASS
end, strict)
local many = {}
for i = 1, 20 do many[i * 5] = { name = "n" .. i, args = { "a" .. i, "b" } } end
diag.case("a list of one of many rows, which was tested", function(pkt)
	local s = many[pkt.len]
	if not s then return PASS end
	for i, a in ipairs(s.args) do print(i, a) end
	return PASS
end, strict)
diag.case("a list under one of two keys", function(pkt)
	local k = pkt.tcp and "n" or "s"
	for _, v in ipairs(lists[k]) do if v == pkt.len then return DROP end end
	return PASS
end, strict)
diag.case("a list under a key that was looked up and tested", function(pkt)
	local role = hosts[pkt.len]
	if not role then return DROP end
	for _, name in ipairs(roles[role]) do if pkt.len == #name then return PASS end end
	return DROP
end, strict)
diag.case("a list under a key that was looked up, or another", function(pkt)
	local role = hosts[pkt.len] or "web"
	for _, name in ipairs(roles[role]) do if pkt.len == #name then return PASS end end
	return DROP
end, strict)
diag.case("one of two headers", function(pkt)
	if pkt.tcp or pkt.udp then
		local l4 = pkt.tcp or pkt.udp
		return l4.dport > 3 and DROP or PASS
	end
	return PASS
end, strict)
diag.case("one of three headers", function(pkt)
	local tcp, udp, icmp = pkt.tcp, pkt.udp, pkt.icmp
	if not (tcp or udp or icmp) then return PASS end
	local l4 = tcp or udp or icmp
	return #l4.payload > 9 and DROP or PASS
end, strict)
diag.case("one of two headers, by another variable", function(pkt)
	local ip = pkt.ip
	if not ip then return PASS end
	local name = ip.tcp and "tcp" or ip.udp and "udp"
	if not name then return PASS end
	local l4 = ip.tcp or ip.udp
	return l4.dport == 22 and DROP or PASS
end, strict)
diag.case("one of two headers, by a port", function(pkt)
	local tcp, udp = pkt.tcp, pkt.udp
	local port = tcp and tcp.dport or udp and udp.dport
	if not port then return PASS end
	if port == 22 and (tcp or udp).sport < 1024 then return DROP end
	return PASS
end, strict)
diag.case("one of two headers, before the test", function(pkt)
	local l4 = pkt.tcp or pkt.udp
	local name = pkt.tcp and "tcp" or pkt.udp and "udp"
	if not name then return PASS end
	return l4.dport > 3 and DROP or PASS
end, strict)

-- perhaps nil
diag.case("a list of a row that was not tested", function(pkt)
	local s = spec[pkt.len]
	for i, a in ipairs(s.args) do print(i, a) end
	return PASS
end, strict)
diag.case("a list that one of the rows has not", function(pkt)
	local s = some[pkt.len]
	if not s then return PASS end
	for i, a in ipairs(s.args) do print(i, a) end
	return PASS
end, strict)
diag.case("a list under any number", function(pkt)
	for _, v in ipairs(equals[pkt.len]) do if v == pkt.len then return DROP end end
	return PASS
end, strict)
diag.case("a list under one of two keys, one of which is none", function(pkt)
	local k = pkt.tcp and "n" or "e"
	for _, v in ipairs(lists[k]) do if v == pkt.len then return DROP end end
	return PASS
end, strict)
diag.case("a list that no turn may have found", function(pkt)
	local t
	for i = 1, pkt.len & 3 do t = equals[i] end
	for _, v in ipairs(t) do if v == pkt.len then return DROP end end
	return PASS
end, strict)
diag.case("one of two headers, of which one was not tested", function(pkt)
	if pkt.tcp or pkt.icmp then
		local l4 = pkt.tcp or pkt.udp
		return #l4.payload > 9 and DROP or PASS
	end
	return PASS
end, strict)
diag.case("one of two headers, on the other way of the test", function(pkt)
	local name = pkt.tcp and "tcp" or pkt.udp and "udp"
	local l4 = pkt.tcp or pkt.udp
	if not name then return l4.dport > 3 and DROP or PASS end
	return PASS
end, strict)
diag.case("one of two headers, by a variable that says of a third, too", function(pkt)
	local name = pkt.tcp and "tcp" or pkt.udp and "udp" or pkt.icmp and "icmp"
	local l4 = pkt.tcp or pkt.udp
	if not name then return PASS end
	return l4.dport > 3 and DROP or PASS
end, strict)
diag.done()
