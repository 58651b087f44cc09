local filter = bpf.test.script("tests/lua/testing/filter.lua", "nosuchdev")
local packet = bpf.test.packet

bpf.test("telnet is dropped and counted", function()
	local p = packet { ip = { src = "10.0.0.7" }, tcp = { dport = 23 }, payload = "x" }
	assert(filter[1]:test(p) == bpf.DROP)
	assert(filter.hits[bpf.ip "10.0.0.7"] == 1)
	filter.hits:clear()
end)
bpf.test("what is no TCP passes", function()
	assert(filter[1]:test(packet { udp = {} }) == bpf.PASS)
	assert(filter[1]:test(packet { arp = {} }) == bpf.PASS)
end)
bpf.test("an error", function()
	local verdict, _, _, err = filter[1]:test(packet { tcp = { dport = 7 } })
	assert(verdict == bpf.PASS and err:find "echo$", err)
end)
if FAILING then
	bpf.test("fails", function()
		assert(filter[1]:test(packet { udp = {} }) == bpf.DROP, "udp is not dropped")
	end)
	local twice = bpf.program("xdp", function(pkt)
		pkt:set_u64(0, bpf.ktime())
		return bpf.PASS
	end)
	bpf.test("differs", function() twice:test(packet {}) end)
	bpf.test("raises", function() error { } end)
end
