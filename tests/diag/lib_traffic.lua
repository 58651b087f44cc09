-- Frames that examples of the documentation look for: addresses, ports and texts that they name.
local wire = dofile "tests/lang/lib_wire.lua"

local function ip(proto, rest) return wire.eth(0x0800, wire.ipv4(proto, rest)) end
local function segment(port, flags, text) return (">I2I2I4I4BBI2I2I2"):pack(51000, port, 7, 8, 0x50, flags, 501, 0, 0) .. text end
local function tcp(port, text, flags) return ip(6, segment(port, flags or 0x18, text)) end
local function udp(port, text) return ip(17, wire.udp(1000, port, text)) end
local query = wire.dns(7, 0x0100, { 1, 0, 0, 0 }, "\7example\3com\0\0\1\0\1")
local function within(vni, rest) return udp(4789, wire.vxlan(vni, wire.eth(0x0800, rest))) end
local routing = "\17\2\0\1\0\0\0\0" .. ("\x20\1"):rep(8)

local list = { udp(53, query), udp(9, ("x"):rep(950)), udp(5, "\1\2\1\0"), udp(53, "\1\2\1\0"), within(7, wire.ipv4(17, wire.udp(9, 53, query))),
	within(7, wire.ipv4(6, segment(80, 2, ""))), udp(9999, "\1\x80\0\2\2\0\0\0\0\1printer\0\0\0\0\0\0\0\0\0"),
	wire.eth(0x88b5, "\x11\0\0\0" .. "pad." .. wire.ipv4(17, wire.udp(1, 2, ""))), udp(67, "DISCOVER"),
	wire.eth(0x86dd, wire.ipv6(43, routing .. wire.udp(1, 2, "x"))), wire.eth(0x86dd, wire.ipv6(44, "\17\0\0\1\0\0\0\1")),
	wire.eth(0x8100, wire.vlan(7, 0x0800, wire.ipv4(17, wire.udp(1, 2, "x")))) }
for _, port in ipairs { 21, 22, 23, 25, 53, 80, 443, 873, 2323, 3389, 7001, 8001, 8080 } do
	list[#list + 1], list[#list + 2], list[#list + 3] = tcp(port, "", 2), tcp(port, "data", 0x1f), tcp(port, "data", 1)
	list[#list + 1] = udp(port, "data")
end
for _, text in ipairs { "PUT / HTTP/1.1\r\n\r\n", "DELETE /x HTTP/1.1\r\n\r\n", "GET /admin/x HTTP/1.1\r\nUser-Agent: a\r\n\r\n",
	"GET /find?a=1&b=%3c HTTP/1.1\r\nHost: h\r\n\r\n", "GET /find?a=<script HTTP/1.1\r\nHost: a.example\r\n\r\n",
	"POST / HTTP/1.1\r\nContent-Length: 42\r\n\r\n", "GET / HTTP/1.1\r\n" .. ("Name-Of-It: value of it\r\n"):rep(35) .. "\r\n",
	"X-Evil: yes\nX-E", "text\nXY\nX-\nX-F\nX-Evil", "1025 8081 70000 22 9 4000", "1025 4000 1030 5000", ("\0\0\0\1"):rep(12), "\1\2\2\1",
	"" } do list[#list + 1] = tcp(80, text) end
list[#list + 1] = ("\0"):rep(14) .. "1025 4000 1030 5000"
list[#list + 1] = ("\0"):rep(14) .. ("\0\0\0\7"):rep(16)
for _, n in ipairs { 100, 101, 107, 600, 900, 940 } do
	list[#list + 1] = tcp(22, ("x"):rep(n))
	list[#list + 1] = udp(22, ("x"):rep(n))
end
return list
