-- Functions: inner ones that share variables, several results, extra arguments, calls in tail position.

-- The arguments of a call, one of several results for the last ones where that fits.
local function add_args(e, f, scope, d)
	local n = #f.params + (f.vararg and random(0, 2) or 0)
	for i = 1, n do
		if i > 1 then e[#e + 1] = ", " end
		if i == n and f.vararg and scope.varargs and chance(30) then
			e[#e + 1] = "..."
		elseif i == n and f.vararg and d > 0 and chance(30) then
			e[#e + 1] = call(pick { "any", "int" }, scope, d - 1, true) or any(scope, d - 1)
		else
			e[#e + 1] = expr(f.params[i] or "any", scope, d - 1)
		end
	end
	e[#e + 1] = ")"
	return e
end

-- A call of a known function whose first result is of the sort; in the middle of an expression only that is used.
function call(sort, scope, d, open)
	local f = visible(scope, function(v) return v.sort == "fn" and v.results[1] == sort end)
	if not f then return nil end
	local e = add_args(E(sort, f.name, "("), f, scope, d)
	return open and e or E(sort, "(", e, ")")
end

function known_function(scope, accept)
	return visible(scope, function(v) return v.sort == "fn" and (not accept or accept(v)) end)
end

-- local a, b = f(...)
local function several(scope)
	local f = known_function(scope, function(v) return #v.results > 1 end)
	if not f then return assign(scope) end
	local e = add_args(E(f.results[1], f.name, "("), f, scope, 1)
	local names = {}
	for i = 1, #f.results do names[i] = declare(scope, f.results[i]).name end
	if chance(30) then names[#names + 1] = declare(scope, "any").name end
	return S("local ", table.concat(names, ", "), " = ", e)
end

-- v, w = f(...) of variables that are there
local function several_assigned(scope)
	local f = known_function(scope, function(v) return #v.results > 1 end)
	local a = f and assignable(scope, f.results[1])
	local b = a and assignable(scope, f.results[2])
	if not b then return several(scope) end
	return S(a.name, ", ", b.name, " = ", add_args(E(f.results[1], f.name, "("), f, scope, 1))
end

local function statement_call(scope)
	local f = known_function(scope)
	return f and S((add_args(E(f.results[1], f.name, "("), f, scope, 2))) or assign(scope)
end

local function selected(scope, d)
	if not scope.varargs then return nil end
	local n = chance(70) and pick { "1", "2", "3", "-1" } or E("int", "(", int(scope, d - 1), " & 3)")
	return E("any", "(select(", n, ", ", chance(30) and E("any", any(scope, 1), ", ...)") or "...)", ")")
end

-- What a function with extra arguments does first.
local function first(s)
	if chance(50) then return S("local ", declare(s, "any").name, ", ", declare(s, "any").name, " = ...") end
	if chance(40) then return S("local ", declare(s, "int").name, ' = select("#", ...)') end
	return S("local ", declare(s, "any").name, " = (select(", pick { "1", "2", "-1" }, ", ...))")
end

function function_scope(scope, f)
	return inner(scope, { fn = f, functions = (scope.functions or 0) + 1, loop = false, continue = false, out = false,
		varargs = f.vararg or false })
end

local function last(s, f)
	local alike = known_function(s, function(v) return table.concat(v.results, " ") == table.concat(f.results, " ") end)
	if alike and chance(25) then return S("return ", add_args(E(f.results[1], alike.name, "("), alike, s, 1)) end
	local r = S("return ")
	for i, sort in ipairs(f.results) do
		r[#r + 1] = i > 1 and ", " or ""
		r[#r + 1] = expr(sort, s, 2)
	end
	if f.vararg and chance(20) then r[#r + 1] = ", ..." end
	return r
end

-- local function f(a, b) ... return x, y end
local function function_(scope)
	if (scope.functions or 0) > 1 then return assign(scope) end
	local f = { params = {}, results = {}, vararg = chance(25) }
	local s = function_scope(scope, f)
	local names = {}
	for i = 1, random(0, 3) do
		f.params[i] = pick(g.passed)
		names[i] = declare(s, f.params[i], "a").name
	end
	for i = 1, random(1, 3) do f.results[i] = pick(g.passed) end
	if f.vararg then names[#names + 1] = "..." end
	local b = { t = "b" }
	if f.vararg then b[1] = first(s) end
	for _, one in ipairs(block(s, random(1, 3), true)) do b[#b + 1] = one end
	b[#b + 1] = last(s, f)
	b[#b].keep = true
	local v = declare(scope, "fn", "f", f)
	if chance(30) then
		return S("local ", v.name, " = function(", table.concat(names, ", "), ")\n", b, "end")
	end
	return S("local function ", v.name, "(", table.concat(names, ", "), ")\n", b, "end")
end

return {
	often = 90,
	int = {
		function(scope, d) return call("int", scope, d) end,
		function(scope, d) return call("int", scope, d) end,
		function(scope, d) return scope.varargs and E("int", '(select("#", ...))') end,
	},
	bool = { function(scope, d) return call("bool", scope, d) end },
	any = {
		function(scope, d) return call("any", scope, d) end, selected,
		function(scope) return scope.varargs and E("any", "(...)") end,
	},
	flat = { several, several, several_assigned, statement_call, statement_call },
	nested = { function_, function_, function_ },
	world = function(_, env) env.select = select end,
}
