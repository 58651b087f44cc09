-- What kernel code prints is what stock Lua prints, for values of every kind; lost events are counted.
--
-- The script runs itself with PRINT_INSIDE: "twin", or "kernel", and compares what comes out.
local inside = os.getenv "PRINT_INSIDE"
local ip, ip6, mac = bpf.ip "10.0.0.1", bpf.ip "2001:db8::1", bpf.mac "02:00:00:00:00:01"
local names = bpf.map { "array", key = "u32", value = "char[8]", entries = 4 }
local st = bpf.state { t = "char[16]", ip = "ip4", ip6 = "ip6", mac = "mac", n = "i64", on = "bool", k = "u8?" }
local table_of = { port = 80 }

local programs = {
	function() print() end,
	function() print("constant", 1, -1, math.maxinteger, math.mininteger, nil, true, false) end,
	function() print(ip, ip6, mac, table_of.port, table_of.none) end,
	function(p) print(p.len, p:u8(0), p:u8(1000), p.eth.src, p.eth.type, p.eth.src == mac) end,
	function() print(st.t, st.ip, st.ip6, st.mac, st.n, st.on, st.k) end,
	function(p)
		for i = 0, 4 do
			local v
			if i == 1 then v = true elseif i == 2 then v = p.len elseif i == 3 then v = st.ip elseif i == 4 then v = st.ip6 end
			print("union", i, v)
		end
	end,
	function() print(names[0], names[1], names[9], #"abc", "a" .. "b" .. 1) end,
	function(p) print(-p.len // 3, p.len % -7, p.len << 60, ~p.len) end,
	function() print("tab\tnewline\nquote\"percent % %d") end,
	function() print("before an error") print(nil + (st.k or 0)) end,
	function(p) print("before an error") print(p:u8(1000) + 1) end,
	function(p) print(pcall(function() return p:u8(1000) + 1 end)) print(pcall(error, p.len)) end,
	function(p)
		for i = 1, 4 do
			print(i, pcall(function()
				if i == 1 then error(p.eth.src) end
				if i == 2 then error("a text of the script's, with its position: long enough to be more than a value holds") end
				if i == 3 then assert(p:u8(1000), "asserted") end
				return p:u8(1000) // 1
			end))
		end
	end,
	function(p) print(string.format("%.2f|%08.1f|%f|%i|%5d|%%", p.len, -p.len, p:u8(0), p.len, p.len), ("%.1f"):format(7)) end,
	function(p) local ok, e = pcall(function() return p:u8(1000) < 1 end) if not ok then print(e) error(e) end end,
	-- what the user half formats
	function(p) print(("%g %e|%.3f|%5d|%a"):format("1.5", "12", p.len, "0x10", " 0x.8p1 ")) end,
	function(p) print(string.format("%q %g %e %a|%5s|%d%%", p:sub(13, 20), p.len, -p.len, p.len, p:sub(1, 2):byte(1), 7)) end,
	function(p) print("x", ("%q"):format(st.k), p.len, ("%G|%E|%A|%.3f"):format(1.5, 2, p.len, p.len), nil) end,
	function(p) local v = ("%+08.3e"):format(p.len) print(v, v) end,
	function(p) print(("%q"):format("a\0b\"\r1"), ("%q"):format(math.mininteger), ("%q"):format(true), ("%q"):format(1.5)) end,
	function(p)
		local function show(f, ...) print("show", f:format(...)) end
		show("%q=%s", p:sub(20, 40), p.eth.src)
		show("%g", 3)
	end,
	function(p) for i = 1, 3 do print(("%5.1f %g"):format(i, i * p.len)) end end,
	function(p) print(("%q %-10s|"):format(p:sub(1, 800), p:sub(13, 13))) end,
	function(p) local s = ("%q"):format(p:sub(1, 3)) p:set_u8(1, 65) print(s, p:sub(1, 3):byte(2)) end,
	function(p) print(("%g %g"):format(p.len, p.len, p.eth.src)) end,
	function(p) local ok, e = pcall(function() return p:u8(1000) + 1 end) print(("%q|%80.79s|%g"):format(e, e, 2)) end,
	function(p)
		for i = 1, 8 do
			local ok, e = pcall(function()
				if i == 1 then print(("%e"):format(p:u8(1000)))
				elseif i == 2 then print(string.format("%q %e", 1, p:u8(1000)))
				elseif i == 3 then print(string.format("%g %5s", 1, p:sub(1, 20)))
				elseif i == 4 then print(string.format("%g %5s", 1, p:sub(2, 300)))
				elseif i == 5 then print(("%q"):format(p.len > 0 and p.eth.src or 4))
				elseif i == 6 then print(("%q"):format(p.len == 0 and p.eth.src or 4))
				elseif i == 7 then print(string.format("%q%d", p:u8(0) == 0, p:u8(1000)))
				else print(("%q %5.1s|"):format(1, p:sub(13, 13))) end
			end)
			print(i, ok, e)
		end
	end,
}

-- Of a packet of letters: strings of more than 64 bytes that may be something else, or a shorter text.
local letters = ("\2"):rep(12) .. "\8\0" .. ("abcdefghijklmnopqrstuvwxyz"):rep(4)
local long = {
	function(p) print(p:match "x(%a*)") print(p:match "[0-9](%a*)") end,
	function(p) local a, b = p:match "(%a)(%a*)" if not a then return end print(a, b) end,
	function(p)
		for i = 1, 9 do
			local v
			if i == 1 then v = p:sub(15, 90) elseif i == 2 then v = false elseif i == 3 then v = p.len elseif i == 4 then v = p.eth.src
			elseif i == 5 then v = "abc" elseif i == 6 then v = st.t elseif i == 7 then v = p:sub(15, 14 + i)
			elseif i == 8 then v = "n" .. p.len end
			print(i, v, p:match "y(%a*)")
		end
	end,
	function(p) print("log", p:sub(15) or nil) print(p.len > 14 and p:sub(15) or "short") end,
	function(p) print(p.len > 1000 and p:sub(15, 80) or p.len > 14 and "a text of more than sixty-four bytes, which is a constant of the script") end,
	function(p) print(pcall(function() return p:sub(15, 94) end)) end,
	function(p) print(pcall(function() if p.len > 1000 then error(p.len) end return p:sub(15, 94) end)) end,
	function(p) local t = { p:sub(15, 20), p:sub(15, 90) } t[#t + 1] = p:sub(16, 100) print(t[#t], t[1], t[2], t[4]) end,
	function(p) print(("%-5s|%q"):format(p:sub(15, 90), p.len), ("%g %5s"):format(3, p:match "x(%a*)")) end,
	function(p) local s = p:match "x(%a*)" print(s and s:upper(), s and #s) print(s and s .. "!") print((s or "") .. (s or "none")) end,
}

if inside then
	names[0] = "full8888"
	st.t, st.ip, st.ip6, st.mac, st.n = "text", "1.2.3.4", "::1", "0a:0b:0c:0d:0e:0f", math.mininteger
	local function show(all, packet)
		for i, f in ipairs(all) do
			local good, p = pcall(bpf.program, "xdp", { check = true }, f)
			if good then
				local run = inside == "kernel" and p.test or p.twin
				run(p, packet)
				bpf.run { ["for"] = "5ms" }
			else
				print(i .. " refused")
			end
		end
	end
	show(programs, ("\0"):rep(12) .. "\8\0" .. ("\0"):rep(46))
	show(long, letters)
	os.exit(true, true)
end

local function run(how)
	local program = (os.getenv "BUILD" or "build") .. "/perigee"
	local file = io.popen(("PRINT_INSIDE=%s %s %s 2>/dev/null"):format(how, program, arg[0]))
	local text = file:read("a")
	file:close()
	return text
end
local problems = {}
local kernel, twin = run "kernel", run "twin"
local function same(what, good) print((good and "ok - " or "not ok - ") .. what) problems[#problems + 1] = not good or nil end
same("the kernel prints what the twin prints", kernel == twin)
same("all of it", select(2, kernel:gsub("\n", "")) == 70)
if kernel ~= twin then print("# kernel\n" .. kernel:gsub("[^\n]+", "# %0") .. "# twin\n" .. twin:gsub("[^\n]+", "# %0")) end

-- ---- lost events ----

local ev = bpf.events { n = "u64", size = 4096 }
local p = bpf.program("xdp", { budget = 100000 }, function() for i = 1, 1000 do ev:send { n = i } end end)
p:test(("\0"):rep(64))
local n, last = 0, 0
for e in function() return ev:poll(0) end do
	n = n + 1
	last = e.n
end
same("a full ring keeps the first events, in order", n > 0 and n < 1000 and last == n)
same("and counts the others", ev:lost() == 1000 - n)
print("1..4")
os.exit(#problems == 0, true)
