#!/bin/sh
# How a run of generated programs ends: what was never met, what was too much.
. tests/tap.sh
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# ---- the report of what was met ----

cat >"$work/cover.lua" <<'END'
local cover, file = dofile "tests/fuzz/cover.lua", ...
local function write(lines, but)
	local f = assert(io.open(file, "w"))
	for i, line in ipairs(lines) do
		if i ~= but then f:write("3 ", line, "\n") end
	end
	f:close()
	return cover.report(file)
end
local text, n = write {}
local all = {}
for kind, names in text:gmatch "(%l+)[^\n]-; never: ([^\n;]*)" do
	for name in (names .. ", "):gmatch "(.-), " do all[#all + 1] = (kind == "operations" and "op " or "ins ") .. name end
end
assert(#all == n and n > 150, n)
text, n = write(all)
assert(n == 0 and not text:find "never:", text)
for _, but in ipairs { 1, #all // 2, #all } do
	text, n = write(all, but)
	local name = all[but]:match " (.*)"
	assert(n == 1 and text:find("; never: " .. name .. "\n", 1, true), text)
end
table.insert(all, "op nop") -- a row says that no program shows it
text, n = write(all)
assert(n == 0 and text:find "said to be shown by none: nop", text)
END
check "what was met, and what not" "$BUILD/perigee" "$work/cover.lua" "$work/counts"

# ---- a run ----

run() { # how many are enough, options of a run of two programs
	enough=$1
	shift
	ENOUGH=$enough tests/fuzz/run 2 2100 "$@" >"$work/out" 2>&1
	echo "status $?, $(grep -c "^=== 2 programs, and what they never met" "$work/out")"
}

same "too few programs to meet all" "$(run 3)" "status 0, 0"
same "enough, and not all was met" "$(run 2)" "status 1, 1"
same "... of some kinds only" "$(run 2 forms=numbers)" "status 0, 0"

# ---- programs that are too much ----

cat >"$work/much.lua" <<'END'
local program, step, n = bpf.program, tonumber(os.getenv "STEP"), 0
function bpf.program(hook, options, f)
	n = n + (options.name == "fuzz" and 1 or 0) -- not what asks what the kernel can
	if n % step == 0 and options.name == "fuzz" then error "there are more ways through it than the verifier looks at" end
	return program(hook, options, f)
end
dofile "tests/fuzz/lang.lua"
END
much() { # each which, of how many, options
	STEP=$1 "$BUILD/perigee" "$work/much.lua" "$2" 2100 $3 2>"$work/err" | grep "^too much:"
}
same "no seed" "$(much 2 1)" ""
same "the seeds of those that were too much" "$(much 2 6)" "too much: 2101 2103 2105"
same "... at most 20" "$(much 1 30 quick)" "too much: $(seq -s ' ' 2100 2119)"
plan
