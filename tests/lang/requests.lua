-- The examples that read what clients send, on requests made by hand, whole and cut everywhere: verdicts as they
-- must be, the twin's as the kernel's.
local lang = dofile "tests/lang/harness.lua"

-- What the script gives to bpf.xdp, by a bpf that attaches nothing.
local function filter_of(file, ...)
	local found
	local nothing = function() end
	local fake = setmetatable({ xdp = function(_, _, f) found = f end, run = nothing, every = nothing }, { __index = bpf })
	assert(loadfile(file, "t", setmetatable({ bpf = fake, arg = { "lo", ... } }, { __index = _G })))()
	return found
end

local function frame(port, payload)
	local tcp = (">I2I2I4I4I1I1I2I2I2"):pack(40000, port, 1, 1, 0x50, 0x18, 1000, 0, 0) .. payload
	local ip = (">I1I1I2I2I2I1I1I2"):pack(0x45, 0, 20 + #tcp, 1, 0, 64, 6, 0) .. "\10\0\0\1\10\0\0\2" .. tcp
	return ("\2"):rep(12) .. "\8\0" .. ip
end

local function hello(name, extensions, kind)
	local sni = name and (">I2s2"):pack(0, (">s2"):pack((kind or "\0") .. (">s2"):pack(name))) or ""
	local body = "\3\3" .. ("r"):rep(32) .. ("s1"):pack(("s"):rep(32)) .. (">s2"):pack "\x13\1\x13\2" .. ("s1"):pack "\0" ..
		(">s2"):pack((extensions or "") .. sni)
	return "\22\3\1" .. (">s2"):pack("\1" .. (">I3"):pack(#body) .. body)
end

local function verdicts(name, f, cases)
	local program, problems = lang.program(name, "xdp", {}, f), {}
	if not program then return end
	local function run(bytes, want, what)
		local kernel, _, _, error = program:test(bytes)
		local twin, _, _, twin_error = program:twin(bytes)
		if kernel ~= twin or error ~= twin_error then
			problems[#problems + 1] = ("%s: kernel %s %s, twin %s %s"):format(what, kernel, error, twin, twin_error)
		elseif want ~= nil and (kernel == bpf.DROP) ~= want then
			problems[#problems + 1] = ("%s: %s %s"):format(what, kernel, error)
		end
	end
	for i, case in ipairs(cases) do
		run(case[1], case[2], "request " .. i)
		for n = 14, #case[1] - 1 do run(case[1]:sub(1, n), nil, ("request %d, %d bytes"):format(i, n)) end
	end
	lang.check(name, problems)
end

local long, longest, empty = ("l"):rep(64), ("m"):rep(255), {}
for i = 1, 100 do empty[i] = (">I2s2"):pack(0x1000 + i, "") end
local many = {}
for i = 1, 1000 do many[i] = ("host%d.example"):format(i) end
verdicts("server names", filter_of("examples/sni.lua", "bad.example", long, longest, "", table.unpack(many)), {
	{ frame(443, hello "bad.example"), true },
	{ frame(443, hello "host1.example"), true },
	{ frame(443, hello "host1000.example"), true },
	{ frame(443, hello "host1001.example"), false },
	{ frame(443, hello "good.example"), false },
	{ frame(443, hello "bad.example\0"), true },
	{ frame(443, hello "good.example\0"), true },
	{ frame(443, hello "BAD.Example"), true },
	{ frame(443, hello "HOST999.eXaMpLe."), true },
	{ frame(443, hello "bad.example.."), false },
	{ frame(443, hello("good.example", "", "\1")), true },
	{ frame(443, hello(long)), true },
	{ frame(443, hello(long .. "l")), false },
	{ frame(443, hello(longest)), true },
	{ frame(443, hello(longest:sub(2) .. "n")), false },
	{ frame(443, hello(longest:sub(2))), false },
	{ frame(443, hello(longest .. ".")), true },
	{ frame(443, hello(longest:upper():sub(2) .. ".")), false },
	{ frame(443, hello("Bad.example", table.concat(empty))), true },
	{ frame(443, hello ""), true },
	{ frame(443, hello(nil)), false },
	{ frame(443, hello("bad.example", (">I2s2"):pack(23, "") .. (">I2s2"):pack(11, "\1\0"))), true },
	{ frame(443, hello("bad.example", (">I2s2"):pack(23, ("x"):rep(300)))), true },
	{ frame(80, hello "bad.example"), false },
	{ frame(443, "GET / HTTP/1.1\r\n\r\n"), false },
	{ frame(443, "\22\3\1\255\255\1\255\255\255" .. ("\255"):rep(80)), false },
})

local function request(agent, first)
	return (first or "GET /a?b HTTP/1.1") .. "\r\nHost: a.example\r\n" .. (agent and "User-Agent: " .. agent .. "\r\n" or "") .. "\r\n"
end
local cases = {
	{ frame(80, request "curl/8.0"), true },
	{ frame(80, request "Curl/8.0"), true },
	{ frame(80, request "Mozilla/5.0 (X11) curl/8"), false },
	{ frame(80, request ""), false },
	{ frame(80, request(nil)), false },
	{ frame(80, request("curl/8.0", "get / HTTP/1.1")), true },
	{ frame(80, request("curl/8.0"):gsub("\r", "")), true },
	{ frame(80, request("curl/8.0"):gsub("User%-Agent: ", "uSER-AGENT:\t \t")), true },
	{ frame(80, request("curl/8.0", "\r\n\nGET / HTTP/1.1")), true },
	{ frame(80, request("curl/8.0", "GET /a b HTTP/1.1 ")), true },
	{ frame(80, request "curl/\0"), true },
	{ frame(80, request "curl/\27[2J"), true },
	{ frame(80, request("curl/8.0", "\27[2J /\0 HTTP/1.1")), true },
	{ frame(80, request("curl/8.0", "GET / HTTP/2.0")), false },
	{ frame(80, request("curl/8.0", "GET /")), false },
	{ frame(80, request("Lynx", "GET / HTTP/1.1")), false },
	{ frame(80, request("curl/8.0", "DELETE / HTTP/1.0")), true },
	{ frame(80, request("curl/8.0", "GET /" .. ("p"):rep(300) .. " HTTP/1.1")), true },
	{ frame(8080, request "curl/8.0"), false },
	{ frame(80, hello "curl"), false },
}
verdicts("agents", filter_of "examples/agents.lua", cases)
verdicts("agents by another pattern", filter_of("examples/agents.lua", "[Bb]ot%f[^%w]"), {
	{ frame(80, request "Googlebot/2.1"), true },
	{ frame(80, request "robotics"), false },
	{ frame(80, request "A Bot"), true },
	{ frame(80, request "bot"), true },
})

lang.done()
