-- Captured tables of very many tables and functions: what helps hangs on what is done with them.
local diag = dofile "tests/diag/harness.lua"
diag.carets = true

local one = function(n) return n end
local rows, functions, beside, few, both, methods = {}, {}, {}, {}, {}, {}
for i = 1, 1000 do
	rows[i] = { id = i, name = "r" .. i }
	functions[i] = function() return i end
	beside[i] = i % 2 == 0 and i or rows[i]
	few[i] = i % 2 == 0 and i or one
	both[i] = i % 2 == 0 and functions[i] or rows[i]
	methods[i] = { id = i, f = function(self) return self.id + i end }
end

-- tables
diag.case("rows printed", function(p) local r = rows[p.len] print(r) end)
diag.case("a row as text", function(p) local r = rows[p.len] return tostring(r) == "" and bpf.DROP end)
diag.case("rows told apart", function(p)
	local r, q = rows[p.len], rows[p:u8(0)]
	return r == q and bpf.DROP
end)
diag.case("a row changed", function(p) local r = rows[p.len] r.id = 3 end)
diag.case("rows in order", function(p) local r = rows[p.len] return r and r < 0 and bpf.DROP end)
diag.case("rows unpacked", function(p) local r = rows[p.len] return select("#", table.unpack(r)) == 3 and bpf.DROP end)
diag.case("methods of rows", function(p) local r = methods[p.len] if r then return r:f() == 3 and bpf.DROP end end)
diag.case("functions in rows", function(p) local r = methods[p.len] if r then return r.f(r) == 3 and bpf.DROP end end)

-- functions
diag.case("functions called", function(p) return functions[p.len]() == 3 and bpf.DROP end)
diag.case("functions added to", function(p) local f = functions[p.len] return f and f + 3 == 3 and bpf.DROP end)
diag.case("functions told apart", function(p) local f = functions[p.len] return f == functions[3] and bpf.DROP end)
diag.case("functions tested", function(p) return functions[p.len] and bpf.DROP end)

-- beside numbers
diag.case("rows beside numbers, in order", function(p) local v = beside[p.len] if v and v < 3 then return bpf.DROP end end)
diag.case("the same, their type tested", function(p)
	local v = beside[p.len]
	if type(v) == "number" and v < 3 then return bpf.DROP end
end)
diag.case("rows beside numbers, joined", function(p) local v = beside[p.len] if v and "x" .. v == "x2" then return bpf.DROP end end)
diag.case("rows beside numbers, as a limit", function(p)
	local n = 0
	for i = 1, beside[p.len] or 3 do n = n + i end
	return n == 6 and bpf.DROP
end)
diag.case("the greatest of numbers and functions", function(p) local v = few[p.len] return math.max(v, 3) == 3 and bpf.DROP end)
diag.case("printed functions", function(p) local v = few[p.len] print(v) end)
diag.case("the same, their type tested, too", function(p) local v = few[p.len] if type(v) == "number" then print(v) end end)

-- tables beside functions
diag.case("functions beside rows", function(p)
	local v = both[p.len]
	if type(v) == "function" then return v() == 3 and bpf.DROP end
end)

-- A mistake on the line of the look-up is what is said.
diag.case("a mistake on the same line", function(p) local v = few[p.len] if type(v) == "function" then return v(55) end return bpf.PASS end)

-- What an attempt before had to say is not said of one that warns, and is compiled strictly.
diag.case("a mistake that is only warned of", function(p)
	local v = few[p.len]
	if type(v) == "number" and v < 3 then return bpf.DROP end
	local n = p:u8(900)
	if n > 3 then return bpf.DROP end
	return bpf.PASS
end, { strict = true })


-- What has no name is told by what finds it.
diag.case("rows joined, without a name", function(p) return "x" .. rows[p.len] == "x2" and bpf.DROP end)
diag.case("rows beside numbers, joined, without a name", function(p) return "x" .. beside[p.len] == "x2" and bpf.DROP end)
diag.case("the same, as the help says", function(p)
	local v = beside[p.len] if type(v) == "number" then return "x" .. v == "x2" and bpf.DROP end
end)
diag.case("rows joined, with a name", function(p) local r = rows[p.len] if r then return "x" .. r == "x2" and bpf.DROP end end)
diag.done()
