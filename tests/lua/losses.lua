-- What m:add found no room for is left out, counted by place, and shown; it is no error.

local hits = bpf.map { "hash", key = "u32", value = "u64", entries = 2, name = "hits" }
local some = bpf.map { "array", key = "u32", value = "u32", entries = 2 }
local cpus = bpf.map { "percpu_hash", key = "u32", value = "u64", entries = 1, name = "cpus" }
local inner = { "hash", key = "u32", value = "u64", entries = 1 }
local outer = bpf.map { "array_of_maps", entries = 1, inner = inner }
outer[0] = bpf.map(inner)
hits[1], hits[2], cpus[1] = 0, 0, 0

local prog = bpf.program("xdp", { on_error = bpf.DROP }, function(pkt)
	hits:add(pkt.len, 1)
	some:add(pkt.len, 1)
	pcall(function() cpus:add(pkt.len, 1) end)
	local m = outer[0]
	if m then for i = 1, 3 do m:add(i, 1) end end
	for k in pairs(hits) do hits:add(k + 10, 1) end
	hits:add(1, 1)
end)
local seen = {}
bpf.on_error(function(text, info)
	assert(info.text == text and info.where == "program" and info.loss == true)
	seen[text:match("losses%.lua:(%d+: .*)$")] = info.total
end)
for _ = 1, 4 do
	local verdict, _, _, text = prog:test(("x"):rep(20))
	assert(verdict == bpf.PASS and text == nil)
end
for _, f in ipairs { "twin" } do
	local verdict, _, _, text = prog[f](prog, ("x"):rep(20))
	assert(verdict == bpf.PASS and text == nil)
end
bpf.run { ["for"] = "10ms" }
local want = {
	["12: map full: nothing was added (map 'hits')"] = 4, ["13: map full: nothing was added"] = 4,
	["14: map full: nothing was added (map 'cpus')"] = 4, ["16: map full: nothing was added"] = 8,
	["17: map full: nothing was added (map 'hits')"] = 8,
}
for text, n in pairs(want) do assert(seen[text] == n, ("%s: %s"):format(text, seen[text])) end
for text in pairs(seen) do assert(want[text], text) end
assert(hits[1] == 5 and hits[2] == 0 and #hits == 2 and some[0] == 0 and outer[0][1] == 5)
