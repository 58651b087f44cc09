-- e.n = e.n + c: one atomic addition where that is the same, and read and written where it is not.
local lang = dofile "tests/lang/harness.lua"
local S = bpf.state { n = "u64", m = "i64", k = "u32" }
local M = bpf.map { "hash", name = "incr", key = "u32", value = "struct { u64 n; i64 m; }", entries = 4 }
local see = { { S, "n", "m", "k" }, M }
local function c(name, f, inputs) lang.case { name = name, f = f, inputs = inputs or lang.each(), see = see } end
c("added to a state", function(v) S.n = S.n + v S.m = v + S.m S.k = S.k + 1 return S.n, S.m end)
c("any kind added to a state", function(v) S.n = S.n + v return S.n end, lang.each(lang.kinds))
c("added to an entry", function(v) M[1] = { n = 3 } local e = M[1] e.n = e.n + v e.m = v + e.m return e.n, e.m end)
c("added to no entry", function(v) local e = M[v] e.n = e.n + v return 1 end)
c("written in between", function(v) local function w() S.n = 100 return v end S.n = S.n + w() return S.n end)
c("read before a loop", function(v) local o = S.n + 0 local old = S.n for i = 1, v do S.n = old + 1 end return S.n end, lang.each { 0, 1, 2, 3 })
c("in a loop", function(v) for i = 1, v do S.n = S.n + i end return S.n end, lang.each { 0, 1, 2, 3, 70 })
c("behind a branch", function(v) S.n = S.n + (v > 2 and v or 7) return S.n end)
c("itself", function(v) S.n = v S.n = S.n + S.n return S.n end)
c("another", function(v) S.m = v S.n = S.m + v return S.n, S.m end)
c("kept", function(v) local x = S.n + v S.n = x return x, S.n end)
c("old kept", function(v) local x = S.n S.n = x + v return x, S.n end)
c("two entries", function(v) M[1] = { n = 3 } M[2] = { n = 4 } local a, b = M[1], M[2] a.n = b.n + v return a.n, b.n end)
c("read in another way", function(v) M[1] = { n = 3 } local a, b = M[1], M[1] local x = a.n b.n = 9 a.n = x + v return a.n end)

-- Other CPUs see no step between reading and writing: how many additions are atomic (the error exit
-- has one of its own).
local function atomic(name, n, f)
	local prog = lang.program(name, "xdp", {}, f)
	if not prog then return end
	local _, found = prog:dump("asm"):gsub("lock [^\n]*", "")
	lang.check(name, found == n and {} or { ("%d atomic additions, not %d"):format(found, n) })
end
atomic("a state's is atomic", 2, function(p) S.n = S.n + p.len S.m = 5 + S.m end)
atomic("an entry's is atomic", 1, function(p) local e = M[1] if e then e.n = e.n + p.len end end)
atomic("not with a write in between", 0, function(p)
	local function w() S.n = 100 return p.len end
	S.n = S.n + w()
end)
atomic("not from one reading before a loop", 1, function(p)
	local old = S.n
	for _ = 1, p.len do S.n = old + 1 end
end)
atomic("not in 4 bytes, which are checked", 1, function() S.k = S.k + 1 end)
lang.done()
