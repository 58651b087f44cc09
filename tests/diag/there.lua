-- Elements of lists that loops fill, under `strict`: nothing is said where a test of the length, or of another element, shows
-- that they are there, and where they may not be, it is.
local diag = dofile "tests/diag/harness.lua"
local strict = { strict = true }

-- Of a list of tables (@ is `.n`), and of one of numbers (@ is nothing).
local function both(name, code)
	for _, form in ipairs { { "tables", "{ n = b, at = i }", ".n" }, { "numbers", "b", "" } } do
		local chunk = ("return function(pkt) local t = {}\nfor i = 1, 10 do local b = pkt:u8(i) if b and b > 7 then t[#t + 1] = %s end end\n%s\nend")
			:format(form[2], (code:gsub("@", form[3])))
		diag.text(name .. ", " .. form[1], chunk, strict)
	end
end

-- there
both("the greatest, behind a test of the length", [[
if #t == 0 then return end
local best = 1
for i, r in ipairs(t) do if r@ > t[best]@ then best = i end end
return t[best]@ > 3 and bpf.DROP or nil]])
both("the greatest, the length in a local", [[
local n = #t
if n == 0 then return end
local best = 1
for i = 2, n do if t[i]@ > t[best]@ then best = i end end
return t[best]@ > 3 and bpf.DROP or nil]])
both("the greatest, none at first", [[
local best
for i, r in ipairs(t) do if not best or r@ > t[best]@ then best = i end end
return best and t[best]@ > 3 and bpf.DROP or nil]])
both("the greatest, 0 at first", [[
local best = 0
for i, r in ipairs(t) do if best == 0 or r@ > t[best]@ then best = i end end
return best > 0 and t[best]@ > 3 and bpf.DROP or nil]])
both("the greatest by its value", [[
if #t > 0 then
	local most, least = t[1]@, t[1]@
	for _, r in ipairs(t) do most = math.max(most, r@) if r@ < least then least = r@ end end
	return most - least > 3 and bpf.DROP or nil
end]])
both("the first and the last", [[
if #t > 0 and t[#t]@ > 3 then return bpf.DROP end
if #t ~= 0 and t[#t]@ == 2 then return bpf.DROP end
if #t > 0 then return t[1]@ > 3 and bpf.DROP or nil end]])
both("neighbours", [[
if #t > 1 then return t[#t]@ - t[#t - 1]@ > 3 and bpf.DROP or nil end
if not (#t >= 1) then return end
return t[1]@ > 3 and bpf.DROP or nil]])
both("another element tested", [[
if t[2] and t[2]@ > t[1]@ then return bpf.DROP end]])
both("a test in a local", [[
local has = #t > 0
if has and t[1]@ > 3 then return bpf.DROP end
local many = #t > 2 and t[1]@ > 4
if many then return t[3]@ > 3 and bpf.DROP or nil end]])
both("where it would have raised", [[
if pkt.len > 100 then
	assert(#t > 0)
elseif #t == 0 then
	error "none"
end
return t[1]@ > 3 and bpf.DROP or nil]])
both("counted down, and up", [[
local n, s = #t, 0
while n > 0 do s = s + t[n]@ n = n - 1 end
n = 1
while n <= #t do s = s + t[n]@ n = n + 1 end
for i = 1, math.min(#t, 3) do s = s + t[i]@ end
return s > 3 and bpf.DROP or nil]])
both("in the middle, and anywhere", [[
if #t > 0 and t[(#t + 1) // 2]@ > t[#t // 2 + 1]@ then return bpf.DROP end
if #t > 0 then return t[pkt.len % #t + 1]@ > 3 and bpf.DROP or nil end]])
both("by halving", [[
local lo, hi = 1, #t
while lo < hi do
	local m = (lo + hi) // 2
	if t[m]@ < 50 then lo = m + 1 else hi = m end
end
return lo > 3 and bpf.DROP or nil]])
both("the least of the rest", [[
local s = 0
for i = 1, #t do
	local m = i
	for j = i + 1, #t do if t[j]@ < t[m]@ then m = j end end
	s = s + m
end
return s > 3 and bpf.DROP or nil]])

both("the greatest of none, asked for behind a test", [[
local best = 1
for i, r in ipairs(t) do if r@ > t[best]@ then best = i end end
return #t > 0 and t[best]@ > 3 and bpf.DROP or nil]])

-- perhaps not there
both("untested", [[
return t[1]@ > 3 and bpf.DROP or nil]])
both("one more than was tested", [[
if #t > 0 then return t[2]@ > 3 and bpf.DROP or nil end]])
both("one less than was tested", [[
if #t > 0 then return t[#t - 1]@ > 3 and bpf.DROP or nil end]])
both("a test that says nothing", [[
if #t >= 0 then return t[#t]@ > 3 and bpf.DROP or nil end]])
both("the other way of the test", [[
if #t < 2 then return t[#t]@ > 3 and bpf.DROP or nil end]])
both("the greatest of none", [[
local best = 1
for i, r in ipairs(t) do if r@ > t[best]@ then best = i end end
return t[best]@ > 3 and bpf.DROP or nil]])
both("tested on one way", [[
local best = 1
if pkt.len > 100 then
	if #t == 0 then return end
	best = #t
end
return t[best]@ > 3 and bpf.DROP or nil]])
both("behind the last", [[
local n = 1
while n <= #t do n = n + 1 end
return t[n]@ > 3 and bpf.DROP or nil]])
both("a test of either", [[
local some = #t > 0 or pkt.len > 100
if some then return t[1]@ > 3 and bpf.DROP or nil end]])
both("the length of another list", [[
local u = {}
for i = 1, 4 do u[#u + 1] = pkt:u8(i) or 0 end
if #u > 0 then return t[1]@ > 3 and bpf.DROP or nil end]])
both("a number of a list before", [[
local best = 0
for k = 1, 3 do
	local u = {}
	for i = 1, 3 do local b = pkt:u8(i * k) if b and b > 7 then u[#u + 1] = b end end
	if best > 0 and u[best] > 3 then return bpf.DROP end
	best = #u
end
return best > #t and bpf.DROP or nil]])

-- A field of a list's tables, which they have or not.
local function field(name, code)
	local chunk = ("return function(pkt) local t, s = {}, 0\nfor i = 1, 5 do local b = pkt:u8(i) if b then t[#t + 1] = { n = b } end end\n" ..
		"for i, r in ipairs(t) do if r.n > 7 then r.c = i end end\n%s\nreturn s > 3 and bpf.DROP or nil end"):format(code)
	diag.text(name, chunk, strict)
end

-- there
field("a field given something", "for _, r in ipairs(t) do if not r.c then r.c = 0 end r.c = r.c + 1 end")
field("a field tested", [[
for _, r in ipairs(t) do if r.c and r.n > r.c then s = s + r.c end end
for _, r in ipairs(t) do r.c = (r.c or 0) + 1 s = s + r.c * 2 end
if #t > 0 and t[1].c then s = s + t[1].c end]])
-- perhaps not
field("a field untested", "for i, r in ipairs(t) do s = s + r.c end")
field("a field of another element tested", [[
for i, r in ipairs(t) do
	local before = t[i - 1]
	if before and before.c then s = s + r.c end
end]])
field("a field tested, but written", [[
for i, r in ipairs(t) do
	if r.c then
		if r.n > 200 then r.c = nil end
		s = s + r.c
	end
end]])
field("a field tested, but written of another element, which may be that one", [[
for i, r in ipairs(t) do
	if r.c then
		for k = 1, #t do t[k].c = nil end
		s = s + r.c
	end
end]])
field("a field tested in the turn before", [[
local had = false
for i, r in ipairs(t) do
	if had then s = s + r.c end
	had = r.c ~= nil
end]])
diag.done()
