#!/bin/bash
# What is written to the sockets of a sockmap: refused, let go on, given to another socket; in a network namespace of its own.
BUILD=${BUILD:-build}
if [ -z "${MSG_INSIDE:-}" ]; then
	[ "$(id -u)" = 0 ] || exit 77
	MSG_INSIDE=1 exec unshare -n bash "$0"
fi
ip link set lo up || exit 1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cat >"$dir/steps.lua" <<'END'
local n, failed = 0, 0
local function check(name, ok, got)
	n = n + 1
	if not ok then failed = failed + 1 end
	print(("%s %d - %s%s"):format(ok and "ok" or "not ok", n, name, ok and "" or " (" .. tostring(got) .. ")"))
end
local function bash(text, ...)
	return (io.popen(("bash -c '%s' 2>/dev/null"):format(text:format(...))):read "a":gsub("\n", ""))
end
-- Writes a line to one descriptor; what another one has for us within its time.
local function send(fd, line) return bash("echo %s >&%d && echo sent", line, fd) end
local function heard(fd) return bash("read -t 2 x <&%d && echo $x", fd) end
local function silent(fd) return bash("read -t 0.2 x <&%d && echo $x", fd) == "" end

local ports = {}
for port in os.getenv "TALK_PORTS":gmatch "%d+" do ports[#ports + 1] = tonumber(port) end

for _, type in ipairs { "sockmap", "sockhash" } do
	local function name(what) return type .. ": " .. what end
	local m = bpf.map { type, key = "u32", entries = 8, name = "ends" }
	m[0] = 3
	local st = bpf.state { n = "u64", size = "u64", sport = "u64", dport = "u64", v6 = "u64", here = "u64", absent = "u64" }
	local home, home6 = bpf.ip "127.0.0.1", bpf.ip "::1"
	local function choose(e)
		st.n, st.size, st.sport, st.dport = st.n + 1, e.size, e.sport, e.dport
		if e.src == home and e.dst == home then st.here = st.here + 1 end
		if e.dst == home6 and e.src == home6 then st.v6 = st.v6 + 1 end
		if e.size == 4 then return bpf.DROP end
		if e.size == 5 then return m:redirect(1) or bpf.DROP end
		if e.size == 6 then return m:redirect(2, "ingress") end
		if e.size == 7 then
			local way = m:redirect(77)
			if not way then st.absent = st.absent + 1 end
			return way
		end
	end
	check(name "without a program", send(3, "a") == "sent" and heard(4) == "a")
	local link = bpf.sk_msg(m, choose)
	check(name "its name", tostring(link) == "sk_msg", tostring(link))
	check(name "one that was in it before is not asked about", send(3, "b") == "sent" and heard(4) == "b" and st.n == 0, st.n)
	m[0], m[1], m[2], m[3] = 3, 5, 6, 7
	check(name "passed", send(3, "b") == "sent" and heard(4) == "b" and st.n == 1, st.n)
	check(name "what it saw", st.size == 2 and st.dport == ports[1] and st.sport > 0 and st.sport ~= ports[1] and st.here == 1)
	check(name "IPv6", send(7, "c") == "sent" and heard(8) == "c" and st.v6 == 1 and st.here == 1 and st.dport == ports[3])
	check(name "dropped, and all that follows", send(7, "ddd") == "" and silent(8) and send(7, "d") == "" and silent(8))
	check(name "out by another socket", send(3, "eeee") == "sent" and heard(6) == "eeee" and silent(4))
	check(name "into another socket", send(3, "fffff") == "sent" and heard(6) == "fffff" and silent(4))
	check(name "to one that is not there", send(3, "gggggg") == "sent" and heard(4) == "gggggg" and st.absent == 1)
	check(name "of one that is not in it", send(4, "hhh") == "sent" and heard(3) == "hhh")
	link:replace(function(e) if e.size == 2 then return m:redirect(1) end end)
	check(name "replaced", send(3, "i") == "sent" and heard(6) == "i" and send(3, "jjj") == "sent" and heard(4) == "jjj")
	link:detach()
	check(name "detached", send(3, "k") == "sent" and heard(4) == "k")
	st.absent = 0
	check(name "the twin", bpf.twin("sk_msg", choose, { size = 4 }) == bpf.DROP and bpf.twin("sk_msg", choose, { size = 5 }) ==
		bpf.REDIRECT and bpf.twin("sk_msg", choose, { size = 7, dst = home6, src = home6 }) == bpf.PASS and st.absent == 1)
	m:clear()
end
local good, text = pcall(bpf.sk_msg, bpf.map { "hash", key = "u32", value = "u32", entries = 1 }, function() end)
check("another map", not good and text:find "is for the sockets of a sockmap or sockhash", text)
good, text = pcall(bpf.sk_msg, 7, function() end)
check("no map", not good and text:find "map expected", text)
print(("1..%d"):format(n))
os.exit(failed == 0, true)
END
"$BUILD/tests/talk" "$BUILD/perigee" "$dir/steps.lua"
