-- What to write instead, where it is a line.
local diag = dofile "tests/diag/harness.lua"
local hits = bpf.map { "hash", key = "ip4", value = "u64", entries = 8, name = "hits" }
local slots = bpf.map { "hash", key = "u32", value = "struct { u64 n; }", entries = 8, name = "slots" }

diag.case("addresses in order", function(p) local ip = p.ipv4 return ip and ip.src < bpf.ip "10.0.0.1" and bpf.DROP or bpf.PASS end)
diag.case("the other way round", function(p) return p.eth.src >= p.eth.dst and bpf.DROP or bpf.PASS end)
diag.case("longer ones", function(p) return p.ipv6 and p.ipv6.src > p.ipv6.dst and bpf.DROP or bpf.PASS end)
diag.case("a header by its name", function(p) local l4 = p[p.tcp and "tcp" or "udp"] return l4 and l4.dport > 3 and bpf.DROP or bpf.PASS end)
diag.case("by a variable", function(p) local kind = p.tcp and "tcp" or "udp" for i = 1, p.len do kind = kind == "tcp" and "udp" or "icmp" end return p[kind] and bpf.DROP or bpf.PASS end)
diag.case("a field by its name", function(p) local ip, name = p.ipv4, p:sub(1, 3) return ip and ip[name] and bpf.DROP or bpf.PASS end)
diag.case("a byte by its number", function(p) return p[p.len] and bpf.DROP or bpf.PASS end)
diag.case("a list that is none", function() for _, v in ipairs(hits) do print(v) end end)
diag.case("a method of a field by a dot", function(p) local ip = p.ipv4 return ip and ip.src.int() == 3 and bpf.DROP or bpf.PASS end)
diag.case("with an argument", function(p) local ip = p.ipv4 return ip and ip.src.byte(1) == 3 and bpf.DROP or bpf.PASS end)
diag.case("of a header", function(p) local ip = p.ipv4 return ip and ip.payload.u8(1) == 3 and bpf.DROP or bpf.PASS end)
diag.case("a table that was stored", function(p) local k, e = p.len, slots[p.len] if not e then e = { n = 0 } slots[k] = e end e.n = e.n + 1 end)
diag.case("a byte of a number", function(p) local n = p.len return n[1] and bpf.DROP or bpf.PASS end)

diag.kind = "tracepoint:syscalls:sys_enter_execve"
diag.case("what an address leads to", function(e) for i = 0, 3 do print(bpf.str(e.argv[i])) end end)
diag.case("a byte of a text at an address", function(e) print(e.filename[0]) end)
diag.done()
