-- What kernel code may not hold, and what the compiler says of it.
local diag = dofile "tests/diag/harness.lua"
local limit, settings = 5, { port = 80 }

diag.case("division", function(pkt) return pkt.len / 2 end)
diag.case("power", function(pkt) return pkt.len ^ 2 end)
diag.case("integral float literal", function(pkt) return pkt.len + 1e6 end)
diag.case("float literal", function(pkt) return pkt.len * 0.5 end)
diag.case("comparing with a float is fine", function(pkt)
	if pkt.len < 99.5 then return bpf.DROP end
end)
diag.case("arithmetic on nil", function()
	local n
	return n + 1
end)
diag.case("arithmetic on a boolean", function(pkt)
	local big = pkt.len > 100
	return big + 1
end)
diag.case("calling nil", function()
	local f
	f()
end)
diag.case("indexing nil", function()
	local t
	return t.x
end)
diag.case("assigning a captured variable", function(pkt)
	limit = pkt.len
end)
diag.case("assigning into a captured table", function(pkt)
	settings.port = pkt.len
end)
diag.case("assigning a global", function(pkt)
	a_global = pkt.len
end)
diag.case("an absent global", function()
	return no_such_thing(1)
end)
diag.case("a library that kernels have not", function()
	return os.time()
end)
diag.case("setmetatable", function()
	return setmetatable({}, nil)
end)
diag.case("close variable", function()
	local x <close> = nil
	return x
end)
diag.case("recursion", function(pkt)
	local function fact(n)
		if n < 2 then return 1 end
		return n * fact(n - 1)
	end
	return fact(pkt.len)
end)
diag.case("all errors, not just the first", function(pkt)
	local n
	local a = n + 1
	local b = pkt.len / 2
	return a + b
end)
diag.case("a field that is not there", function(pkt)
	return pkt.ipv4 and pkt.ipv4.ttll
end)
diag.case("a header that may be absent", function(pkt)
	return pkt.ipv4.ttl
end)
diag.case("a string verdict", function()
	return "drop"
end)
diag.case("comparing an address with text", function(pkt)
	local ip = pkt.ipv4
	if ip and ip.src == "10.0.0.1" then return bpf.DROP end
end)
diag.case("what a removed branch holds does not matter", function(pkt)
	if limit > 100 then return os.time() end
	return pkt.len > limit and bpf.DROP or bpf.PASS
end)

local whole = 2.0
diag.case("a captured float", function(pkt) return pkt.len + whole end)

diag.case("a misspelt function of strings", function(pkt) return string.fromat("%d", pkt.len) == "60" and bpf.DROP end)
diag.done()
