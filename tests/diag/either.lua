-- Conditions that only ever go one way, and fields that a captured table has by another name.
local diag = dofile "tests/diag/harness.lua"
diag.carets = true

local cfg = { limit = 100, verdict = bpf.DROP, port = 22 }
local hits = bpf.map { "hash", key = "u32", value = "u64", entries = 16 }

-- ---- or with a constant ----

diag.case("or a number", function(pkt)
	if pkt.len == 5 or 6 then return bpf.DROP end
end)
diag.case("or a text", function(pkt)
	local tcp = pkt.tcp
	if (tcp and tcp.payload:sub(1, 4) == "GET " or "POST") and pkt.len > 60 then return bpf.DROP end
end)
diag.case("or one of several", function(pkt)
	local n = pkt.len
	while n == 5 or n == 6 or 7 do
		n = n + 1
		if n > 100 then break end
	end
end)
diag.case("or a number, as a value", function(pkt)
	local n = pkt.tcp and pkt.tcp.dport or 80
	if (pkt.udp and pkt.udp.dport or 53) == 53 then n = 0 end
	if pkt.len == n then end
	if not (pkt.len == 5) then end
	if pkt.len == 5 or pkt.len == 6 then return bpf.DROP end
	hits[n] = n == 5 and 1 or 6
end)

-- ---- what type gives ----

diag.case("a kind that there is not", function(pkt)
	local v = pkt.tcp and pkt.len
	if type(v) == "integer" then return bpf.DROP end
	if type(v) ~= "nubmer" then return bpf.DROP end
	if type(pkt.len) == "int" then return bpf.DROP end
	if math.type(v) == "int" then return bpf.DROP end
	if "Float" == math.type(pkt.len) then return bpf.DROP end
	if type(v) == "record" then return bpf.DROP end
end)
diag.case("a kind that there is", function(pkt)
	local v = pkt.tcp and pkt.len
	if type(v) == "number" or math.type(v) == "integer" or type(v) == "userdata" then return bpf.DROP end
	if type(v) == "thread" or math.type(v) == "float" or type(v) == type(pkt) then return bpf.DROP end
end)

-- ---- fields ----

diag.case("a misspelt field, returned", function(pkt)
	if pkt.len > 100 then return cfg.verdct end
end)
diag.case("a misspelt field, stored", function(pkt) hits[1] = cfg.limt end)
diag.case("a misspelt field, compared", function(pkt)
	if pkt.len == cfg.limt then return bpf.DROP end
end)
diag.case("a field that may not be there", function(pkt)
	if cfg.limits or cfg.ports == nil then hits:add(1, 1) end
	local n = cfg.limt or 5
	if cfg.verdicts then return cfg.verdicts end
	hits[2] = n
	return cfg.other
end)
diag.done()
