-- Unsigned words of 32 bits and fewer, which the compiler keeps in half registers: a sum is cut to 32 bits, or is compared,
-- stored or sent on as it is. A variable of the sort `word` is one.

local LOW = { "0xff", "0xffff", "0xffffffff", "0xffffffff", "0xffffffff", "0x7fffffff", "0xf" }
local WORDS = { "0", "1", "2", "7", "8", "16", "255", "256", "0xffff", "0x10000", "0x7fffffff", "0x80000000", "0x80000001",
	"0xfffffffe", "0xffffffff", "0xdeadbeef" }
local FACTORS = { "3", "7", "31", "255", "1000003" }
local READS = { { "u32", 4 }, { "u32", 4 }, { "le32", 4 }, { "u16", 2 }, { "u8", 1 } }

local word

local function read(scope)
	local r = pick(READS)
	return E("word", "(", bytes_of(scope), ":", r[1], "(", tostring(random(0, 60)), ") or ", pick(WORDS), ")")
end

local function cut(scope, d) return E("word", "(", int(scope, d - 1), " & ", pick(LOW), ")") end

-- What need not be cut, for no bit can leave the word.
local function within(scope, d)
	local k = random(4)
	if k == 1 then return E("word", "(", word(scope, d - 1), pick { " & ", " | ", " ~ " }, word(scope, d - 1), ")") end
	if k == 2 then return E("word", "(", word(scope, d - 1), " >> ", tostring(random(0, 31)), ")") end
	if k == 3 then return E("word", "(", word(scope, d - 1), pick { " // ", " % " }, pick { "1", "3", "7", "10", "16", "0xffff" }, ")") end
	return E("word", "(", bool(scope, d - 1), " and ", word(scope, d - 1), " or ", word(scope, d - 1), ")")
end

local function sum(scope, d)
	local op = pick { " + ", " - ", " * ", " * ", " + ", " - ", " << ", " ~ ", " | " }
	local b = op == " << " and tostring(random(0, 31)) or op == " * " and chance(40) and pick(FACTORS) or word(scope, d - 1)
	local e = E("word", "((", word(scope, d - 1), op, b, ") & 0xffffffff)")
	if chance(25) then return E("word", "(-", word(scope, d - 1), " & 0xffffffff)") end
	if chance(20) then return E("word", "(", e, pick { " // ", " % " }, "(", word(scope, d - 1), " | 1))") end
	return e
end

function word(scope, d)
	local e = d > 0 and chance(80) and pick { read, read, cut, within, within, sum, sum, sum }(scope, d)
	return e or chance(70) and var("word", scope) or E("word", pick(WORDS))
end

local function compare(scope, d)
	local op = pick { " < ", " <= ", " > ", " >= ", " == ", " ~= " }
	return E("bool", "(", word(scope, d - 1), op, chance(50) and word(scope, d - 1) or E("word", pick(WORDS)), ")")
end

-- What is cut for a comparison alone.
local function compare_cut(scope, d)
	local op = pick { " < ", " <= ", " > ", " >= ", " == ", " ~= " }
	local function low() return E("word", "(", int(scope, d - 1), " & 0xffffffff)") end
	return E("bool", "(", low(), op, chance(60) and low() or E("word", pick(WORDS)), ")")
end

local function put_word(scope)
	return S("OUT[", tostring(random(0, 20)), "] = ", word(scope, depth()))
end

-- a count of turns that wraps, or a checksum
local function add_up(scope)
	local v = visible(scope, function(v) return v.sort == "word" and not v.fixed end)
	local w = word(scope, 2)
	if not v then return S("local ", declare(scope, "word", "d").name, " = ", w) end
	return S(v.name, " = (", v.name, pick { " + ", " - ", " * 31 + ", " ~ " }, w, ") & 0xffffffff")
end

return {
	often = 40,
	int = {
		function(scope, d) return E("int", word(scope, d)) end,
		function(scope, d) return E("int", word(scope, d)) end,
		function(scope, d) return E("int", "(", word(scope, d - 1), pick { " + ", " - ", " * ", " << " }, word(scope, d - 1), ")") end,
	},
	bool = {
		compare, compare, compare, compare_cut, compare_cut,
		function(scope, d) return E("bool", "(", word(scope, d - 1), " & ", pick(WORDS), pick { " ~= ", " == " }, "0)") end,
	},
	flat = { put_word, add_up, add_up },
	sorts = { "word", "word" },
	passed = { "word" },
	make = { word = function(...) return word(...) end },
	simple = { word = { "0", "1" } },
}
