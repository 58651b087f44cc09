-- lines.lua - the lines that a function and those defined within it have code on, from its own bytecode, for
-- debug.getinfo knows only the lines of functions that exist.

local HEADER, ABSOLUTE = 32, -128        -- bytes before the main function; a line that is listed apart

local function reader(bytes)
	local at = HEADER + 1
	local r = {}
	function r.byte()
		at = at + 1
		return bytes:byte(at - 1)
	end
	function r.skip(n) at = at + n end
	function r.signed()
		local n = r.byte()
		return n > 127 and n - 256 or n
	end
	function r.size()                    -- seven bits each, the last byte marked
		local n = 0
		while true do
			local b = r.byte()
			n = n << 7 | b & 0x7f
			if b & 0x80 ~= 0 then return n end
		end
	end
	function r.text()
		local n = r.size()
		at = at + math.max(n - 1, 0)
		return n > 0 and bytes:sub(at - n + 1, at - 1) or nil
	end
	return r
end

local function constants(r)
	for _ = 1, r.size() do
		local kind = r.byte()
		if kind == 0x03 or kind == 0x13 then
			r.skip(8)
		elseif kind == 0x04 or kind == 0x14 then
			r.text()
		end
	end
end

local function fn(r, outer, tell)
	local source = r.text() or outer
	local line = r.size()
	r.size()                             -- the last line
	r.skip(1)                            -- parameters
	local first = r.byte() ~= 0 and 2 or 1 -- what takes the varargs has no line of its own
	r.skip(1)                            -- registers
	local ncode = r.size()
	r.skip(4 * ncode)
	constants(r)
	r.skip(3 * r.size())                 -- upvalues
	for _ = 1, r.size() do fn(r, source, tell) end
	local deltas, listed = {}, {}
	for i = 1, r.size() do deltas[i] = r.signed() end
	for _ = 1, r.size() do
		local pc = r.size()
		listed[pc + 1] = r.size()
	end
	for _ = 1, r.size() do r.text() r.size() r.size() end
	for _ = 1, r.size() do r.text() end
	for i, delta in ipairs(deltas) do
		line = delta == ABSOLUTE and listed[i] or line + delta
		if i >= first and i < ncode then tell(source, line) end -- the last one is the return that each function has
	end
end

return function(f, tell) fn(reader(string.dump(f)), nil, tell) end
