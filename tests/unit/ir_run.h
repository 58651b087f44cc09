/*
 * ir_run.h - runs Lua-level IR on a stock Lua state: values are Lua's own, so that what a function
 * built from bytecode does can be compared with what Lua does with the same bytecode.
 *
 * A frame is a Lua table by value number; several results are a table with n; a cell is a table with
 * its value at 1; a closure is a C function with its ir_fn and the table of its cells.
 */
#ifndef TEST_IR_RUN_H
#define TEST_IR_RUN_H

#include "ir/ir.h"

#include <lauxlib.h>
#include <lua.h>

struct run {
	lua_State *L;
	struct ir_fn *f;
	int frame, cells, extra; /* stack indexes */
};

static int run_call(lua_State *L);

static void run_get(struct run *r, ir_ref v) { lua_rawgeti(r->L, r->frame, v); }

static int64_t run_int(struct run *r, ir_ref v)
{
	run_get(r, v);
	if (!lua_isinteger(r->L, -1))
		luaL_error(r->L, "'for' value is no integer");
	int64_t n = lua_tointeger(r->L, -1);
	lua_pop(r->L, 1);
	return n;
}

static void run_const(lua_State *L, const pg_value *k)
{
	switch (k->kind) {
	case PG_FALSE: lua_pushboolean(L, 0); break;
	case PG_TRUE:  lua_pushboolean(L, 1); break;
	case PG_INT:   lua_pushinteger(L, k->i); break;
	case PG_FLOAT: lua_pushnumber(L, k->f); break;
	case PG_STR:   lua_pushlstring(L, k->str, k->n); break;
	default:       lua_pushnil(L);
	}
}

static void run_closure(lua_State *L, struct ir_fn *f, int cells)
{
	cells = lua_absindex(L, cells);
	lua_pushlightuserdata(L, f);
	lua_pushvalue(L, cells);
	lua_pushcclosure(L, run_call, 2);
}

/* Pushes arguments from `first` on, the last one spread when it is several; how many. */
static int run_args(struct run *r, const struct ir_ins *ins, uint32_t first, bool open)
{
	int n = 0;
	luaL_checkstack(r->L, (int)ins->nargs + 8, NULL);
	for (uint32_t i = first; i < ins->nargs; i++, n++)
		run_get(r, ins->args[i]);
	if (!open)
		return n;
	int several = lua_gettop(r->L);
	lua_getfield(r->L, several, "n");
	int more = (int)lua_tointeger(r->L, -1);
	lua_pop(r->L, 1);
	luaL_checkstack(r->L, more + 8, NULL);
	for (int i = 1; i <= more; i++)
		lua_rawgeti(r->L, several, i);
	lua_remove(r->L, several);
	return n - 1 + more;
}

/* The values above `base` as several. */
static void run_pack(lua_State *L, int base)
{
	int n = lua_gettop(L) - base;
	lua_createtable(L, n, 1);
	lua_insert(L, base + 1);
	for (int i = n; i >= 1; i--)
		lua_rawseti(L, base + 1, i);
	lua_pushinteger(L, n);
	lua_setfield(L, base + 1, "n");
}

static bool run_of_kinds(lua_State *L, uint64_t kinds)
{
	switch (lua_type(L, -1)) {
	case LUA_TNIL:     return kinds & IR_BIT(IR_NIL);
	case LUA_TBOOLEAN: return kinds & IR_BIT(lua_toboolean(L, -1) ? IR_TRUE : IR_FALSE);
	case LUA_TNUMBER:  return kinds & (IR_BIT(IR_INT) | IR_BIT(IR_FLOAT));
	default:           return kinds & ~(IR_BIT(IR_NIL) | IR_BOOL);
	}
}

static const int run_arith_op[IR_NOPS] = {
	[IRO(add)] = LUA_OPADD + 1,   [IRO(sub)] = LUA_OPSUB + 1,   [IRO(mul)] = LUA_OPMUL + 1,
	[IRO(mod)] = LUA_OPMOD + 1,   [IRO(pow)] = LUA_OPPOW + 1,   [IRO(div)] = LUA_OPDIV + 1,
	[IRO(idiv)] = LUA_OPIDIV + 1, [IRO(band)] = LUA_OPBAND + 1, [IRO(bor)] = LUA_OPBOR + 1,
	[IRO(bxor)] = LUA_OPBXOR + 1, [IRO(shl)] = LUA_OPSHL + 1,   [IRO(shr)] = LUA_OPSHR + 1,
	[IRO(unm)] = LUA_OPUNM + 1,   [IRO(bnot)] = LUA_OPBNOT + 1,
};

static void run_loop_values(struct run *r, const struct ir_ins *ins)
{
	int64_t init = run_int(r, ins->args[0]), limit = run_int(r, ins->args[1]),
		step = run_int(r, ins->args[2]);
	if (!step)
		luaL_error(r->L, "'for' step is zero");
	if (ins->op == IRO(forskip)) {
		lua_pushboolean(r->L, step > 0 ? init > limit : init < limit);
		return;
	}
	uint64_t span = step > 0 ? (uint64_t)limit - (uint64_t)init : (uint64_t)init - (uint64_t)limit;
	uint64_t by = step > 0 ? (uint64_t)step : 0 - (uint64_t)step;
	lua_pushinteger(r->L, (lua_Integer)(span / by));
}

/* Leaves the value of an instruction on the stack, or nothing when it has none. */
static void run_value(struct run *r, const struct ir_ins *ins)
{
	lua_State *L = r->L;
	int top = lua_gettop(L);
	switch (ins->op) {
	case IRO(const):
		run_const(L, ins->k);
		return;
	case IRO(upval):
		lua_rawgeti(L, r->cells, (int)ins->aux + 1);
		lua_rawgeti(L, -1, 1);
		lua_remove(L, -2);
		return;
	case IRO(upcell):
		lua_rawgeti(L, r->cells, (int)ins->aux + 1);
		return;
	case IRO(setupval):
		lua_rawgeti(L, r->cells, (int)ins->aux + 1);
		run_get(r, ins->args[0]);
		lua_rawseti(L, -2, 1);
		lua_pop(L, 1);
		return;
	case IRO(cell):
		lua_createtable(L, 1, 0);
		run_get(r, ins->args[0]);
		lua_rawseti(L, -2, 1);
		return;
	case IRO(cellget):
		run_get(r, ins->args[0]);
		lua_rawgeti(L, -1, 1);
		lua_remove(L, -2);
		return;
	case IRO(cellset):
		run_get(r, ins->args[0]);
		run_get(r, ins->args[1]);
		lua_rawseti(L, -2, 1);
		lua_pop(L, 1);
		return;
	case IRO(closure):
		lua_createtable(L, (int)ins->nargs, 0);
		for (uint32_t i = 0; i < ins->nargs; i++) {
			run_get(r, ins->args[i]);
			lua_rawseti(L, -2, i + 1);
		}
		run_closure(L, r->f->unit->source->inner(r->f->unit, r->f, ins->aux), -1);
		lua_remove(L, -2);
		return;
	case IRO(pi):
		run_get(r, ins->args[0]);
		if (!run_of_kinds(L, (uint64_t)ins->imm))
			luaL_error(L, "pi promised another kind than %s", luaL_typename(L, -1));
		return;
	case IRO(not):
		run_get(r, ins->args[0]);
		lua_pushboolean(L, !lua_toboolean(L, -1));
		return;
	case IRO(len):
		run_get(r, ins->args[0]);
		lua_len(L, -1);
		return;
	case IRO(concat):
		lua_concat(L, run_args(r, ins, 0, false));
		return;
	case IRO(eq):
	case IRO(lt):
	case IRO(le):
		run_args(r, ins, 0, false);
		lua_pushboolean(L, lua_compare(L, -2, -1, ins->op == IRO(eq) ? LUA_OPEQ
							  : ins->op == IRO(lt) ? LUA_OPLT : LUA_OPLE));
		return;
	case IRO(index):
	case IRO(self):
		run_args(r, ins, 0, false);
		lua_gettable(L, -2);
		return;
	case IRO(setindex):
		run_args(r, ins, 0, false);
		lua_settable(L, -3);
		return;
	case IRO(newtable):
		lua_newtable(L);
		return;
	case IRO(setlist):
		run_get(r, ins->args[0]);
		for (int n = run_args(r, ins, 1, ins->aux & IR_OPEN); n > 0; n--)
			lua_rawseti(L, top + 1, (lua_Integer)ins->imm + n);
		return;
	case IRO(noclose):
		return;
	case IRO(forcall):
	case IRO(call):
		lua_call(L, run_args(r, ins, 0, ins->aux & IR_OPEN) - 1, LUA_MULTRET);
		run_pack(L, top);
		return;
	case IRO(result):
		run_get(r, ins->args[0]);
		lua_rawgeti(L, -1, (lua_Integer)ins->aux + 1);
		return;
	case IRO(vararg):
		lua_pushvalue(L, r->extra);
		return;
	case IRO(forskip):
	case IRO(forcount):
		run_loop_values(r, ins);
		return;
	case IRO(refuse):
		luaL_error(L, "refused: %s", ins->k->str);
		return;
	}
	run_args(r, ins, 0, false);
	if (ins->nargs == 1)
		lua_pushvalue(L, -1);
	lua_arith(L, run_arith_op[ins->op] - 1);
}

static ir_ref run_edge(struct run *r, const struct ir_edge *e)
{
	const struct ir_block *k = ir_block(r->f, e->to);
	luaL_checkstack(r->L, (int)e->nargs + 4, NULL);
	for (uint32_t i = 0; i < e->nargs; i++)
		run_get(r, e->args[i]);
	for (uint32_t i = e->nargs; i-- > 0;)
		lua_rawseti(r->L, r->frame, k->params[i]);
	return k->first;
}

static int run_call(lua_State *L)
{
	struct run r = { .L = L, .f = lua_touserdata(L, lua_upvalueindex(1)) };
	int n = lua_gettop(L), params = (int)r.f->nparams;
	lua_newtable(L);
	r.frame = n + 1;
	for (int i = 0; i < params && i < n; i++) {
		lua_pushvalue(L, i + 1);
		lua_rawseti(L, r.frame, ir_block(r.f, 1)->params[i]);
	}
	lua_pushvalue(L, lua_upvalueindex(2));
	r.cells = n + 2;
	for (int i = params; i < n; i++)
		lua_pushvalue(L, i + 1);
	run_pack(L, r.cells);
	r.extra = n + 3;
	for (ir_ref i = ir_block(r.f, 1)->first;;) {
		const struct ir_ins *ins = ir_at(r.f, i);
		lua_settop(L, r.extra);
		switch (ins->op) {
		case IRO(jmp):
			i = run_edge(&r, &ins->succ[0]);
			continue;
		case IRO(branch):
			run_get(&r, ins->args[0]);
			i = run_edge(&r, &ins->succ[!lua_toboolean(L, -1)]);
			continue;
		case IRO(return):
			return run_args(&r, ins, 0, ins->aux);
		}
		run_value(&r, ins);
		if (ir_ops[ins->op].result != 'N')
			lua_rawseti(L, r.frame, i);
		i = ins->next;
	}
}

/* Pushes f, whose only upvalue is _ENV, as a function. */
static inline void run_push(lua_State *L, struct ir_fn *f)
{
	lua_createtable(L, 1, 0);
	lua_createtable(L, 1, 0);
	lua_pushglobaltable(L);
	lua_rawseti(L, -2, 1);
	lua_rawseti(L, -2, 1);
	run_closure(L, f, -1);
	lua_remove(L, -2);
}

#endif
