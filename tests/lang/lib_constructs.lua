-- The constructs of the language, one row each, as text with holes: lib_pairs.lua puts each into each other one.
--
-- A row is { name, text, sort of what an expression gives, see = "...", hooks = { ... } }; a statement has no sort. Holes
-- of a text: {INT} {STR} {BOOL} {ANY} take an expression, {BODY} takes statements. @ is a number of its own, so that
-- names of an outer and an inner construct differ. Around a text are p, the packet; n, an integer of it; s, up to 12
-- bytes of it; r, what is counted. see names what it changes, of `world` below.
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
local request = { "hash", key = "u8", value = "u32", entries = 8 }
local inner = bpf.map(request)
maps.INNER = bpf.map { "array_of_maps", name = "cs_inner", entries = 2, inner = request }
maps.INNER[1] = inner
local state = bpf.state { n = "i64", last = "u16" }
local percpu = bpf.percpu { n = "i64" }

M.env = setmetatable({
	PORTS = ports, RULES = rules, OBJECT = object, NAMES = { ["key=12"] = 4, ["a"] = "b", [""] = true },
	LIST = { 7, 0, -2 }, FIELDS = { ttl = 3 },
	STEPS = { [0] = function(x) return x & 1 end, [1] = function(x) return x > 5 and 0 or 2 end, [2] = function() return 1 end },
	HANDLERS = { [1] = function(x) return x + 1 end, [2] = function(x) return x * 2 end, [3] = function(x) return object:get(x) end },
	ST = state, PC = percpu, EV = bpf.events { n = "i64", s = "char[16]" },
	HOME = bpf.ip "10.0.0.1", NET = bpf.cidr "10.0.0.0/8",
}, { __index = _G })
for name, map in pairs(maps) do M.env[name] = map end

M.world = {
	HITS = maps.HITS, FLOWS = maps.FLOWS, TEXTS = maps.TEXTS, QUEUE = maps.QUEUE, LOCKED = maps.LOCKED, INNER = inner, EV = M.env.EV,
	ST = { state, "n", "last" }, PC = { percpu, "n" },
}

-- What the maps hold before each run.
function M.setup(names)
	if names.HITS then maps.HITS[1], maps.HITS[3] = 4, 0xffffffff end
	if names.FLOWS then maps.FLOWS[1] = { n = 5, port = 80 } end
	if names.LOCKED then maps.LOCKED[1] = { n = 7, last = 1 } end
	if names.TEXTS then maps.TEXTS["key=12"] = -1 end
	if names.QUEUE then maps.QUEUE:push(9) end
end
maps.ROW[0], maps.ROW[1], maps.ROW[2] = 3, 0, -5

-- ---- statements ----

M.rows = {
	{ "if", "if {BOOL} then {BODY} elseif {INT} == 3 then r = r + 5 else r = r * 7 end" },
	{ "else", "if n > 2 then r = r + 5 elseif {BOOL} then r = r * 7 else {BODY} end" },
	{ "while", "local i@ = 0 while i@ < ({INT}) & 3 do {BODY} i@ = i@ + 1 end" },
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
	{ "local function", "local function f@(x) {BODY} return x + 1 end r = r + f@({INT}) * f@(n)" },
	{ "upvalue assigned", "local c@ = 0 local function up@(d) c@ = c@ + d {BODY} return c@ end up@({INT}) r = r + up@(2)" },
	{ "several results", "local function f@() {BODY} return n, {INT} end local x@, y@ = f@() r = r + x@ - y@" },
	{ "varargs", 'local function f@(...) {BODY} local x = select(2, ...) return select("#", ...) + x end r = r + f@(1, {INT}, n)' },
	{ "method", "local o@ = { k = n } function o@.add(self, x) {BODY} return self.k + x end r = r + o@:add({INT})" },
	{ "function by key", "local f@ = HANDLERS[({INT}) & 1] if f@ then {BODY} r = r + f@(n) end" },
	{ "return", "if {BOOL} then {BODY} return r, {INT} end" },
	{ "pcall", "local ok@, v@ = pcall(function() {BODY} return ({INT}) + 1 end) if ok@ then r = r + v@ else r = r * 5 end" },
	{ "pcall of error", 'local ok@, v@ = pcall(function() {BODY} if {BOOL} then error({INT}) end return 1 end) if ok@ or type(v@) == "number" then r = r + v@ else r = r * 7 end' },
	{ "xpcall", 'local ok@, v@ = xpcall(function() {BODY} return {BOOL} end, function(e) if type(e) == "string" then return 7 end return {INT} end) if v@ then r = r + 1 end r = ok@ and r or r * 3' },
	{ "assert", 'assert({BOOL}, "no") {BODY}' },
	{ "error with text", 'if {BOOL} then {BODY} error("bad " .. ({STR}):sub(1, 4), 0) end' },
	{ "error with a number", "if {BOOL} then {BODY} error({INT}) end" },
	{ "error with a table", "if {BOOL} then {BODY} error({ code = {INT} }) end" },
	{ "record", "local t@ = { a = {INT}, b = n } {BODY} t@.a = t@.a + t@.b r = r + t@.a" },
	{ "list", "local t@ = { n } t@[#t@ + 1] = {INT} {BODY} r = r + #t@ + t@[2]" },
	{ "list grown in a loop", "local t@ = {} for i@ = 1, 3 do t@[#t@ + 1] = {INT} {BODY} end r = r + #t@ + t@[3]" },
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
	{ "text as key", "TEXTS[({STR}):sub(1, 8)] = {INT} {BODY}", see = "TEXTS" },
	{ "entry", "local e@ = FLOWS[({INT}) & 1] if e@ then {BODY} e@.n = e@.n + n e@.port = ({INT}) & 0xffff end", see = "FLOWS" },
	{ "state", "ST.n = ST.n + ({INT}) ST.last = ({INT}) & 0xfff {BODY} r = r + ST.n", see = "ST" },
	{ "per-CPU state", "PC.n = PC.n + ({INT}) {BODY} r = r + PC.n", see = "PC" },
	{ "queue", "local v@ = QUEUE:pop() if v@ then {BODY} QUEUE:push(({INT}) + v@) end", see = "QUEUE" },
	{ "packet write", "local ip@ = p.ipv4 if ip@ then {BODY} ip@.ttl = ({INT}) & 0xff r = r + ip@.ttl end", hooks = { "xdp", "tc" } },
	{ "event", "{BODY} EV:send { n = {INT}, s = ({STR}):sub(1, 8) }", see = "EV" },
	{ "print", 'print("pair", {ANY}) {BODY}' },

	-- ---- expressions ----

	{ "arithmetic", "(({INT}) * 3 - -(({INT}) + n))", "int" },
	{ "division", "(n // ({INT}) + ({INT}) % 7)", "int" },
	{ "bits", "(({INT}) & 0xff ~ n << (({INT}) & 63) | ~({INT}) >> 2)", "int" },
	{ "math", "math.max(math.abs({INT}), math.min(n, 7), math.fmod({INT}, 9))", "int" },
	{ "comparison", "(({INT}) < n or ({ANY}) == 3)", "bool" },
	{ "and or", "(({BOOL}) and n or ({ANY}))", "mix" },
	{ "not", "(not ({ANY}))", "bool" },
	{ "concat", '(({STR}) .. ":" .. (({INT}) & 0xff))', "str" },
	{ "format", '("%d-%.4s"):format({INT}, {STR})', "str" },
	{ "sub", "({STR}):sub(2, ({INT}) & 7)", "str" },
	{ "byte", "({STR}):byte(({INT}) & 7)", "int?" },
	{ "find", '(({STR}):find("=", 1, true))', "int?" },
	{ "match", '({STR}):match("%d+")', "str?" },
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

return M
