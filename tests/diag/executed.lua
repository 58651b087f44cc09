-- Every block "lua" of README.md, docs/tutorial.md and docs/language.md that is not marked as refused is run: lib_docs.lua
-- has its programs take frames in the kernel and as twins, until each of their lines has run; those that the kernel
-- cannot test-run are attached by lib_attach.lua. (What is refused: docs.lua.) It is all in a network namespace of the
-- test's own, and nothing is left behind.
local build = os.getenv "BUILD" or "build"
if not os.getenv "IN_NAMESPACE" then
	local command = ("IN_NAMESPACE=1 %s/tests/leak unshare -n %s/perigee %s"):format(build, build, arg[0])
	local _, _, status = os.execute(command)
	os.exit(status, true)
end
local pages = dofile "tests/diag/lib_pages.lua"

-- Lines that frames alone do not reach, by a text of the example, and why.
local UNREACHED = {
	{ 'local flows = bpf.map { "lru_hash", key = "u16"', "its flows are what the user half puts in" },
	{ "local sent = bpf.map", "each test run has a socket of its own, which keeps nothing yet" },
}
local function is_excused(example)
	for _, row in ipairs(UNREACHED) do
		if example.source:find(row[1], 1, true) then
			row.met = true
			return true
		end
	end
end

-- What is wrong with what `perigee test` said of an example; the second: how many programs are to be attached.
local function judge(example, text, good)
	if not good or not text:find("\n%d+ passed, 0 failed, in the kernel and by the twins\n") then return text end
	local elsewhere = tonumber(text:match "ok %d+ %- (%d+) of %d+ programs are attached elsewhere")
	local made = tonumber(text:match "of (%d+) programs are attached")
	if not made or made == 0 then return "it made no program\n" .. text end
	if elsewhere == 0 and text:find("ran; not line", 1, true) and not is_excused(example) then return text end
	return nil, elsewhere
end

local function run(example)
	local wrong, elsewhere = pages.with_file(example.source, function(name)
		local command = ("EXAMPLE=%s %s/perigee %%s"):format(name, build)
		local why, rest = judge(example, pages.output(command:format "test tests/diag/lib_docs.lua"))
		if why or rest == 0 then return why, rest end
		local text, good = pages.output(command:format "tests/diag/lib_attach.lua")
		if not good or not text:find(rest .. " attached", 1, true) then return text end
		return nil, rest
	end)
	pages.report(not wrong, example.name .. (elsewhere == 0 and " is run" or " is attached"), wrong)
end

for _, path in ipairs(pages.pages) do
	for _, example in ipairs(pages.examples(path)) do
		if example.how ~= "refused" then run(example) end
	end
end
for _, row in ipairs(UNREACHED) do pages.report(row.met, "there is an example of which " .. row[2], row[1]) end
pages.done()
