-- The constructs of the language, one row each, as text with holes: lib_pairs.lua puts each into each other one.
--
-- A row is { name, text, sort of what an expression gives, see = "...", hooks = { ... } }; a statement has no sort. Holes
-- of a text: {INT} {STR} {BOOL} {ANY} take an expression, {BODY} takes statements. @ is a number of its own, so that
-- names of an outer and an inner construct differ. Around a text are p, the packet; n, an integer of it; s, up to 12
-- bytes of it; r, what is counted. see names what it changes, of `world` below; frame, a packet of lib_pairs.lua that
-- reaches it; needs, a type of map; verdicts: it returns some; unjudged: stock Lua, without a program's run, does something else.
-- Rows of M.rare are those of fewer scripts; core, here, are those that stand for the others of their sort.
--
-- Sorts: int, str, bool; int? and str? hold nil, too; mix is nil, a boolean, an integer or a string.

local M = {}

-- ---- what constructs find ----

local ports = { [0] = 80, [1] = 443, [3] = -7 }
local rules = { [0] = { limit = 5, ports = { 80, 443 } }, [2] = { limit = 1 << 40, ports = { 7 } } }
local object = { k = 3 }
function object:get(x) return self.k + x end
function object.one(x) return x & 0xff | 1 end

local maps = {
	HITS = bpf.map { "hash", name = "cs_hits", key = "u8", value = "u32", entries = 8 },
	FLOWS = bpf.map { "hash", name = "cs_flows", key = "u16", value = "struct { u64 n; u16 port; }", entries = 8 },
	TEXTS = bpf.map { "lru_hash", name = "cs_texts", key = "char[16]", value = "i64", entries = 64 },
	ROW = bpf.map { "array", name = "cs_row", key = "u32", value = "i32", entries = 3 },
	LOCKED = bpf.map { "hash", name = "cs_locked", key = "u16", value = "struct { u64 n; u32 last; }", entries = 4, lock = true },
	QUEUE = bpf.map { "queue", name = "cs_queue", value = "u64", entries = 64 },
}
maps.LPM = bpf.map { "lpm_trie", name = "cs_lpm", key = "ip4/prefix", value = "u32", entries = 64 }
maps.STACK = bpf.map { "stack", name = "cs_stack", value = "i64", entries = 64 }
maps.FILTER = bpf.map { "bloom_filter", name = "cs_filter", value = "u64", entries = 64 }
maps.KNOWN = bpf.map { "bloom_filter", name = "cs_known", value = "u32", entries = 64 }
maps.PCH = bpf.map { "percpu_hash", name = "cs_pch", key = "u8", value = "u64", entries = 8 }
maps.PCE = bpf.map { "lru_percpu_hash", name = "cs_pce", key = "u16", value = "struct { i64 n; u16 k; }", entries = 256 }
maps.PCA = bpf.map { "percpu_array", name = "cs_pca", key = "u32", value = "i64", entries = 2 }
maps.RING = bpf.map { "user_ringbuf", name = "cs_ring", value = "u32", entries = 4096 }
maps.KEPT = bpf.map { "sk_storage", name = "cs_kept", value = "i64" }
maps.KEPT_ENTRY = bpf.map { "sk_storage", name = "cs_kept_e", value = "struct { i64 n; u16 k; }" }
maps.DEVICES = bpf.map { "devmap", name = "cs_devices", entries = 4 }
maps.BYIP = bpf.map { "hash", name = "cs_byip", key = "ip4", value = "struct { ip4 last; mac from; bool seen; }", entries = 64 }
maps.BYKEY = bpf.map { "hash", name = "cs_bykey", key = "struct { i64 a; char s[8]; }", value = "table { i64? n; bool b; }", entries = 64 }
maps.NOTES = bpf.map { "array", name = "cs_notes", value = "struct { char s[16]; be16 n; i8 k; }", entries = 4 }
maps.DEVICES[1] = "lo"
bpf.proto { "cs_own", over = "udp", port = 9999, fields = "u8 low; u1 flag; u7 _; le16 words; u32 more; char[8] name; ip4 who",
	next = "ipv4" }
local request = { "hash", key = "u8", value = "u32", entries = 8 }
local inner = bpf.map(request)
maps.INNER = bpf.map { "array_of_maps", name = "cs_inner", entries = 2, inner = request }
maps.INNER[1] = inner
local big, acl = {}, {}
for i = 0, 99 do big[i * 3 % 128] = i * i - 50 end
for i = 0, 3 do acl[i] = { [1] = i, [2] = i * 7, [i] = -i } end
local state = bpf.state { n = "i64", last = "u16" }
local percpu = bpf.percpu { n = "i64" }

M.env = setmetatable({
	PORTS = ports, RULES = rules, OBJECT = object, NAMES = { ["key=12"] = 4, ["a"] = "b", [""] = true },
	LIST = { 7, 0, -2 }, FIELDS = { ttl = 3 },
	STEPS = { [0] = function(x) return x & 1 end, [1] = function(x) return x > 5 and 0 or 2 end, [2] = function() return 1 end },
	HANDLERS = { [1] = function(x) return x + 1 end, [2] = function(x) return x * 2 end, [3] = function(x) return object:get(x) end },
	ST = state, PC = percpu, SO = bpf.state { s = "char[16]", b = "bool", a = "ip4" }, EV = bpf.events { n = "i64", s = "char[16]" },
	BIG = big, ACL = acl, WORDS = { [0] = "", "key=12", "b" }, HOSTS = { ["192.0.2.1"] = 5 },
	NETS = { bpf.cidr "192.0.2.0/24", bpf.cidr "10.0.0.0/8", bpf.cidr "2001:db8::/32" },
	SEEN = { [bpf.ip "10.0.0.1"] = 7, [bpf.ip "192.0.2.1"] = "x" },
	HOME = bpf.ip "10.0.0.1", NET = bpf.cidr "10.0.0.0/8",
}, { __index = _G })
for name, map in pairs(maps) do M.env[name] = map end

M.world = {
	HITS = maps.HITS, FLOWS = maps.FLOWS, TEXTS = maps.TEXTS, QUEUE = maps.QUEUE, LOCKED = maps.LOCKED, INNER = inner, EV = M.env.EV,
	LPM = maps.LPM, STACK = maps.STACK, PCH = maps.PCH, PCE = maps.PCE, PCA = maps.PCA, RING = maps.RING, BYIP = maps.BYIP,
	BYKEY = maps.BYKEY, NOTES = maps.NOTES, ST = { state, "n", "last" }, PC = { percpu, "n" },
}

M.world.SO = { M.env.SO, "s", "b", "a" }

-- What the maps hold before each run.
function M.setup(names)
	if names.HITS then maps.HITS[1], maps.HITS[3] = 4, 0xffffffff end
	if names.FLOWS then maps.FLOWS[1] = { n = 5, port = 80 } end
	if names.LOCKED then maps.LOCKED[1] = { n = 7, last = 1 } end
	if names.TEXTS then maps.TEXTS["key=12"] = -1 end
	if names.QUEUE then maps.QUEUE:push(9) end
	if names.STACK then maps.STACK:push(-4) end
	if names.LPM then maps.LPM["10.0.0.0/8"], maps.LPM["0.0.0.0/30"], maps.LPM["192.0.2.0/31"] = 3, 0xffffffff, 5 end
	if names.RING then for i = 5, 7 do maps.RING:push(i) end end
	if names.BYIP then maps.BYIP["10.0.0.1"] = { last = "10.0.0.7", seen = true } end
	if names.BYKEY then maps.BYKEY[{ a = 3, s = "key" }] = { n = 9 } end
	if names.NOTES then maps.NOTES[1] = { s = "note", n = 5, k = -1 } end
end
maps.ROW[0], maps.ROW[1], maps.ROW[2] = 3, 0, -5

-- Types of maps that not every kernel has: what fails where it has not. Rows that need one name it.
M.types = {
	bloom_filter = function() for i = 1, 5, 2 do maps.KNOWN:push(i) end end,
	user_ringbuf = function() maps.RING:push(1) end,
	sk_storage = function() bpf.program("tc", function() maps.KEPT:add_mine(1) end) end,
}

-- ---- statements ----

M.rows = {
	{ "if", "if {BOOL} then {BODY} elseif {INT} == 3 then r = r + 5 else r = r * 7 end" },
	{ "else", "if n > 2 then r = r + 5 elseif {BOOL} then r = r * 7 else {BODY} end" },
	{ "while", "local i@ = 0 while i@ < ({INT}) & 3 do {BODY} i@ = i@ + 1 end", core = true },
	{ "repeat", "local i@ = 0 repeat i@ = i@ + 1 {BODY} local stop@ = {BOOL} until stop@ or i@ > 2" },
	{ "for up", "for i@ = 1, ({INT}) & 3 do {BODY} r = r + i@ end" },
	{ "for down", "for i@ = ({INT}) & 3, 1, -1 do {BODY} r = r * i@ end" },
	{ "for by a step", "for i@ = 1, 6, ({INT}) & 3 do {BODY} r = r + i@ end" },
	{ "pairs of a map", "for k@, v@ in pairs(ROW) do {BODY} r = r + k@ * v@ end" },
	{ "ipairs", "for i@, v@ in ipairs(LIST) do {BODY} r = r + i@ * v@ end" },
	{ "pairs of a record", "for k@, v@ in pairs(FIELDS) do {BODY} r = r + #k@ * v@ end" },
	{ "gmatch", 'for w@ in ({STR}):gmatch("%w+") do {BODY} r = r + #w@ end' },
	{ "bytes of the packet", "for i@ = 42, 45 do local b@ = p:u8(i@) if not b@ then break end {BODY} r = r * 3 + b@ end" },
	{ "goto continue", "for i@ = 1, 3 do if {BOOL} then goto continue@ end {BODY} r = r + i@ ::continue@:: end" },
	{ "break", "for i@ = 1, 3 do for j@ = 1, 3 do if j@ == ({INT}) & 3 then break end {BODY} end if {BOOL} then break end r = r + i@ end" },
	{ "do", "do local x@ <const>, y@ = {INT}, {BOOL} {BODY} if y@ then r = r + x@ end end" },
	{ "swap", "local x@, y@ = {INT}, n x@, y@ = y@, x@ {BODY} r = r + x@ * 3 - y@" },
	{ "local function", "local function f@(x) {BODY} return x + 1 end r = r + f@({INT}) * f@(n)", core = true },
	{ "upvalue assigned", "local c@ = 0 local function up@(d) c@ = c@ + d {BODY} return c@ end up@({INT}) r = r + up@(2)" },
	{ "several results", "local function f@() {BODY} return n, {INT} end local x@, y@ = f@() r = r + x@ - y@" },
	{ "varargs", 'local function f@(...) {BODY} local x = select(2, ...) return select("#", ...) + x end r = r + f@(1, {INT}, n)' },
	{ "method", "local o@ = { k = n } function o@.add(self, x) {BODY} return self.k + x end r = r + o@:add({INT})" },
	{ "function by key", "local f@ = HANDLERS[({INT}) & 1] if f@ then {BODY} r = r + f@(n) end" },
	{ "return", "if {BOOL} then {BODY} return r, {INT} end", core = true },
	{ "pcall", "local ok@, v@ = pcall(function() {BODY} return ({INT}) + 1 end) if ok@ then r = r + v@ else r = r * 5 end" },
	{ "pcall of error", 'local ok@, v@ = pcall(function() {BODY} if {BOOL} then error({INT}) end return 1 end) if ok@ or type(v@) == "number" then r = r + v@ else r = r * 7 end', core = true },
	{ "xpcall", 'local ok@, v@ = xpcall(function() {BODY} return {BOOL} end, function(e) if type(e) == "string" then return 7 end return {INT} end) if v@ then r = r + 1 end r = ok@ and r or r * 3' },
	{ "assert", 'assert({BOOL}, "no") {BODY}' },
	{ "error with text", 'if {BOOL} then {BODY} error("bad " .. ({STR}):sub(1, 4), 0) end' },
	{ "error with a number", "if {BOOL} then {BODY} error({INT}) end" },
	{ "error with a table", "if {BOOL} then {BODY} error({ code = {INT} }) end" },
	{ "record", "local t@ = { a = {INT}, b = n } {BODY} t@.a = t@.a + t@.b r = r + t@.a" },
	{ "list", "local t@ = { n } t@[#t@ + 1] = {INT} {BODY} r = r + #t@ + t@[2]" },
	{ "list grown in a loop", "local t@ = {} for i@ = 1, 3 do t@[#t@ + 1] = {INT} {BODY} end r = r + #t@ + t@[3]", core = true },
	{ "text grown in a loop", 'local t@ = "" for i@ = 1, 3 do t@ = t@ .. ({STR}) .. "," {BODY} end r = r + #t@' },
	{ "goto back", "local i@ = 0 ::top@:: do {BODY} end i@ = i@ + 1 if i@ < ({INT}) & 3 then goto top@ end r = r + i@" },
	{ "state machine", "local at@ = 0 for i@ = 1, 4 do at@ = STEPS[at@]({INT}) {BODY} end r = r * 3 + at@" },
	{ "ipairs of what is found", "for i@, v@ in ipairs((RULES[({INT}) & 3] or RULES[0]).ports) do {BODY} r = r + i@ * v@ end" },
	{ "function by branch", "local f@ = function(x) {BODY} return x * 2 end if {BOOL} then f@ = OBJECT.one end r = r + f@({INT})" },
	{ "table by branch", "local t@ = { a = n, b = 2 } if {BOOL} then t@ = { a = 1, b = {INT} } end {BODY} r = r + t@.a - t@.b" },
	{ "address by branch", "local a@ = p.ipv4 and p.ipv4.src if {BOOL} then a@ = HOME end {BODY} if a@ then r = r + a@:int() end" },
	{ "map of maps", "local m@ = INNER[({INT}) & 1] if m@ then {BODY} m@:add(({INT}) & 3, 1) r = r + (m@[1] or 7) end", see = "INNER" },
	{ "locked", "local l@ = LOCKED:locked(({INT}) & 1, function(e) e.n = e.n + ({INT}) {BODY} e.last = 3 end) if l@ then r = r + 1 end", see = "LOCKED", hooks = { "xdp", "tc" } },
	{ "entry set", "FLOWS[({INT}) & 3] = { n = {INT}, port = 7 } {BODY}", see = "FLOWS" },
	{ "moved", "if p.len > 60 then p:adjust_tail((({INT}) & 1) * 2) {BODY} r = r + p.len end", hooks = { "xdp", "tc" } },
	{ "map set", "HITS[({INT}) & 3] = ({INT}) & 0xffff {BODY}", see = "HITS" },
	{ "map add", "HITS:add(({INT}) & 3, 1) {BODY}", see = "HITS" },
	{ "map delete", "HITS[({INT}) & 3] = nil {BODY}", see = "HITS" },
	{ "text as key", "TEXTS[({STR}):sub(1, 8)] = {INT} {BODY}", see = "TEXTS", core = true },
	{ "entry", "local e@ = FLOWS[({INT}) & 1] if e@ then {BODY} e@.n = e@.n + n e@.port = ({INT}) & 0xffff end", see = "FLOWS", core = true },
	{ "state", "ST.n = ST.n + ({INT}) ST.last = ({INT}) & 0xfff {BODY} r = r + ST.n", see = "ST" },
	{ "per-CPU state", "PC.n = PC.n + ({INT}) {BODY} r = r + PC.n", see = "PC" },
	{ "queue", "local v@ = QUEUE:pop() if v@ then {BODY} QUEUE:push(({INT}) + v@) end", see = "QUEUE" },
	{ "packet write", "local ip@ = p.ipv4 if ip@ then {BODY} ip@.ttl = ({INT}) & 0xff r = r + ip@.ttl end", hooks = { "xdp", "tc" }, core = true },
	{ "event", "{BODY} EV:send { n = {INT}, s = ({STR}):sub(1, 8) }", see = "EV" },
	{ "print", 'print("pair", {ANY}) {BODY}' },

	-- ---- expressions ----

	{ "arithmetic", "(({INT}) * 3 - -(({INT}) + n))", "int", core = true },
	{ "division", "(n // ({INT}) + ({INT}) % 7)", "int" },
	{ "bits", "(({INT}) & 0xff ~ n << (({INT}) & 63) | ~({INT}) >> 2)", "int" },
	{ "math", "math.max(math.abs({INT}), math.min(n, 7), math.fmod({INT}, 9))", "int" },
	{ "comparison", "(({INT}) < n or ({ANY}) == 3)", "bool", core = true },
	{ "and or", "(({BOOL}) and n or ({ANY}))", "mix", core = true },
	{ "not", "(not ({ANY}))", "bool" },
	{ "concat", '(({STR}) .. ":" .. (({INT}) & 0xff))', "str", core = true },
	{ "format", '("%d-%.4s"):format({INT}, {STR})', "str" },
	{ "sub", "({STR}):sub(2, ({INT}) & 7)", "str" },
	{ "byte", "({STR}):byte(({INT}) & 7)", "int?" },
	{ "find", '(({STR}):find("=", 1, true))', "int?", core = true },
	{ "match", '({STR}):match("%d+")', "str?", core = true },
	{ "rep", '({STR}):rep(({INT}) & 1, ",")', "str" },
	{ "upper and lower", "(({BOOL}) and ({STR}):upper() or ({STR}):lower())", "str" },
	{ "length", "#({STR})", "int" },
	{ "order of texts", '(({STR}) < "b" or ({STR}) == "key=12")', "bool" },
	{ "pack", 'string.pack(">I2", ({INT}) & 0xffff)', "str" },
	{ "unpack", '(string.unpack("<i2", ({STR}) .. "ab"))', "int" },
	{ "tostring", "tostring({ANY})", "str" },
	{ "tonumber", 'tonumber(({STR}):match("^%d?%d?%d?"))', "int?" },
	{ "type", '(type({ANY}) == "number")', "bool" },
	{ "math.type", '(math.type({ANY}) == "integer")', "bool" },
	{ "value by branch", '((function(x) if x & 1 == 1 then return x elseif x > 2 then return "two" elseif x < 0 then return false end end)({INT}))', "mix" },
	{ "captured table", "PORTS[({INT}) & 3]", "int?" },
	{ "captured by text", "NAMES[{STR}]", "mix" },
	{ "captured record", "(RULES[({INT}) & 3] or RULES[0]).limit", "int" },
	{ "captured method", "OBJECT:get({INT})", "int" },
	{ "field", "({ a = {INT}, b = n }).a", "int" },
	{ "element", "({ {INT}, n, 5 })[(n & 1) + 1]", "int" },
	{ "unpack of a table", "(select(2, table.unpack({ n, {INT}, 5 })))", "int" },
	{ "map get", "HITS[({INT}) & 3]", "int?", see = "HITS" },
	{ "map of texts", "TEXTS[{STR}]", "int?", see = "TEXTS" },
	{ "state read", "(ST.n + ({INT}))", "int", see = "ST" },
	{ "header field", "(({BOOL}) and p.ipv4 and p.ipv4.ttl or {INT})", "int" },
	{ "header flag", "(p.tcp and p.tcp.syn or {BOOL})", "bool" },
	{ "payload byte", "(p.udp and p.udp.payload:byte(({INT}) & 15))", "int?" },
	{ "u16", "p:u16(({INT}) & 63)", "int?" },
	{ "address", "(p.ipv4 and (p.ipv4.src == HOME) == ({BOOL}))", "bool" },
	{ "within", '(p.ipv4 and p.ipv4.src:within("10.0.0.0/8") and ({BOOL}))', "bool" },
	{ "trunc", "bpf.trunc({STR}, 4)", "str" },
	{ "pcall's results", "(select(2, pcall(error, {INT})))", "int" },
}

-- ---- those of fewer scripts: statements ----

M.rare = {
	{ "redirect", "if {BOOL} then {BODY} return p:redirect(({INT}) & 1) end", hooks = { "xdp", "tc" }, verdicts = true },
	{ "redirect by a map", "local v@ = DEVICES:redirect(({INT}) & 3) if v@ then {BODY} return v@ end", hooks = { "xdp" }, verdicts = true },
	{ "verdict by branch", "local v@ = {BOOL} and bpf.DROP or bpf.PASS {BODY} if v@ ~= bpf.PASS then return v@ end", hooks = { "xdp", "tc" }, verdicts = true },
	{ "clone", "if p:clone(({INT}) & 1) then r = r + 1 else r = r * 3 end {BODY} r = r + p.len", hooks = { "tc" }, unjudged = true },
	{ "bytes set", "local w@ = p:set_u8(({INT}) & 63, ({INT}) & 0xff) {BODY} if w@ and p:set_u64(({INT}) & 63, ({INT})) then r = r + 1 end", hooks = { "xdp", "tc" } },
	{ "bytes of the payload set", "local u@ = p.udp if u@ then {BODY} u@.payload:set_u16(({INT}) & 15, n & 0xffff) if u@:set_u32(4, ({INT}) & 0xffff) then r = r + u@.check end end", hooks = { "xdp", "tc" } },
	{ "VLAN written", "local v@ = p.vlan if v@ then {BODY} v@.id = ({INT}) & 0xfff v@.dei = not ({BOOL}) r = r + v@.id end", hooks = { "xdp", "tc" }, frame = "vlan" },
	{ "IPv6 written", "local i@ = p.ipv6 if i@ then {BODY} i@.src, i@.dst = i@.dst, i@.src i@.hop_limit = ({INT}) & 0xff local u@ = i@.udp if u@ then u@.dport = ({INT}) & 0xffff end end", hooks = { "xdp", "tc" }, frame = "ipv6" },
	{ "IPv6 and its extensions", "local i@ = p.ipv6 if i@ then {BODY} local h@ = i@.hopopts if h@ then r = r * 3 + #h@ + ({INT}) end end", frame = "ipv6" },
	{ "VXLAN", "local v@ = p.udp and p.udp.vxlan local e@ = v@ and v@.eth local i@ = e@ and e@.ipv4 if i@ then {BODY} r = r + v@.vni + i@.ttl + ({INT}) + #i@.payload end", frame = "vxlan" },
	{ "VXLAN written", "local v@ = p.udp and p.udp.vxlan if v@ then v@.vni = ({INT}) & 0xffffff {BODY} local i@ = v@.eth and v@.eth.ipv4 if i@ then i@.ttl = ({INT}) & 0xff end end", hooks = { "xdp", "tc" }, frame = "vxlan" },
	{ "Geneve", "local g@ = p.udp and p.udp.geneve if g@ then {BODY} local i@ = g@.ipv4 if i@ and i@.udp then r = r + g@.vni * ({INT}) + i@.udp.dport end end", frame = "geneve" },
	{ "GRE", "local g@ = p.gre if g@ and g@.has_key then {BODY} r = r + (g@:u32(4) or 7) + ({INT}) if g@.ipv4 then r = r + #g@.ipv4.payload end end", frame = "gre" },
	{ "DNS", "local d@ = p.udp and p.udp.dns if d@ then {BODY} r = r + d@.qdcount + ({INT}) if d@.rd == not ({BOOL}) then r = r * 3 end end" },
	{ "protocol of its own", "local o@ = p.udp and p.udp.cs_own if o@ then {BODY} if o@.flag then r = r + o@.words * ({INT}) end r = r * 3 + o@.who:int() if o@.ipv4 then r = r + 1 end end", frame = "own" },
	{ "protocol of its own, written", "local o@ = p.udp and p.udp.cs_own if o@ then o@.words = ({INT}) & 0xffff o@.flag = not ({BOOL}) {BODY} o@.who = bpf.ip(({INT}) & 0xff) end", hooks = { "xdp", "tc" }, frame = "own" },
	{ "one of two headers", "local l@ = p.tcp or p.udp if l@ then {BODY} r = r + l@.dport + ({INT}) + #l@.payload end" },
	{ "a header or a text", "local v@ = p.udp and p.udp.payload or {STR} {BODY} r = r + #v@ + (v@:byte(({INT}) & 7) or 0)" },
	{ "metadata written", "p.mark = ({INT}) & 0xffff {BODY} r = r + p.mark p.priority = ({INT}) & 7", hooks = { "tc" } },
	{ "moved at the head", "if p.len > 60 then p:adjust_head((({INT}) & 1) * 2) {BODY} r = r + p.len end", hooks = { "xdp" } },
	{ "MAC addresses swapped", "local e@ = p.eth if e@ then e@.dst, e@.src = e@.src, e@.dst {BODY} r = r + e@.src:int() * ({INT}) end", hooks = { "xdp", "tc" } },
	{ "ports swapped", "local u@ = p.udp if u@ then u@.sport, u@.dport = u@.dport, ({INT}) & 0xffff {BODY} r = r + u@.sport - u@.check end", hooks = { "xdp", "tc" } },
	{ "redirect inwards", 'if {BOOL} then {BODY} return p:redirect("lo", "ingress") end', hooks = { "tc" }, verdicts = true },
	{ "TCP written", "local t@ = p.tcp if t@ then {BODY} t@.syn = not ({BOOL}) t@.window = ({INT}) & 0xffff r = r + t@.check end", hooks = { "xdp", "tc" } },
	{ "ICMP written", "local i@ = p.icmp if i@ then i@.id = ({INT}) & 0xffff {BODY} r = r + i@.code + i@:u16(2) end", hooks = { "xdp", "tc" }, frame = "icmp" },
	{ "ARP written", "local a@ = p.arp if a@ then {BODY} a@.op = ({INT}) & 0xffff a@.spa, a@.tpa = a@.tpa, a@.spa r = r + a@.spa:int() end", hooks = { "xdp", "tc" }, frame = "arp" },
	{ "prefixes of a list", "local i@ = p.ip if i@ then for _, c@ in ipairs(NETS) do if c@:has(i@.src) == not ({BOOL}) then {BODY} r = r + ({INT}) end end end", frame = "ipv6" },

	{ "LPM map set", "LPM[bpf.ip(({INT}) & 3)] = ({INT}) & 0xffff {BODY} r = r + (LPM[HOME] or 7)", see = "LPM" },
	{ "LPM map added to", "local i@ = p.ipv4 if i@ then LPM:add(i@.src, 1) {BODY} LPM[bpf.ip(({INT}) & 3)] = nil end", see = "LPM" },
	{ "stack", "STACK:push(({INT})) {BODY} local v@ = STACK:pop() if v@ then r = r + v@ end r = r * 3 + (STACK:peek() or 5)", see = "STACK" },
	{ "filter", "local k@ = {INT} FILTER:push(k@) {BODY} if FILTER:peek(k@) then r = r + 1 end", unjudged = true, needs = "bloom_filter" },
	{ "per-CPU hash", "PCH:add(({INT}) & 3, 1) {BODY} r = r + (PCH[({INT}) & 3] or 7)", see = "PCH" },
	{ "per-CPU entry", "PCE[({INT}) & 1] = { n = {INT}, k = 3 } {BODY} local e@ = PCE[({INT}) & 1] if e@ then e@.n = e@.n + ({INT}) e@.k = e@.k + 1 end", see = "PCE" },
	{ "per-CPU array", "PCA[({INT}) & 1] = {INT} {BODY} r = r + PCA[0] - PCA[1]", see = "PCA" },
	{ "socket's own", "if KEPT:set_mine(({INT})) then {BODY} KEPT:add_mine(({INT}) & 0xff) r = r + (KEPT:mine() or 5) end", hooks = { "tc" }, unjudged = true, needs = "sk_storage" },
	{ "socket's own entry", "KEPT_ENTRY:set_mine { n = {INT}, k = 7 } local e@ = KEPT_ENTRY:mine() if e@ then {BODY} e@.n = e@.n * 3 - ({INT}) r = r + e@.n + e@.k end", hooks = { "tc" }, unjudged = true, needs = "sk_storage" },
	{ "user ring", "for v@ in pairs(RING) do {BODY} r = r * 3 + v@ if v@ == ({INT}) & 7 then break end end", see = "RING", needs = "user_ringbuf" },
	{ "addresses in an entry", "local i@ = p.ipv4 if i@ then BYIP[i@.src] = { last = i@.dst, from = p.eth.src, seen = not ({BOOL}) } {BODY} local e@ = BYIP[HOME] if e@ then e@.last = bpf.ip(({INT}) & 0xff) if e@.seen then r = r + 1 end end end", see = "BYIP" },
	{ "key of several fields", "BYKEY[{ a = {INT}, s = ({STR}):sub(1, 3) }] = { n = {INT}, b = not ({BOOL}) } {BODY} local e@ = BYKEY[{ a = {INT}, s = 'key' }] if e@ then r = r + (e@.n or 5) e@.n = nil end", see = "BYKEY" },
	{ "text in an entry", "local e@ = NOTES[({INT}) & 1] if e@ then {BODY} r = r + #e@.s e@.s = ({STR}):sub(1, 5) .. e@.s:sub(1, 2) e@.k = ({INT}) & 0x7f end", see = "NOTES" },
	{ "entry copied", "local e@ = FLOWS[1] if e@ then r = r + e@.n FLOWS[({INT}) & 3] = e@ {BODY} end", see = "FLOWS" },
	{ "entries gone over", "for k@, e@ in pairs(FLOWS) do {BODY} e@.n = e@.n + ({INT}) r = r + k@ end", see = "FLOWS" },
	{ "best entry", "local b@ for _, e@ in pairs(FLOWS) do if not b@ or e@.n > b@.n then b@ = e@ end {BODY} end if b@ then b@.port = ({INT}) & 0xff r = r + b@.n end", see = "FLOWS" },

	{ "state of other kinds", "SO.s = ({STR}):sub(1, 8) SO.b = not ({BOOL}) {BODY} r = r + #SO.s if SO.b then r = r + 1 end if p.ipv4 then SO.a = p.ipv4.src end", see = "SO" },

	{ "table.insert", "local t@ = { n } table.insert(t@, {INT}) {BODY} table.insert(t@, 5) r = r + #t@ * t@[2]" },
	{ "table.pack", "local t@ = table.pack(n, {INT}, {BOOL}) {BODY} r = r + t@.n + t@[2]" },
	{ "table.unpack", "local t@ = { {INT}, n, 5 } {BODY} local x@, y@ = table.unpack(t@, 1, 2) r = r + x@ * y@" },
	{ "varargs in a table", "local function f@(...) local t = { ... } {BODY} return t[1] + t[2] + select(-1, ...) end r = r + f@(1, {INT}, n)" },
	{ "indexed by a mask", "local t@ = { [0] = 1, 2, 3, 4 } t@[({INT}) & 3] = {INT} {BODY} r = r + t@[n & 3]" },
	{ "tables in a table", "local t@ = { at = { n = {INT}, s = {STR} }, 3 } {BODY} t@.at.n = t@.at.n + t@[1] r = r + t@.at.n + #t@.at.s" },
	{ "tables in a list", "local t@ = {} for i@ = 1, 3 do t@[#t@ + 1] = { n = {INT}, s = ({STR}):sub(1, 8) } {BODY} end for i@, x@ in ipairs(t@) do r = r * 3 + x@.n + #x@.s x@.n = i@ end" },
	{ "pairs of a table", "local t@ = { {INT}, n, k = 7 } for k@, v@ in pairs(t@) do {BODY} if k@ ~= 'k' then r = r + k@ * v@ end end" },
	{ "next", "for k@, v@ in next, FIELDS do {BODY} r = r + #k@ * v@ + ({INT}) end" },
	{ "pairs of much", "for k@, v@ in pairs(BIG) do if k@ == ({INT}) & 127 then {BODY} r = r + v@ break end end" },
	{ "iterator function", "local function it@(x, i) if i < x & 3 then return i + 1, i * i end end for i@, v@ in it@, {INT}, 0 do {BODY} r = r + i@ * v@ end" },
	{ "iterator with an upvalue", "local i@ = 0 for x@ in function() i@ = i@ + 1 if i@ <= ({INT}) & 3 then return i@ end end do {BODY} r = r + x@ end" },
	{ "goto out", "do for i@ = 1, 3 do for j@ = 1, 2 do if {BOOL} then goto out@ end {BODY} r = r + j@ end end ::out@:: end" },
	{ "endless loop left", "local i@ = 0 while true do i@ = i@ + 1 {BODY} if i@ >= ({INT}) & 3 then break end end r = r + i@" },
	{ "closures of a loop", "for i@ = 1, 3 do local k@ = i@ * n local function f@(d) {BODY} k@ = k@ + d return k@ end if i@ == ({INT}) & 3 then f@(n) end r = r + f@(i@) end" },
	{ "for to a float", "for i@ = 1, 2.5 do {BODY} r = r * i@ + ({INT}) end" },
	{ "varargs passed on", "local function g@(a, b) return a - b end local function f@(...) {BODY} return g@(...) end r = r + f@({INT}, n)" },
	{ "call at the end", "local function f@(x) {BODY} return x, 3 end local function g@(x) return f@(x + 1) end local x@, y@ = g@({INT}) r = r + x@ * y@" },
	{ "error with a level", 'local function f@() {BODY} if {BOOL} then error("deep", 2) end return 1 end r = r + f@()' },
	{ "pcall with arguments", "local function f@(a, b) {BODY} return a // b end local ok@, v@ = pcall(f@, {INT}, n & 1) if ok@ then r = r + v@ else r = r * 5 + #v@ end" },
	{ "xpcall with arguments", "local ok@, v@ = xpcall(function(a) {BODY} return a % (n & 1) end, function(e) return #e end, ({INT})) r = r * 3 + v@ if ok@ then r = r + 1 end" },
	{ "error caught twice", "local ok@, v@ = pcall(function() local ok, e = pcall(function() {BODY} error({INT}) end) if type(e) ~= 'number' then error(e, 0) end return e end) if ok@ then r = r + v@ else r = r * 3 end" },
	{ "assert's results", "local x@, y@ = assert({INT}, {STR}) {BODY} r = r + x@ + #y@" },
	{ "printed format", 'print(("%q %5.1f"):format({STR}, {INT})) {BODY}' },
	{ "several bytes", "local x@, y@ = ({STR}):byte(2, 3) {BODY} if y@ then r = r + x@ * y@ end" },
	{ "unpacked", 'local x@, y@, z@ = string.unpack(">I2c3", ({STR}) .. "abcde") {BODY} r = r + x@ * #y@ + z@ + ({INT})' },
	{ "unpacked from a view", 'local u@ = p.udp if u@ then local x@, y@, z@ = u@.payload:unpack("<i4s1", (({INT}) & 3) + 1) {BODY} r = r + x@ + #y@ * z@ end' },
	{ "captures", 'local k@, v@ = ({STR}):match("^(%a+)=(%d*)") {BODY} if k@ then r = r + #k@ * 7 + (tonumber(v@) or 3) end' },
	{ "gmatch of a view", 'for k@, v@ in p:gmatch("(%w)=(%w)") do {BODY} r = r * 3 + k@:byte() + v@:byte() + ({INT}) end' },
	{ "iterator called", 'local f@ = ({STR}):gmatch("%d") local x@ = f@() {BODY} local y@ = f@() if x@ and y@ then r = r + x@:byte() * y@:byte() end' },

	-- ---- expressions ----

	{ "le16", "p:le16(({INT}) & 63)", "int?" },
	{ "le32 and le64", "((p:le32(({INT}) & 63) or 3) ~ (p:le64(({INT}) & 31) or 5))", "int" },
	{ "u8 or u32", "(p:u8(({INT}) & 127) or p:u32(({INT}) & 7))", "int?" },
	{ "LPM map", "(p.ipv4 and LPM[p.ipv4.src] or LPM[bpf.ip(({INT}) & 7)])", "int?", see = "LPM" },
	{ "filter asked", "KNOWN:peek(({INT}) & 7)", "bool", needs = "bloom_filter" },
	{ "per-CPU hash read", "PCH[({INT}) & 3]", "int?", see = "PCH" },
	{ "table.concat", "table.concat({ {STR}, ({INT}) & 0xff }, ',')", "str" },
	{ "char", "string.char(({INT}) & 0xff, 65, ({INT}) & 7)", "str" },
	{ "packed", 'string.pack("<i4s1z", ({INT}) & 0xffff, ({STR}):sub(1, 8), "k")', "str" },
	{ "cidr:has", "(p.ipv4 and NET:has(p.ipv4.src) == ({BOOL}))", "bool" },
	{ "math.ult", "math.ult({INT}, n)", "bool" },
	{ "math.tointeger", "math.tointeger({INT})", "int?" },
	{ "floor and ceil", "(math.floor({INT}) - math.ceil(n))", "int" },
	{ "against a float", "(({INT}) < 2.5 or ({INT}) == 1e3)", "bool" },
	{ "find in a view", '(p:find("%d", (({INT}) & 31) + 30))', "int?" },
	{ "plain find in a view", '(p.udp and p.udp.payload:find("=1", ({INT}) & 15, true))', "int?" },
	{ "match in a view", 'p:match("(%w+)=", (({INT}) & 31) + 30)', "str?" },
	{ "unpack of a view", '(p:unpack(">i3", (({INT}) & 63) + 1))', "int" },
	{ "balanced", '({STR}):match("%b=1")', "str?" },
	{ "frontier", '({STR}):match("%f[%d]%d+", 2)', "str?" },
	{ "place", '({STR}):match("()=%w")', "int?" },
	{ "set of characters", '({STR}):match("^[^=%s]-(.?)$")', "str?" },
	{ "view's part", "p:sub((({INT}) & 15) + 43, -3)", "str" },
	{ "VLAN", "(p.vlan and p.vlan.id + ({INT}))", "int?", frame = "vlan" },
	{ "IPv6 address", '(p.ipv6 and p.ipv6.src:within("2001:db8::/32") and ({BOOL}))', "bool", frame = "ipv6" },
	{ "address of either version", "(p.ip and tostring(p.ip.src) or {STR})", "str", frame = "ipv6" },
	{ "text of an address", "tostring(bpf.ip(({INT}) & 0xffffffff))", "str" },
	{ "byte of an address", "(p.eth and p.eth.src:byte(({INT}) & 7))", "int?" },
	{ "name of a protocol's own", "(p.udp and p.udp.cs_own and p.udp.cs_own.name)", "str?", frame = "own" },
	{ "captured by much", "BIG[({INT}) & 127]", "int?" },
	{ "captured twice", "(ACL[({INT}) & 3][n & 3])", "int?" },
	{ "captured text", "WORDS[({INT}) & 3]", "str?" },
	{ "captured by address", "(p.ipv4 and SEEN[p.ipv4.src] or ({ANY}))", "mix" },
	{ "MPLS", "(p.mpls and p.mpls.label + ({INT}))", "int?", frame = "mpls" },
	{ "rawget and rawlen", "(rawget(FIELDS, 'ttl') + rawlen(LIST) + ({INT}))", "int" },
	{ "rawequal", "rawequal({ANY}, {INT})", "bool" },
	{ "select", "(select(-1, n, {INT}))", "int" },
	{ "number by a base", 'tonumber(({STR}):match("%x%x?") or "z", 16)', "int?" },
	{ "texts compared", "(({STR}) <= p:sub(55, 60) or ({STR}) ~= s)", "bool" },
	{ "format of numbers", '("%x/%+d/%c"):format(({INT}) & 0xff, {INT}, ({INT}) & 0x7f | 1)', "str" },
	{ "time and chance", "(bpf.random() & 0 | (bpf.ktime() > 0 and ({INT}) or 7))", "int" },
}

return M
