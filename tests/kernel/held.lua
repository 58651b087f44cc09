-- An event that an error, or another way out, keeps from being sent takes no room in the ring: after a thousand such runs as
-- many have place in it as in a new one, and nothing was lost.
local n, failed = 0, 0
local function check(name, ok, got)
	n = n + 1
	if not ok then failed = failed + 1 end
	print(("%s %d - %s%s"):format(ok and "ok" or "not ok", n, name, ok and "" or " (" .. tostring(got) .. ")"))
end

local absent = bpf.map { "hash", key = "u32", value = "u32", entries = 1 }
local st = bpf.state { runs = "u64", sends = "u64" }
local RUNS = 1000

local function all(ev)
	local got, right = 0, 0
	for e in function() return ev:poll() end do
		got = got + 1
		if e.n == 60 and e.m == 7 then right = right + 1 end
	end
	return got, right
end

-- How many events there is room for: as many are sent as are not lost.
local function room(ev)
	local q = bpf.program("xdp", function(pkt) ev:send { n = pkt.len, m = 7 } end)
	local sent, before = 0, ev:lost()
	while ev:lost() == before and sent < RUNS do
		q:test(("x"):rep(60))
		sent = sent + 1
	end
	return sent - 1
end

local ROOM = room(bpf.events { n = "u32", m = "u32", size = 4096 })
check("a ring is full some time", ROOM > 10 and ROOM < RUNS - 1, ROOM)

local function try(name, f)
	local ev = bpf.events { n = "u32", m = "u32", size = 4096 }
	local p = f(ev)
	st.runs, st.sends = 0, 0
	for _ = 1, RUNS do p:test(("x"):rep(60)) end
	check(name .. ": it runs", st.runs == RUNS, st.runs)
	check(name .. ": and sends nothing", all(ev) == 0 and st.sends == 0 and ev:lost() == 0, st.sends)
	check(name .. ": there is room as before", room(ev) == ROOM)
	local got, right = all(ev)
	check(name .. ": for whole ones", got == ROOM and right == ROOM, got .. ", " .. right)
end

try("an error in a field", function(ev)
	return bpf.program("xdp", function(pkt)
		st.runs = st.runs + 1
		ev:send { n = pkt.len, m = 1 // (absent[1] or 0) }
		st.sends = st.sends + 1
	end)
end)
try("a value that does not fit", function(ev)
	return bpf.program("xdp", function(pkt)
		st.runs = st.runs + 1
		ev:send { n = pkt.len << 32, m = 1 }
		st.sends = st.sends + 1
	end)
end)
try("one that is caught", function(ev)
	return bpf.program("xdp", function(pkt)
		st.runs = st.runs + 1
		if pcall(function() ev:send { n = 1, m = 1 // (absent[1] or 0) } end) then st.sends = st.sends + 1 end
	end)
end)
try("a way out before it", function(ev)
	return bpf.program("xdp", function(pkt)
		st.runs = st.runs + 1
		local e = { n = 1, m = 2 }
		if pkt.len < 1000 then return end
		ev:send(e)
		st.sends = st.sends + 1
	end)
end)
print("1.." .. n)
os.exit(failed == 0)
