-- What lang/required requires: functions, rows and a method of its own.
local M = { limit = 7, rows = { { n = 3, name = "three" }, { n = 12, name = "twelve" } } }
M.__index = M
local hidden = 5

local function twice(a) return a * 2 end

function M.classify(a)
	if a > M.limit then return twice(a) + hidden end
	return a
end

function M.row(k)
	local r = M.rows[k]
	return r and r.n, r and #r.name
end

function M:over(a) return a > self.limit end

function M.checked(a)
	if a == 3 then error("three") end
	return a // (a - 2)
end

return M
