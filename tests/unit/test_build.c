/* test_build.c - functions built from bytecode do what stock Lua does, opcode by opcode; the shapes
 * that other passes count on are there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ir_run.h"
#include "lua_chunk.h"

#include <lualib.h>

static jmp_buf oom;

static int setup(void **state)
{
	static struct fixture f;
	f = (struct fixture){ 0 };
	arena_init(&f.a, 0, &oom);
	f.diag.arena = &f.a;
	f.L = luaL_newstate();
	luaL_openlibs(f.L);
	*state = &f;
	return 0;
}

static struct ir_unit *build_named(struct fixture *x, const char *source, const char *name)
{
	free(x->c.bytes);
	x->c = chunk_of(x->L, source, name);
	struct ir_unit *u = chunk_build(&x->a, &x->diag, &x->c);
	if (!u)
		print_error("%s\n", diag_text(&x->diag, DIAG_ERROR));
	assert_non_null(u);
	const char *wrong = ir_check(u);
	if (wrong)
		print_error("%s\n%s\n", wrong, ir_print(u));
	assert_null(wrong);
	return u;
}

static struct ir_unit *build(struct fixture *x, const char *source)
{
	return build_named(x, source, "=t");
}

/* ---- the same results as stock Lua ---- */

#define TEN "1,2,3,4,5,6,7,8,9,10,"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

/* Chunks that return values; every one is run by Lua and by ir_run.h. Errors compare as "error". */
static const char *const programs[] = {
	"local n, s = 0, '' for k, v in ipairs({5, 6, 7}) do n = n * 10 + v * k if n > 100 then s = 'x' break end end return n, s",
	"for k, v in pairs({}) do error(k, v) end return 1",
	"return 1, 2.5, 'x', nil, true, false",
	"local a, b, c; local d <const> = 7; return a, b, c, d",
	"return 70000, -70000, 1e15, 3.0, -65536, 1 << 62",
	/* arithmetic: registers, constants, immediates, flipped */
	"local a, b = 17, 5 return a+b, a-b, a*b, a%b, a^b, a/b, a//b, a&b, a|b, a~b, a<<b, a>>b, -a, ~a, not a",
	"local a = 17 return a+3, a-3, a*3, a%3, a^3, a/3, a//3, a&3, a|3, a~3, a<<3, a>>3",
	"local a = 17 return 3+a, 3-a, 3*a, 3%a, 3^a, 3/a, 3//a, 3&a, 3|a, 3~a, 3<<a, 3>>a",
	"local a = 17 return a+1000, a-1000, a*1000, a%1000, 1000+a, 1000-a, a&1000, 1000&a, 1000~a, a|100000, 1000>>a, a<<1000",
	"local a = -7 return a//2, a%2, a//-2, a%-2, a>>1, a<<1, 1<<a, a>>-1, a-(-1)",
	"local a = 2.5 return a+1, 1+a, a-1, 1-a, a*1.5, 1.5*a, a//1, a%1",
	"local t = setmetatable({}, {__sub = function(a, b) return type(a)..type(b) end, __shl = function(a, b) return type(a)..type(b) end, __shr = function(a, b) return type(a) .. type(b) end,"
	" __add = function(a, b) return type(a)..type(b) end, __band = function(a, b) return type(a)..type(b) end}) return t-1, 1-t, t<<1, 1<<t, t>>1, 1>>t, t+1, 1+t, t&1, 1&t, t+t, 1.5+t, t+1.5",
	"return pcall(function(a) return a + 1 end, nil)",
	"return (pcall(function(a) return 1 // a end, 0)), (pcall(function(a) return a & 1 end, 1.5))",
	/* comparisons in all forms, as values and as branches */
	"local function f(a, b) return a==b, a~=b, a<b, a<=b, a>b, a>=b end local t = {} "
	"local function all(...) local r = {...} for i = 1, #r do t[#t+1] = tostring(r[i]) end end "
	"all(f(1, 2)) all(f(2, 1)) all(f(1, 1)) all(f(1, 1.0)) all(f('a', 'b')) return table.concat(t, ' ')",
	"local function f(a) local n = 0 if a == 5 then n = n|1 end if a ~= 5 then n = n|2 end if a < 5 then n = n|4 end if a <= 5 then n = n|8 end "
	"if a > 5 then n = n|16 end if a >= 5 then n = n|32 end if 5 < a then n = n|64 end if 5 <= a then n = n|128 end return n end return f(4), f(5), f(6), f(5.5)",
	"local function f(a) local n = 0 if a == 5.0 then n = n|1 end if a < 5.0 then n = n|4 end if a <= -5.0 then n = n|8 end if a > 5.0 then n = n|16 end "
	"if a >= 1000 then n = n|32 end if a == 100000 then n = n|64 end if a == 'x' then n = n|128 end return n end return f(4), f(5), f(6.5), f(-5), f(100000), f(1000)",
	"local function f(a) return a == nil, a == true, a == false, a ~= nil, a == 'x' end return f(), f(nil), f(true), f(false), f('x')",
	"local function f(a) if a == nil then return 'nil' elseif a == false then return 'false' elseif a == true then return 'true' end return a end return f(), f(false), f(true), f(7)",
	"return (pcall(function(a) return a < 1 end, nil)), (pcall(function(a) return 1 < a end, {}))",
	/* and, or, not; tests that keep values */
	"local function f(a, b, c) return a and b, a or b, not a, a and b or c, (a or b) and c, not (a and b) end "
	"local t = {} for i = 0, 26 do local v = {nil, false, 3} local r = {f(({[0]=nil,false,1})[i%3], ({[0]=nil,false,2})[i//3%3], ({[0]=nil,false,4})[i//9])} for j = 1, 6 do t[#t+1] = tostring(r[j]) end end return table.concat(t, ',')",
	"local function f(a) local x = a and a.b and a.b.c or 'none' return x end return f(), f{}, f{b={}}, f{b={c=1}}",
	"local function f(x) if not x then return 'falsy' end return 'truthy' end return f(), f(false), f(0), f('')",
	"local a = nil local b = a or (function() return 5 end)() return b",
	"local function f(a, b) if a and b then return 1 elseif a or b then return 2 else return 3 end end return f(1, 1), f(1), f(nil, 1), f()",
	/* loops */
	"local s = 0 for i = 1, 10 do s = s + i end return s",
	"local s = '' for i = 10, 1, -3 do s = s .. i .. ' ' end return s",
	"local s = 0 for i = 5, 4 do s = 1 end for i = 1, 3 do for j = i, 3 do s = s * 10 + i * j end end return s",
	"local s = '' for i = math.maxinteger - 1, math.maxinteger do s = s .. i .. ' ' end for i = math.mininteger, math.mininteger + 2, 2 do s = s .. i .. ' ' end return s",
	"local s = 0 for i = math.mininteger, math.maxinteger, math.maxinteger do s = s + 1 end return s",
	"local s = '' for i = 1, 5 do local j = i i = i * 2 if j == 2 then goto next end if j == 4 then break end s = s .. i .. ',' ::next:: end return s",
	"local n, s = 10, 0 while n > 0 do n = n - 1 if n % 2 == 0 then s = s + n end if s > 15 then break end end return n, s",
	"local n = 0 repeat local m = n n = n + 1 until m >= 5 return n",
	"local i = 1 ::top:: if i < 5 then i = i + 1 goto top end return i",
	"local s = '' do local i = 0 goto b ::a:: s = s .. 'a' goto c ::b:: s = s .. 'b' i = i + 1 goto a ::c:: s = s .. 'c' if i < 2 then goto b end end return s",
	"local s, n = '', 0 goto b ::a:: s = s .. n goto c ::b:: n = n + 1 if not n then s = 'x' else goto a end ::c:: return s",
	"while true do break end return 'out'",
	"local a, b = 0, 1 for i = 1, 20 do a, b = b, a + b end return a",
	"local function f(n) while true do if n > 100 then return n end n = n * 2 end end return f(3)",
	"return (pcall(function() for i = 1, 10, 0 do end end)), (pcall(function() for i = 1, 'x' do end end))",
	"local function p(n) for i = 2, n - 1 do if n % i == 0 then return false end end return true end local s = '' for i = 2, 30 do if p(i) then s = s .. i .. ' ' end end return s",
	/* calls, several results, varargs */
	"local function f(...) return ... end return f(), f(1, 2), f(3, 4, 5)",
	"local function f(...) local a, b = ... return b, a, select('#', ...) end return f(), f(1), f(1, 2, 3)",
	"local function f(a, ...) return {...}, a end local t, a = f(1, 2, 3) return #t, t[1], t[2], a",
	"local function f() return 1, 2, 3 end local a, b, c, d = f() local x = f() local y, z = (f()) return a, b, c, d, x, y, z",
	"local function f() return 1, 2, 3 end local t = {0, f()} local u = {f(), 0} return #t, #u, math.max(f()), math.max(9, f())",
	"local function f(n) if n == 0 then return 'done', n end return f(n - 1) end return f(50)",
	"local function fib(n) if n < 2 then return n end return fib(n-1) + fib(n-2) end return fib(12)",
	"local o = {n = 4} function o:add(k, ...) self.n = self.n + k return self.n, ... end return o:add(3, 'x'), o:add(1, 'a', 'b'), (o:add(0))",
	"local function f(a, b, c) return c, b, a end return f(1), f(1, 2), f(1, 2, 3, 4)",
	"return (pcall(function() local x = nil; x() end)), (pcall(function() undefined_function(1) end))",
	"return select(2, pcall(error, 'x')), select('#', table.unpack({1, nil, 3}, 1, 3))",
	/* tables, globals */
	"local t = {1, 2, x = 3, [4] = 5, ['a b'] = 6} t.y = t.x + t[1] t[2] = nil t[300] = 'far' t['z'] = t t[t.x] = true return t.y, t[2], t[300], t.z == t, t[3], t[4], t['a b'], #'abc'",
	"g1 = 5 g2 = g1 + 1 g1 = nil local r = g2 g2 = nil return r, g1, g2",
	"local k = 'key' local t = {} t[k] = 1 t[1.5] = 2 t[true] = 3 return t.key, t[1.5], t[true]",
	"local t = {1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,(function() return 56, 57 end)()} return #t, t[1], t[50], t[51], t[57]",
	"local t = {" HUNDRED HUNDRED HUNDRED HUNDRED "'last'} return #t, t[1], t[255], t[256], t[257], t[301], t[400], t[401]",
	"local a, b = 'x', 5 return a .. b, a .. b .. 'y' .. 1.5, #(a .. a)",
	"return (pcall(function(a) return a .. 'x' end, nil)), (pcall(function(a) return a.b.c end, {}))",
	/* inner functions: what they share, and what they do not */
	"local function counter() local n = 0 return function() n = n + 1 return n end, function() return n end end local inc, get = counter() inc() inc() local inc2, get2 = counter() inc2() return get(), get2()",
	"local fs = {} for i = 1, 3 do fs[i] = function() i = i + 10 return i end end return fs[1](), fs[1](), fs[2](), fs[3]()",
	"local fs = {} local n = 0 while n < 3 do local m = n fs[n] = function() m = m + 1 return m end n = n + 1 end return fs[0](), fs[0](), fs[1](), fs[2]()",
	"local fs = {} local n = 0 repeat local m = n fs[n] = function() m = m + 1 return m end n = n + 1 until m >= 2 return fs[0](), fs[0](), fs[1](), fs[2](), n",
	"local fs = {} local n = 0 do ::top:: local m = n fs[n] = function() m = m + 1 return m end n = n + 1 if n < 3 then goto top end end return fs[0](), fs[0](), fs[1](), fs[2]()",
	"local fs = {} local m = 0 ::top:: fs[#fs + 1] = function() m = m + 1 return m end if #fs < 3 then goto top end return fs[1](), fs[2](), fs[3](), m",
	"local fs = {} for i = 1, 3 do local function f(n) if n == 0 then return i end return f(n - 1) end fs[i] = f end return fs[1](3), fs[2](2), fs[3](0)",
	"local function f(p, ...) local g = function() p = p + 1 return p end g() return p, g(), p, ... end return f(1, 'x')",
	"local a = 1 local function f() local b = 2 return function() a = a + b b = b + 1 return a end end local g = f() g() return g(), a",
	"local x = 1 do local x = 2 local f = function() return x end x = 3 return x, f() end",
	"local f, g f = function(n) if n == 0 then return 'even' end return g(n - 1) end g = function(n) if n == 0 then return 'odd' end return f(n - 1) end return f(5), f(6)",
	"local x = nil and 1 or 2 local f = function() x = x and x + 1 return x end return f(), f(), x",
	"local function f() return f end return f() == f",
	"local t = {} for i = 1, 2 do local a <const> = i * 2 local b = a t[i] = function() b = b + a return b end end return t[1](), t[1](), t[2]()",
	"local a, b, c = 1, 2, 3 local f = function() return a, c end a, c = c, a return f()",
	"local s = '' for i = 1, 3 do local v if i == 2 then v = 'two' end s = s .. tostring(v) local f = function() v = i end f() s = s .. v end return s",
	"local function outer() local x = 0 local function mid() local function inner() x = x + 1 return x end return inner end return mid()(), mid()(), x end return outer()",
	"local r = '' for i = 1, 3 do local x = i if i == 2 then goto continue end r = r .. (function() x = x * 2 return x end)() ::continue:: end return r",
};

static const char *results_text(lua_State *L, int base)
{
	luaL_Buffer buf;
	int n = lua_gettop(L);
	luaL_buffinit(L, &buf);
	for (int i = base + 1; i <= n; i++) {
		luaL_tolstring(L, i, NULL);
		luaL_addvalue(&buf);
		luaL_addstring(&buf, "; ");
	}
	luaL_pushresult(&buf);
	return lua_tostring(L, -1);
}

/* Results of the function on the stack, as text that stays on the stack. */
static const char *run_text(lua_State *L)
{
	int base = lua_gettop(L) - 1;
	if (lua_pcall(L, 0, LUA_MULTRET, 0) != LUA_OK)
		print_error("%s\n", lua_tostring(L, -1));
	return results_text(L, base);
}

/* Error messages hold the names of variables: only in stock Lua. */
static void same_text(const char *source, const char *lua, const char *ours)
{
	if (strncmp(lua, "false; t:", 9) == 0 && strncmp(ours, "false; ", 7) == 0)
		return;
	if (strcmp(lua, ours))
		print_error("in: %s\n", source);
	assert_string_equal(ours, lua);
}

static void test_same_as_lua(void **state)
{
	struct fixture *x = *state;
	for (unsigned i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
		struct ir_unit *u = build(x, programs[i]);
		lua_settop(x->L, 0);
		luaL_loadbuffer(x->L, programs[i], strlen(programs[i]), "=t");
		const char *lua = run_text(x->L);
		run_push(x->L, u->main);
		const char *ours = run_text(x->L);
		same_text(programs[i], lua, ours);
	}
}

/* ---- every instruction ---- */

static void see(const struct front_proto *p, bool *seen)
{
	for (uint32_t pc = 0; pc < p->ncode; pc++)
		seen[lua_op(p->code[pc])] = true;
	for (uint32_t i = 0; i < p->nprotos; i++)
		see(p->protos[i], seen);
}

static void read_and_see(struct fixture *x, bool *seen)
{
	struct front_proto *p = NULL;
	assert_null(front_read(&x->a, x->c.bytes, x->c.n, &p));
	see(p, seen);
}

static const char *const refused[] = {
	"local x <close> = nil return 1",
};

/* More constants than LOADK can name. */
static char *many_constants(void)
{
	enum { N = 131100 };
	char *s = malloc(N * 16), *at = s;
	at += sprintf(at, "local x ");
	for (int i = 0; i < N; i++)
		at += sprintf(at, "x=%d.5 ", i);
	sprintf(at, "return x");
	return s;
}

static void test_every_opcode(void **state)
{
	struct fixture *x = *state;
	bool seen[LUA_NOPS] = { 0 };
	for (unsigned i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
		build(x, programs[i]);
		read_and_see(x, seen);
	}
	for (unsigned i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		struct ir_unit *u = build(x, refused[i]);
		assert_non_null(strstr(ir_print(u), "= refuse "));
		read_and_see(x, seen);
	}
	char *source = many_constants();
	struct ir_unit *u = build(x, source);
	read_and_see(x, seen);
	free(source);
	run_push(x->L, u->main);
	assert_string_equal(run_text(x->L), "131099.5; ");
	static const char *const names[] = {
#define LUA_OP(name, format, a, b, c, next, build, op) #name,
#include "front/opcodes.def"
#undef LUA_OP
	};
	for (unsigned op = 0; op < LUA_NOPS; op++)
		if (!seen[op])
			fail_msg("no source here has %s", names[op]);
}

static void test_prints_and_reads(void **state)
{
	struct fixture *x = *state;
	for (unsigned i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
		const char *text = ir_print(build(x, programs[i])), *err;
		struct ir_unit *again = ir_read(&x->a, &x->diag, NULL, text, &err);
		if (!again)
			print_error("%s\nin:\n%s\n", err, text);
		assert_non_null(again);
		assert_string_equal(ir_print(again), text);
		assert_null(ir_check(again));
	}
}

/* ---- shapes ---- */

/* The text of the first inner function holds each of the lines given. */
static const struct { const char *source, *lines[8]; } shapes[] = {
	{ "return function(x) return 5 + x end", { "add v2, v1 {-, local \"x\", -} @t:1", "v2 = const 5" } },
	{ "return function(x) return 5 << x end", { "shl v2, v1" } },
	{ "return function(x) return x - 5 end", { "sub v1, v2", "v2 = const 5" } },
	{ "return function(x) return x > 5 end", { "lt v2, v1", "v2 = const 5" } },
	{ "return function(x) return x >= 5.0 end", { "le v2, v1", "v2 = const float 0x1.4p+2" } },
	{ "return function(x) if x then return x end return 1 end",
	  { "branch v1 -> b2, b3", "v3 = pi v1 .0 #~nil|false", "return v3 .0", "pi v1 .0 #nil|false" } },
	{ "return function(x) if x == nil then return x end return x end",
	  { "pi v1 .0 #nil @", "pi v1 .0 #~nil @", "= eq v1, v2 {local \"x\", -, -}" } },
	{ "return function(x) local y = x if not y then return 1 end return x, y end", { "return v", "#~nil|false" } },
	{ "return function(n) for i = 1, n do f(i) end end",
	  { "= forskip v2, v1, v", "= forcount v2, v1, v", "b2(v", "= eq v", "= sub v", "= add v" } },
	{ "return function(p) return p.a.b end", { "{local \"p\", constant \"a\", field \"a\"}", "{field \"a\", constant \"b\", field \"b\"}" } },
	{ "return function(p, q) local a = 1 return a .. g .. p .. q.x end", { "{local \"a\", global \"g\", -, local \"p\", field \"x\"}" } },
	{ "return function(p) return p:m(1) end", { "= self v1, v2 {local \"p\", constant \"m\", method \"m\"}", "{method \"m\", -, -}", "call v3, v1, v4 .0" } },
	{ "return function() return g.x end", { "{upvalue \"_ENV\", constant \"g\", global \"g\"}", "{global \"g\", constant \"x\", field \"x\"}" } },
	{ "return function(...) return f(1, ...) end", { " = vararg ", " .1 {global \"f\", -, -}", "fn 1 \"function <t:1>\" params 0 upvals 1 proto 2 vararg at t:1", "return v", " .1 @" } },
	{ "return function() local function f() return f end return f end", { "= cell v", "= closure v", "cellset v", "cellget v" } },
	{ "return function() do local z = 5 end local function f() return f end end", { "v3 = cell v2", "v2 = const nil" } },
	{ "return function() return (function() return x end)() end", { "= upcell .0", "= closure v1 .0" } },
	{ "local function named() end return named", { "fn 1 \"named\"" } },
	{ "function global_name() end", { "fn 1 \"global_name\"" } },
	{ "local t = {} function t.member() end", { "fn 1 \"member\"" } },
	{ "return function() goto a ::b:: x() goto c ::a:: goto b ::c:: end", { "jmp -> b" } },
};

static void test_shapes(void **state)
{
	struct fixture *x = *state;
	for (unsigned i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		const char *text = strstr(ir_print(build(x, shapes[i].source)), "fn 1 ");
		assert_non_null(text);
		for (unsigned l = 0; l < 8 && shapes[i].lines[l]; l++) {
			if (!strstr(text, shapes[i].lines[l]))
				fail_msg("no '%s' in what became of %s:\n%s", shapes[i].lines[l],
					 shapes[i].source, text);
		}
	}
}

/* Straight-line code has no block parameters, a loop's only what it changes. */
static void test_parameters_are_needed(void **state)
{
	struct fixture *x = *state;
	struct ir_fn *f = build(x, "return function(a, b) if a then b = b + 1 end local c = a "
				   "while b < c do b = b * 2 end return a, b, c end")->fns[1];
	uint32_t params = 0;
	for (ir_blk b = 2; b < f->nblocks; b++)
		params += ir_block(f, b)->nparams;
	/* after the if: a (narrowed on both sides) and b; the loop's head: b */
	assert_int_equal(params, 3);
	lua_settop(x->L, 0);
	f = build(x, "return function(n) local s = 0 for i = 1, n do s = s + i end return s end")->fns[1];
	params = 0;
	for (ir_blk b = 2; b < f->nblocks; b++)
		params += ir_block(f, b)->nparams;
	/* the loop's head: s, how often again, index (the variable is the same); behind it: s */
	assert_int_equal(params, 4);
}

/* A long function takes no stack and little more than linear time. */
static void test_long_functions(void **state)
{
	struct fixture *x = *state;
	enum { N = 5000 };
	char *s = malloc(N * 48), *at = s;
	at += sprintf(at, "local a, b, c = ...\n");
	for (int i = 0; i < N; i++)
		at += sprintf(at, "if b == %d then a = a + 1 end\n", i);
	sprintf(at, "return a, b, c");
	struct ir_unit *u = build(x, s);
	free(s);
	assert_true(u->main->nblocks > N);
}

static void test_many_functions(void **state)
{
	struct fixture *x = *state;
	enum { N = 300 };
	char *s = malloc(N * 24), *at = s;
	for (int i = 0; i < N; i++)
		at += sprintf(at, "f = function() end ");
	assert_int_equal(build(x, s)->nfns, N + 1);
	free(s);
}

/* ---- names of sources, functions of captures ---- */

static void test_sources(void **state)
{
	static const struct { const char *name, *file; } names[] = {
		{ "@dir/file.lua", "dir/file.lua" },
		{ "=stdin", "stdin" },
		{ "return 1", "[string \"return 1\"]" },
		{ "return 1\nx()", "[string \"return 1...\"]" },
		{ "12345678901234567890123456789012345678901234", "[string \"12345678901234567890123456789012345678901234\"]" },
		{ "123456789012345678901234567890123456789012345", "[string \"123456789012345678901234567890123456789012345...\"]" },
	};
	struct fixture *x = *state;
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
		lua_settop(x->L, 0);
		struct ir_unit *u = build_named(x, "error('')", names[i].name);
		assert_string_equal(u->main->pos.file, names[i].file);
		/* Lua says the same, before the line */
		lua_pcall(x->L, 0, 0, 0);
		char expect[200];
		snprintf(expect, sizeof(expect), "%s:1: ", names[i].file);
		assert_string_equal(lua_tostring(x->L, -1), expect);
	}
}

/* Lines of all calls are those Lua reports, however far apart. */
static void test_lines(void **state)
{
	struct fixture *x = *state;
	luaL_Buffer buf;
	luaL_buffinit(x->L, &buf);
	uint32_t want[402], n = 0, line = 1;
	for (unsigned i = 0; i < 400; i++) {
		for (unsigned gap = i % 7 == 0 ? 300 : i % 3; gap--; line++)
			luaL_addstring(&buf, "\n");
		want[n++] = line;
		luaL_addstring(&buf, "f() ");
	}
	/* a call is on the line of its function, also when its arguments are further down */
	luaL_addstring(&buf, "f(\n\n\nf())");
	want[n++] = line + 3;
	want[n++] = line;
	luaL_pushresult(&buf);
	const struct ir_fn *f = build(x, lua_tostring(x->L, -1))->main;
	unsigned got = 0;
	for (ir_ref i = ir_block(f, 1)->first; i; i = ir_at(f, i)->next)
		if (ir_at(f, i)->op == IRO(call))
			assert_int_equal(f->unit->sites[ir_at(f, i)->site].pos.line, want[got++]);
	assert_int_equal(got, n);
}

static int upvalue_of(void *arg, uint64_t func, unsigned i, pg_value *out)
{
	(void)arg;
	*out = (pg_value){ .kind = PG_INT, .i = (int64_t)(func * 100 + i) };
	return 0;
}

static int index_of(void *arg, uint64_t table, const pg_value *key, pg_value *out)
{
	(void)arg;
	*out = (pg_value){ .kind = PG_INT, .i = (int64_t)table + key->i };
	return 0;
}

static void test_captures(void **state)
{
	struct fixture *x = *state;
	x->c = chunk_of(x->L, "local l = 1 return function() return function() return l, g end end", "=t");
	struct pg_capture cap = { .arg = &x->c, .chunk = chunk_give, .upvalue = upvalue_of, .index = index_of };
	struct ir_unit *u = ir_unit_new(&x->a, &x->diag, NULL);
	struct ir_fn *f = NULL;
	assert_int_equal(front_open(u, &cap, 7, &f), 0);
	assert_ptr_equal(u->main, f);
	assert_int_equal(f->host, 7);
	struct ir_fn *g = front_inner(u, f, 0), *h = front_inner(u, g, 0);
	assert_ptr_equal(front_inner(u, f, 0), g);
	assert_null(front_inner(u, f, 1));
	assert_int_equal(g->host, 0);
	assert_ptr_equal(front_host(u, 7), f);
	assert_ptr_not_equal(front_host(u, 8), f);
	assert_ptr_equal(front_host(u, 8), front_host(u, 8));
	pg_value v;
	assert_int_equal(front_upvalue(u, f, 0, &v), 0);
	assert_int_equal(v.i, 700);
	/* h's upvalues: l is the main function's local, _ENV comes from outside of it */
	assert_string_equal(front_upvalue_name(u, h, 0), "l");
	assert_true(front_upvalue(u, h, 0, &v) < 0);
	assert_string_equal(front_upvalue_name(u, h, 1), "_ENV");
	assert_int_equal(front_upvalue(u, h, 1, &v), 0);
	assert_int_equal(v.i, 700);
	assert_true(front_upvalue(u, h, 2, &v) < 0);
	assert_int_equal(front_index(u, 5, &(pg_value){ .kind = PG_INT, .i = 6 }, &v), 0);
	assert_int_equal(v.i, 11);
}

static void test_no_chunk(void **state)
{
	struct fixture *x = *state;
	struct chunk none = { 0 };
	assert_null(chunk_build(&x->a, &x->diag, &none));
	assert_int_equal(x->diag.errors, 1);
	assert_string_equal(x->diag.v[0].text, "the function's code cannot be had (is it a C function?)");
}

int main(void)
{
	if (setjmp(oom))
		return 2;
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_same_as_lua), T(test_every_opcode), T(test_prints_and_reads), T(test_shapes),
		T(test_parameters_are_needed), T(test_long_functions), T(test_many_functions), T(test_sources), T(test_lines),
		T(test_captures), T(test_no_chunk),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
