#!/bin/bash
# Connections and packets of UDP that are given to sockets of a sockmap, whatever the port they are for, in a network
# namespace of its own.
BUILD=${BUILD:-build}
if [ -z "${LOOKUP_INSIDE:-}" ]; then
	[ "$(id -u)" = 0 ] || exit 77
	LOOKUP_INSIDE=1 exec unshare -n bash "$0"
fi
ip link set lo up || exit 1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cat >"$dir/steps.lua" <<'END'
local told = arg[1] .. "/told"
local n, failed = 0, 0
local function check(name, ok, got)
	n = n + 1
	if not ok then failed = failed + 1 end
	print(("%s %d - %s%s"):format(ok and "ok" or "not ok", n, name, ok and "" or " (" .. tostring(got) .. ")"))
end
local function raises(name, pattern, f, ...)
	local good, text = pcall(f, ...)
	check(name, not good and tostring(text):find(pattern), text)
end
local function bash(text, ...)
	return io.popen(("bash -c '%s' 2>/dev/null"):format(text:format(...))):read "a":gsub("\n", "")
end
-- What the server says: which descriptor it is of. "": nobody is there.
local function ask(port, host)
	return bash("exec 9<>/dev/tcp/%s/%d && read x <&9 && echo $x", host or "127.0.0.1", port)
end
local function send(port)
	os.remove(told)
	bash("printf %s >/dev/udp/127.0.0.1/%d", told, port)
	for _ = 1, 400 do
		local f = io.open(told)
		local text = f and f:read "l"
		if text then return text end
		bpf.run { ["for"] = "5ms" }
	end
end

check("nobody is there at first", ask(7000) == "")
for _, type in ipairs { "sockmap", "sockhash" } do
	local function name(what) return type .. ": " .. what end
	local m = bpf.map { type, key = "u32", entries = 8, name = "services" }
	m[0], m[1], m[2], m[3] = 3, 4, 5, 6
	check(name "what is in it", m[0] == 3 and m[3] == 6 and m[4] == nil and #m == 4)
	local st = bpf.state { src = "ip4", v6 = "u64", last = "u64", n = "u64" }
	local function choose(c)
		if c.dport < 7000 or c.dport > 7999 then return bpf.PASS end
		st.n = st.n + 1
		st.last = c.dport + c.proto * 100000
		if c.dst == bpf.ip "::1" and c.src == bpf.ip "::1" then
			st.v6 = st.v6 + 1
			return m:assign(2)
		end
		if c.dst == bpf.ip "127.0.0.1" then st.src = c.src end
		if c.proto == 17 then return m:assign(3) or bpf.DROP end
		if c.dport == 7999 then return bpf.DROP end
		return m:assign(c.dport % 2) or bpf.PASS
	end
	local link = bpf.sk_lookup(choose)
	check(name "its name", tostring(link) == "sk_lookup", tostring(link))
	check(name "TCP, by the port", ask(7000) == "3" and ask(7001) == "4" and ask(7998) == "3")
	check(name "what it saw", st.src == bpf.ip "127.0.0.1" and st.last == 607998, st.last)
	check(name "UDP", send(7005) == "6")
	check(name "IPv6", ask(7005, "::1") == "5" and st.v6 == 1, st.v6)
	check(name "dropped", ask(7999) == "")
	check(name "another port", ask(6000) == "")
	m[1] = nil
	check(name "one that is not in it", ask(7001) == "" and ask(7002) == "3" and m[1] == nil)
	m[1] = 3
	link:replace(function(c)
		if c.dport == 7001 then return m:assign(1) end
	end)
	check(name "replaced", ask(7001) == "3" and ask(7000) == "")
	link:replace(function(c) -- a socket of UDP cannot have a connection
		return m:assign(c.proto == 6 and 3 or 0) or bpf.DROP
	end)
	check(name "a socket that cannot take it", ask(7001) == "")
	link:detach()
	check(name "detached", ask(7000) == "")

	-- ---- the twin ----
	local function twin(c) return bpf.twin("sk_lookup", choose, c) end
	check(name "the twin", twin { dport = 7001, proto = 6, dst = bpf.ip "10.0.0.1" } == bpf.PASS and
		twin { dport = 7005, proto = 17 } == bpf.PASS and twin { dport = 7999, proto = 6 } == bpf.DROP)
	st.v6 = 0
	twin { dport = 7001, dst = bpf.ip "::1", src = bpf.ip "::1" }
	check(name "the twin of IPv6", st.v6 == 1)
	m[3] = nil
	check(name "the twin of what is not in it", twin { dport = 7005, proto = 17 } == bpf.DROP)
	local fds = {}
	for k, fd in pairs(m) do fds[#fds + 1] = k .. "=" .. fd end
	table.sort(fds)
	check(name "all of it", table.concat(fds, " ") == "0=3 1=3 2=5", table.concat(fds, " "))
	raises(name "no descriptor", "cannot write " .. type .. " map 'services': Bad file descriptor", function() m[3] = 77 end)
	raises(name "no socket", "a " .. type .. " holds sockets of TCP", function() m[3] = 0 end)
	m:clear()
	check(name "cleared", #m == 0 and m[0] == nil)
end
print(("1..%d"):format(n))
os.exit(failed == 0, true)
END
"$BUILD/tests/serve" "$BUILD/perigee" "$dir/steps.lua" "$dir"
