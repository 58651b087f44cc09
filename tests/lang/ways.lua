-- Functions with more ways through them than the verifier looks at, by the form of loops that is tried first.
local lang = dofile "tests/lang/harness.lua"

lang.packets { name = "words, and their neighbours", inputs = lang.texts({ 0, 3, 9, 20, 46 }, { 1, 9 }), f = function(p)
	local w, n, same = { "", "", "", "" }, 0, 0
	for s in p:sub(15, 60):gmatch("%w+") do
		n = n + 1
		if n > 4 then break end
		w[n] = s
	end
	for i = 1, 3 do
		if w[i] == w[i + 1] then same = i end
	end
	return same, n
end }
lang.done()
