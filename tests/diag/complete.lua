-- Every text that the compiler can say of a function is in an expectation beside this file.
--
-- What is refused are the rows that the command prints; errors and warnings are the string literals of the
-- statements that report, in the sources of the passes.

-- Texts that no script can bring about, and why.
local unreachable = {
	["shared bod"] = "compiled anew with copies then",
	["calls deep"] = "likewise",
	["its methods are those that"] = "said with their names",
	["internal error"] = "a defect of the compiler",
	["this captured variable cannot be read"] = "the Lua module describes every value",
	["of a captured table cannot be read"] = "the Lua module describes every value",
	["compile it with debug information"] = "goes with the next",
	["has no debug information"] = "Lua's own compiler always says whose variables are captured",
	["capture a number, a text, a boolean or"] = "the Lua module describes every value",
	["let functions call each other less deep"] = "goes with it",
	["split the function between two programs"] = "depends on the kernel; tests/unit/test_bpf_code.c has it",
	["keep fewer strings and big entries"] = "goes with the next",
	["bytes of stack"] = "depends on the allocator; tests/unit/test_bpf_code.c has it",
	["jumps over more than 32767"] = "depends on the kernel; tests/unit/test_bpf_code.c has it",
	["more often than the verifier can follow"] = "depends on the kernel; tests/lua/command.sh has it",
	["give it a limit that is known here"] = "goes with it",
	["may take more turns than this kernel"] = "found when loading; tests/lua/command.sh has it",
	["any other loop needs an iterator"] = "goes with it",
	["this loop may be long, and while"] = "depends on the kernel; tests/lua/command.sh has it",
	["go round before, or after"] = "goes with it",
	["has more ways through it"] = "found when loading; tests/kernel/ways has it",
	["it follows each combination"] = "goes with it",
	["going over a map needs"] = "depends on the kernel; tests/fault/older.sh has it",
	["go over it in the user half, or keep what"] = "goes with it",
	["needs bpf_xdp_load_bytes"] = "depends on the kernel; tests/fault/older.sh has it",
	["leave the packet as long as it is"] = "goes with it",
	["this hook cannot copy packet bytes"] = "every hook there is has a helper",
}

local function read(command)
	local file = assert(io.popen(command))
	local text = file:read("a")
	file:close()
	return text
end

local sources = read "cat src/opt/*.[ch] src/stdlib/*.c src/net/*.c src/hook/event.c src/front/build*.c src/bpf/frame.c src/bpf/emit.c"
local expected = read "cat tests/diag/*.expect"

-- The literals of a statement, neighbours joined.
local function literals(statement)
	local list, at, open = {}, 1, nil
	while at <= #statement do
		local c = statement:sub(at, at)
		if c == '"' then
			local stop = at + 1
			while statement:sub(stop, stop) ~= '"' do
				stop = stop + (statement:sub(stop, stop) == "\\" and 2 or 1)
			end
			local text = statement:sub(at + 1, stop - 1):gsub("\\(.)", "%1")
			if open then list[#list] = list[#list] .. text else list[#list + 1] = text end
			open, at = true, stop
		elseif not c:find("%s") then
			open = nil
		end
		at = at + 1
	end
	return list
end

-- As a pattern: a conversion may be anything, on one line.
local function pattern(text)
	local p = text:gsub("%%[%d.*]*[lz]*[%a]", "\0"):gsub("%%%%", "%%")
	return (p:gsub("[%^%$%(%)%%%.%[%]%*%+%-%?]", "%%%0"):gsub("%z", "[^\n]-"))
end

local function allowed(text)
	for part in pairs(unreachable) do
		if text:find(part, 1, true) then return true end
	end
end

-- Where the statement from `at` on ends: its semicolon, or the line's end of a #define.
local function statement_end(at)
	local inside, define = false, sources:sub(at, at) == "#"
	while true do
		local c = sources:sub(at, at)
		if c == '"' then
			inside = not inside
		elseif c == "\\" and inside then
			at = at + 1
		elseif not inside and (c == ";" or c == "" or define and c == "\n") then
			return at
		end
		at = at + 1
	end
end

local n, failures, seen = 0, 0, {}
local function check(good, text)
	n = n + 1
	print(("%s %d - %s"):format(good and "ok" or "not ok", n, text))
	failures = failures + (good and 0 or 1)
end

-- The cells of the table: ... is anything, \\| a bar.
for row in read((os.getenv "BUILD" or "build") .. "/perigee dump --refusals"):gmatch "[^\n]+" do
	local text, help = row:gsub("\\|", "\0"):match "^| (.*) | (.*) |$"
	if text and not text:find "^Refused with" and text ~= "---" then
		for _, cell in ipairs { text, help } do
			local plain = cell:gsub("%z", "|")
			if not allowed(plain) then
				check(expected:find((plain:gsub("[%^%$%(%)%%%.%[%]%*%+%-%?]", "%%%0"):gsub("%%%.%%%.%%%.%f[^%%.]", "[^\n]-"))), plain)
			end
		end
	end
end

-- Words that only what is legal Lua is answered with.
local refusing = { "not there", "known only at run time", "kernel code" }
local function statements(of)
	for at in sources:gmatch("()" .. of) do
		local statement = sources:sub(at, statement_end(at))
		for _, text in ipairs(literals(statement)) do
			if text:find("%a%a+ %a%a") and not seen[text] then
				seen[text] = true
				for _, word in ipairs(refusing) do
					local chosen = text:find "is not there in %%s$" -- the row is: ir_cap_refusal
					if text:find(word, 1, true) and not chosen then check(false, "no row of the refusals: " .. text) end
				end
				if not allowed(text) then check(expected:find(pattern(text)) or expected:find(text, 1, true), text) end
			end
		end
	end
end
for _, call in ipairs { "infer_error%(", "flow_error%(", "diag_add%(", "MISTAKE%(" } do
	statements(call)
end

-- What Lua, or the user half, raises as well, or what is no matter of the language: verdicts, parameters, devices. Any other error
-- is legal Lua, and has a row.
local mistakes = {
	"^.- is always .- here and ", "^.- may be .- here and is ", "^.- is .- here and a piece of a text$", " here; a field of it cannot be assigned$",
	"^bad argument #", "^bad key for map", "^bad value for map", "^'.-' takes .- arguments? and gets %d+$", "^attempt to ",
	"has fewer arguments than its format", "^'.-' has no argument for ", "which has no literal form",
	"^'.-' is a method", "^it is the whole packet that ", "' is an array; its elements have numbers",
	"^.- has no field ", "^bpf has no '", "^a .- has no method '.-'$", "^there is no field ", "^a .- has no keys$", "^this map has no lock$", "^.- is stored in '.-', which holds ",
	"does not fit the ", "^.- is no verdict of ", "^.- is returned here, where ", "^bpf.REDIRECT alone", "^the function has %d parameter",
	"^the way is ", "out through the device, or to its", "^there is no network device", "is not an? .- address$", "' is no prefix$",
	"^the format of '.-': ", "^the pattern of '.-': ", "conversion", "^specifier ", "^invalid format ", -- those with a row are looked at without this
	"' of .- is not there in ", -- as '...' is not there in ...
}
local warned = { "^an? .- never equals", "never reached$", "^the global '.-' is nil here, and to look it up raises$", "^what '.-' gives is not used here$" } -- under `strict`
local rows = {}
for row in read((os.getenv "BUILD" or "build") .. "/perigee dump --refusals"):gmatch "[^\n]+" do
	local text = row:gsub("\\|", "\0"):match "^| (.*) | .* |$"
	local plain = text and text:gsub("%z", "|"):gsub("[%^%$%(%)%%%.%[%]%*%+%-%?]", "%%%0"):gsub("%%%.%%%.%%%.%f[^%%.]", ".-")
	if text and text ~= "---" then rows[#rows + 1] = "^" .. plain .. "$" end
end
local function any(text, patterns)
	for _, p in ipairs(patterns) do if text:find(p) then return p end end
end
local met = {}
for line in expected:gmatch "[^\n]+" do
	local text = line:match "^[^|]-: error: (.*)$"
	if text and not any(text, rows) and not any(text, warned) then
		local p = any(text, mistakes)
		if p then met[p] = true else check(false, "neither a row nor a mistake in Lua: " .. text) end
	end
end
for _, p in ipairs(mistakes) do check(met[p], "a mistake there is: " .. p) end

-- docs/language.md has an example of each kind of mistake, and every one is said of something.
local documented = {}
for text in read "cat docs/language.md":match "\n## Mistakes\n(.-)\n## ":gmatch "\n| (.-) | [^\n]+ |%f[\n]" do
	if not text:find "^Refused with" and text ~= "---" then
		local p = any(text, mistakes)
		check(p and expected:find(": error: " .. text .. "\n", 1, true), "a mistake that is documented: " .. text)
		if p then documented[p] = true end
	end
end
for _, p in ipairs(mistakes) do check(documented[p], "a documented mistake: " .. p) end

-- Every error that there is a case of says what to write instead: its last line is the help.
local error_text
for line in (expected .. "== \n"):gmatch "([^\n]*)\n" do
	local starts = line:find ": error: " or line:find "^== " or line:find ": warning: "
	if starts and error_text then check(false, "no help: " .. error_text) end
	if starts or line:find "^  help: " then error_text = line:match "^(.*: error: .*)$" end
end

check(n > 240, "as many texts found as there are")
print(("1..%d"):format(n))
os.exit(failures == 0, true)
