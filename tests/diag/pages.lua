-- Examples of docs/ir.md and docs/unit-tests.md. What the first shows of the IR is what `perigee dump` prints of a program
-- that is written here; the file of tests that the second quotes has these lines. (What its commands print: lua/testing.
-- What docs/hooks.md attaches: net/hooks. The example that docs/embedding.md is about is built and run by house/embed.)
local pages = dofile "tests/diag/lib_pages.lua"
local program = (os.getenv "BUILD" or "build") .. "/perigee"

-- The indented examples of a page, one string each, without their indentation.
local function indented(path)
	local list, lines = {}, nil
	for line in (pages.read(path) .. "\n\n"):gmatch "([^\n]*)\n" do
		if line:find "^    " then
			lines = lines or {}
			lines[#lines + 1] = line:sub(5)
		elseif lines then
			list[#list + 1], lines = table.concat(lines, "\n") .. "\n", nil
		end
	end
	return list
end

-- ---- the IR ----

local function dump(source)
	return pages.with_file(source, function(name)
		local text = pages.output(("%s dump --stage=infer %s"):format(program, name))
		return (text:gsub(name:gsub("%p", "%%%0"), "filter.lua"))
	end)
end

-- Without numbers, positions and names of operands, which an example may leave out.
local function shape(text)
	return (text:gsub(" @[^ \n]*", ""):gsub(" {[^\n]-}", ""):gsub("([vb])%d+", "%1"):gsub("\n +", "\n"):gsub("^ +", ""))
end

local IR = {
	{ "what a caught error is", shape, [[
bpf.program("xdp", function(pkt)
  local a, b = pkt:u8(1), pkt:u8(2)
  local ok, why = pcall(function() return a + b end)
  if not ok then print(why) end
end)]] },
	{ "what prints, reads back", function(text) return text end, [[
bpf.program("xdp", function(pkt)
  if pkt.ipv4 then return bpf.DROP end
end)]] },
}
local examples = indented "docs/ir.md"
pages.report(#examples == #IR, "docs/ir.md: each example has a program", #examples)
for i, row in ipairs(IR) do
	local text, wanted = row[2](dump(row[3])), row[2](examples[i] or "(none)")
	pages.report(text:find(wanted, 1, true), "docs/ir.md: " .. row[1], wanted .. "is not in\n" .. text)
end

-- ---- tests of what one writes ----

local file = "\n" .. pages.read "examples/sni_test.lua"
local quoted = indented "docs/unit-tests.md"
for line in quoted[1]:gmatch "[^\n]+" do
	if line ~= "..." then
		pages.report(file:find("\n" .. line .. "\n", 1, true), "docs/unit-tests.md: " .. line, "it is not in examples/sni_test.lua")
	end
end
pages.report(#quoted == 2 and quoted[2]:find "^%$ perigee test ", "docs/unit-tests.md: no other example", #quoted)
pages.done()
