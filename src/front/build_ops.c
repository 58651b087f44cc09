/* build_ops.c - what each instruction of Lua's virtual machine becomes: rows of opcodes.def. */
#include "front/build.h"

#include "core/mutant.h"
#include "core/refusal.h"

#define NONE ((struct ir_name){ 0 })

static const pg_value k_nil = { .kind = PG_NIL };
static const pg_value k_false = { .kind = PG_FALSE };
static const pg_value k_true = { .kind = PG_TRUE };

static struct operand number(struct build *b, bool is_float, int64_t n)
{
	pg_value *k = arena_new(b->u->arena, pg_value);
	*k = is_float ? (pg_value){ .kind = PG_FLOAT, .f = (double)n }
		      : (pg_value){ .kind = PG_INT, .i = n };
	return (struct operand){ .v = build_const(b, k) };
}

/* R or K, by the k bit. */
static struct operand rk(struct build *b, uint32_t i, uint32_t n)
{
	return lua_k(i) ? build_operand_k(b, n) : build_operand(b, n);
}

static ir_ref emit2(struct build *b, struct operand x, struct operand y, struct ir_name result)
{
	ir_ref i = build_emit(b, b->op, 2, (ir_ref[]){ x.v, y.v });
	build_names(b, i, x.name, y.name, result);
	return i;
}

/* ---- loads and moves ---- */

static void build_nothing(struct build *b, uint32_t i) { (void)b; (void)i; }

static void build_move(struct build *b, uint32_t i)
{
	const struct front_local *from = lua_b(i) < lua_a(i) ? build_local(b, lua_b(i), b->pc) : NULL;
	ir_ref v = build_get(b, lua_b(i));
	build_set(b, lua_a(i), v);
	b->set[lua_a(i)].local = from ? from->name : NULL;
}

static void load(struct build *b, uint32_t i, const pg_value *k)
{
	build_set(b, lua_a(i), build_const(b, k));
}

static void build_loadi(struct build *b, uint32_t i)
{
	build_set(b, lua_a(i), number(b, false, lua_sbx(i)).v);
}

static void build_loadf(struct build *b, uint32_t i)
{
	build_set(b, lua_a(i), number(b, true, lua_sbx(i)).v);
}

static void build_loadk(struct build *b, uint32_t i) { load(b, i, &b->p->k[lua_bx(i)]); }

static void build_loadkx(struct build *b, uint32_t i)
{
	load(b, i, &b->p->k[lua_ax(b->p->code[b->pc + 1])]);
}

static void build_loadfalse(struct build *b, uint32_t i) { load(b, i, &k_false); }
static void build_lfalseskip(struct build *b, uint32_t i) { load(b, i, &k_false); }
static void build_loadtrue(struct build *b, uint32_t i) { load(b, i, &k_true); }

static void build_loadnil(struct build *b, uint32_t i)
{
	ir_ref nil = build_const(b, &k_nil);
	for (uint32_t n = 0; n <= lua_b(i); n++)
		build_set(b, lua_a(i) + n, nil);
}

/* ---- upvalues, tables ---- */

static struct operand upvalue(struct build *b, uint32_t n)
{
	struct operand o = { .v = build_emit(b, IRO(upval), 0, NULL) };
	ir_at(b->f, o.v)->aux = n;
	o.name = (struct ir_name){ IR_N_UPVALUE, b->p->upvals[n].name };
	build_names(b, o.v, NONE, NONE, o.name);
	return o;
}

/* t[a > b] of a captured t: Lua's compiler before 5.4.6 puts the fetch of t between the comparison's jump and the two constants that
 * it chooses between, so that one of the ways goes past it, and finds in t's register what lay there before. */
static bool is_jumped_over(const struct build *b)
{
	const uint32_t *code = b->p->code + b->pc;
	return b->pc && b->pc + 2 < b->p->ncode && lua_op(code[-1]) == LUA_JMP && lua_sj(code[-1]) == 2 &&
	       lua_op(code[1]) == LUA_LFALSESKIP && lua_op(code[2]) == LUA_LOADTRUE;
}

static void build_getupval(struct build *b, uint32_t i)
{
	const struct refusal *wrong = REFUSAL(ON_TABLES, "name the key first: local over = a > b ... t[over]", "a captured table or map is "
					      "indexed by a comparison here, which this Lua's own compiler gets wrong");
	build_set(b, lua_a(i), is_jumped_over(b) ? build_refuse(b, 0, NULL, wrong) : upvalue(b, lua_b(i)).v);
}

static void build_setupval(struct build *b, uint32_t i)
{
	struct operand v = build_operand(b, lua_a(i));
	ir_ref s = build_emit(b, IRO(setupval), 1, &v.v);
	ir_at(b->f, s)->aux = lua_b(i);
	build_names(b, s, v.name, NONE, (struct ir_name){ IR_N_UPVALUE, b->p->upvals[lua_b(i)].name });
}

static struct ir_name field_name(struct operand table, struct operand key)
{
	if (key.name.how != IR_N_CONSTANT)
		return (struct ir_name){ IR_N_FIELD, "?" };
	bool env = (table.name.how == IR_N_UPVALUE || table.name.how == IR_N_LOCAL) &&
		   !strcmp(table.name.name, "_ENV");
	return (struct ir_name){ env ? IR_N_GLOBAL : IR_N_FIELD, key.name.name };
}

static void get(struct build *b, uint32_t i, struct operand table, struct operand key)
{
	build_set(b, lua_a(i), emit2(b, table, key, field_name(table, key)));
}

static void build_gettabup(struct build *b, uint32_t i)
{
	struct operand t = upvalue(b, lua_b(i));
	get(b, i, t, build_operand_k(b, lua_c(i)));
}

static void build_gettable(struct build *b, uint32_t i)
{
	struct operand t = build_operand(b, lua_b(i));
	get(b, i, t, build_operand(b, lua_c(i)));
}

static void build_geti(struct build *b, uint32_t i)
{
	struct operand t = build_operand(b, lua_b(i)), key = number(b, false, lua_c(i));
	build_set(b, lua_a(i), emit2(b, t, key, (struct ir_name){ IR_N_FIELD, "integer index" }));
}

static void build_getfield(struct build *b, uint32_t i)
{
	struct operand t = build_operand(b, lua_b(i));
	get(b, i, t, build_operand_k(b, lua_c(i)));
}

static void set(struct build *b, uint32_t i, struct operand table, struct operand key)
{
	struct operand v = rk(b, i, lua_c(i));
	ir_ref s = build_emit(b, IRO(setindex), 3, (ir_ref[]){ table.v, key.v, v.v });
	build_names(b, s, table.name, key.name, field_name(table, key));
}

static void build_settabup(struct build *b, uint32_t i)
{
	struct operand t = upvalue(b, lua_a(i));
	set(b, i, t, build_operand_k(b, lua_b(i)));
}

static void build_settable(struct build *b, uint32_t i)
{
	struct operand t = build_operand(b, lua_a(i));
	set(b, i, t, build_operand(b, lua_b(i)));
}

static void build_seti(struct build *b, uint32_t i)
{
	struct operand t = build_operand(b, lua_a(i));
	set(b, i, t, number(b, false, lua_b(i)));
}

static void build_setfield(struct build *b, uint32_t i)
{
	struct operand t = build_operand(b, lua_a(i));
	set(b, i, t, build_operand_k(b, lua_b(i)));
}

static void build_newtable(struct build *b, uint32_t i)
{
	build_set(b, lua_a(i), build_emit(b, IRO(newtable), 0, NULL));
}

static void build_self(struct build *b, uint32_t i)
{
	struct operand object = build_operand(b, lua_b(i)), key = rk(b, i, lua_c(i));
	struct ir_name method = { IR_N_METHOD, key.name.how ? key.name.name : "?" };
	build_set(b, lua_a(i) + 1, object.v);
	build_set(b, lua_a(i), emit2(b, object, key, method));
}

/* ---- operators ---- */

/* Operation, operands and their order in the source are all told by the MMBIN that follows. */
static void build_arith(struct build *b, uint32_t i)
{
	static const enum ir_op by_event[] = {
		[6] = IRO(add),   [7] = IRO(sub),   [8] = IRO(mul),   [9] = IRO(mod),
		[10] = IRO(pow),  [11] = IRO(div),  [12] = IRO(idiv), [13] = IRO(band),
		[14] = IRO(bor),  [15] = IRO(bxor), [16] = IRO(shl),  [17] = IRO(shr),
	};
	uint32_t mm = b->p->code[b->pc + 1];
	struct operand x = build_operand(b, lua_a(mm)), y, swap;
	if (lua_op(mm) == LUA_MMBINI)
		y = number(b, false, lua_sb(mm));
	else if (lua_op(mm) == LUA_MMBINK)
		y = build_operand_k(b, lua_b(mm));
	else
		y = build_operand(b, lua_b(mm));
	if (lua_op(mm) != LUA_MMBIN && lua_k(mm) && !(MUTANT(constant_left) && lua_op(mm) == LUA_MMBINI)) {
		swap = x;
		x = y;
		y = swap;
	}
	b->op = by_event[lua_c(mm)];
	build_set(b, lua_a(i), emit2(b, x, y, NONE));
}

static void build_unary(struct build *b, uint32_t i)
{
	struct operand x = build_operand(b, lua_b(i));
	ir_ref r = build_emit(b, b->op, 1, &x.v);
	build_names(b, r, x.name, NONE, NONE);
	build_set(b, lua_a(i), r);
}

/* The values of n registers from reg on; *first, *second: names of the first two. */
static ir_ref *values(struct build *b, uint32_t reg, uint32_t n, struct ir_name *first,
		      struct ir_name *second)
{
	ir_ref *v = arena_array(b->u->arena, ir_ref, n + 1);
	*first = *second = NONE;
	for (uint32_t i = 0; i < n; i++) {
		struct operand o = build_operand(b, reg + i);
		v[i] = o.v;
		if (i < 2)
			*(i ? second : first) = o.name;
	}
	return v;
}

static void build_concat(struct build *b, uint32_t i)
{
	uint32_t n = lua_b(i);
	ir_ref *v = arena_array(b->u->arena, ir_ref, n);
	struct ir_name *names = arena_array(b->u->arena, struct ir_name, n + 1);
	bool named = false;
	for (uint32_t a = 0; a < n; a++) {
		struct operand o = build_operand(b, lua_a(i) + a);
		v[a] = o.v;
		names[a < 2 ? a : a + 1] = o.name;
		named |= o.name.how != IR_N_NONE;
	}
	ir_ref r = build_emit(b, IRO(concat), n, v);
	ir_at(b->f, r)->names = named ? names : NULL;
	build_set(b, lua_a(i), r);
}

/* ---- comparisons and tests ---- */

/* Where a test goes: to its jump's target when the condition is k, else past the jump. */
static void test(struct build *b, uint32_t i, struct operand c, ir_ref v, uint64_t yes_kinds,
		 uint64_t no_kinds, void (*when_jumping)(struct build *b, ir_ref v))
{
	uint32_t t[2];
	bool jumps;
	front_next(b->p, b->pc, t, &jumps);
	struct branch_side yes = { .to = t[!lua_k(i)], .kinds = yes_kinds };
	struct branch_side no = { .to = t[lua_k(i)], .kinds = no_kinds };
	if (lua_k(i))
		yes.side = when_jumping;
	else
		no.side = when_jumping;
	build_branch(b, c, v, yes, no);
}

/* The one kind that equality with the value v shows, or 0. */
static uint64_t shown_by(const struct build *b, ir_ref v)
{
	const struct ir_ins *ins = ir_at(b->f, v);
	if (b->op != IRO(eq) || ins->op != IRO(const))
		return 0;
	switch (ins->k->kind) {
	case PG_NIL:   return IR_BIT(IR_NIL);
	case PG_FALSE: return IR_BIT(IR_FALSE);
	case PG_TRUE:  return IR_BIT(IR_TRUE);
	default:       return 0;
	}
}

static void compare(struct build *b, uint32_t i, struct operand x, struct operand y)
{
	struct operand c = { .v = emit2(b, x, y, NONE) };
	uint64_t kind = shown_by(b, y.v);
	if (kind)
		test(b, i, c, x.v, kind, ~kind, NULL);
	else if ((kind = shown_by(b, x.v)))
		test(b, i, c, y.v, kind, MUTANT(told_too_much) ? IR_BIT(IR_INT) : ~kind, NULL);
	else
		test(b, i, c, 0, 0, 0, NULL);
}

static void build_compare(struct build *b, uint32_t i)
{
	struct operand x = build_operand(b, lua_a(i));
	compare(b, i, x, build_operand(b, lua_b(i)));
}

static void build_compare_k(struct build *b, uint32_t i)
{
	struct operand x = build_operand(b, lua_a(i));
	compare(b, i, x, build_operand_k(b, lua_b(i)));
}

static void build_compare_i(struct build *b, uint32_t i)
{
	struct operand x = build_operand(b, lua_a(i));
	compare(b, i, x, number(b, lua_c(i), lua_sb(i)));
}

/* R > n is n < R. */
static void build_compare_swapped(struct build *b, uint32_t i)
{
	struct operand x = build_operand(b, lua_a(i));
	compare(b, i, number(b, lua_c(i), lua_sb(i)), x);
}

static void build_test(struct build *b, uint32_t i)
{
	struct operand o = build_operand(b, lua_a(i));
	test(b, i, o, o.v, ~IR_FALSY, IR_FALSY, NULL);
}

static void set_tested(struct build *b, ir_ref v) { build_set(b, lua_a(b->p->code[b->pc]), v); }

static void build_testset(struct build *b, uint32_t i)
{
	struct operand o = build_operand(b, lua_b(i));
	test(b, i, o, o.v, ~IR_FALSY, IR_FALSY, set_tested);
}

static void build_jump(struct build *b, uint32_t i) { (void)b; (void)i; }

/* ---- calls ---- */

/* Fixed results 0 .. n-1 of `several` into registers from reg on. */
static void results(struct build *b, ir_ref several, uint32_t reg, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		ir_ref r = build_emit(b, IRO(result), 1, &several);
		ir_at(b->f, r)->aux = i;
		build_set(b, reg + i, r);
	}
}

/* C - 1 results, or with C 0 as many as there are, for the next instruction. */
static void give(struct build *b, ir_ref several, uint32_t reg, uint32_t c)
{
	if (c)
		results(b, several, reg, c - 1);
	b->several = several;
	b->several_reg = reg;
}

/* An operation on the registers from reg on: n of them, or with n 0 all up to the several that
 * came before, and these. */
static ir_ref open_operation(struct build *b, enum ir_op op, uint32_t reg, uint32_t n, bool open)
{
	struct ir_name x, y;
	if (open)
		n = b->several_reg - reg;
	ir_ref *v = values(b, reg, n, &x, &y);
	v[n] = b->several;
	ir_ref r = build_emit(b, op, n + open, v);
	build_names(b, r, x, y, NONE);
	return r;
}

static ir_ref call(struct build *b, uint32_t i)
{
	ir_ref r = open_operation(b, IRO(call), lua_a(i), lua_b(i), !lua_b(i));
	ir_at(b->f, r)->aux = !lua_b(i);
	return r;
}

static void build_call(struct build *b, uint32_t i)
{
	ir_ref r = call(b, i);
	ir_at(b->f, r)->aux |= lua_c(i) == 1 ? IR_DROPPED : 0;
	give(b, r, lua_a(i), lua_c(i));
}

static void end_with(struct build *b, uint32_t n, const ir_ref *args, bool open)
{
	ir_ref r = build_emit(b, IRO(return), n, args);
	ir_at(b->f, r)->aux = open;
	b->cur = 0;
}

static void build_tailcall(struct build *b, uint32_t i)
{
	ir_ref several = call(b, i);
	end_with(b, 1, &several, true);
}

static void build_return(struct build *b, uint32_t i)
{
	ir_ref r = open_operation(b, IRO(return), lua_a(i), lua_b(i) - 1, !lua_b(i));
	ir_at(b->f, r)->aux = !lua_b(i);
	b->cur = 0;
}

static void build_return0(struct build *b, uint32_t i)
{
	(void)i;
	end_with(b, 0, NULL, false);
}

static void build_return1(struct build *b, uint32_t i)
{
	ir_ref v = build_get(b, lua_a(i));
	end_with(b, 1, &v, false);
}

static void build_vararg(struct build *b, uint32_t i)
{
	give(b, build_emit(b, IRO(vararg), 0, NULL), lua_a(i), lua_c(i));
}

static void build_setlist(struct build *b, uint32_t i)
{
	bool open = !lua_b(i);
	ir_ref s = open_operation(b, IRO(setlist), lua_a(i), lua_b(i) + 1, open);
	ir_at(b->f, s)->aux = open ? IR_OPEN : 0;
	ir_at(b->f, s)->imm = lua_c(i) + (lua_k(i) ? lua_ax(b->p->code[b->pc + 1]) << 8 : 0);
}

/* ---- loops ---- */

/* Registers of a numeric loop, from A: index, how often again, step, the variable. */
static void for_variables(struct build *b, ir_ref index)
{
	uint32_t a = lua_a(b->p->code[b->pc]);
	build_set(b, a, index);
	build_set(b, a + 3, index);
}

static void for_start(struct build *b, ir_ref v)
{
	uint32_t a = lua_a(b->p->code[b->pc]);
	ir_ref args[] = { build_get(b, a), build_get(b, a + 1), build_get(b, a + 2) };
	(void)v;
	build_set(b, a + 1, build_emit(b, IRO(forcount), 3, args));
	for_variables(b, args[0]);
}

static void build_forprep(struct build *b, uint32_t i)
{
	uint32_t t[2], a = lua_a(i);
	bool jumps;
	ir_ref args[] = { build_get(b, a), build_get(b, a + 1), build_get(b, a + 2) };
	front_next(b->p, b->pc, t, &jumps);
	ir_ref skip = build_emit(b, IRO(forskip), 3, args);
	build_branch(b, (struct operand){ .v = skip }, 0, (struct branch_side){ .to = t[1] },
		     (struct branch_side){ .to = t[0], .side = for_start });
}

static void for_again(struct build *b, ir_ref v)
{
	uint32_t a = lua_a(b->p->code[b->pc]);
	ir_ref count[] = { build_get(b, a + 1), number(b, false, 1).v };
	ir_ref index[] = { build_get(b, a), build_get(b, a + 2) };
	(void)v;
	build_set(b, a + 1, build_emit(b, IRO(sub), 2, count));
	for_variables(b, build_emit(b, IRO(add), 2, index));
}

static void build_forloop(struct build *b, uint32_t i)
{
	uint32_t t[2];
	bool jumps;
	front_next(b->p, b->pc, t, &jumps);
	ir_ref count[] = { build_get(b, lua_a(i) + 1), number(b, false, 0).v };
	ir_ref done = build_emit(b, IRO(eq), 2, count);
	build_branch(b, (struct operand){ .v = done }, 0, (struct branch_side){ .to = t[1] },
		     (struct branch_side){ .to = t[0], .side = for_again });
}

static void build_tforprep(struct build *b, uint32_t i)
{
	ir_ref closing = build_get(b, lua_a(i) + 3);
	build_emit(b, IRO(noclose), 1, &closing);
}

/* The first result is tested; the others are taken where there is a turn (tfor_again). */
static void build_tforcall(struct build *b, uint32_t i)
{
	uint32_t a = lua_a(i);
	ir_ref args[] = { build_get(b, a), build_get(b, a + 1), build_get(b, a + 2) };
	b->several = build_emit(b, IRO(forcall), 3, args);
	b->several_reg = a + 4;
	results(b, b->several, a + 4, 1);
}

static void tfor_again(struct build *b, ir_ref v)
{
	uint32_t a = lua_a(b->p->code[b->pc]), n = lua_c(b->p->code[b->pc - 1]);
	build_set(b, a + 2, v);
	for (uint32_t i = 1; i < n; i++) {
		ir_ref r = build_emit(b, IRO(result), 1, &b->several);
		ir_at(b->f, r)->aux = i;
		build_set(b, a + 4 + i, r);
	}
}

static void build_tforloop(struct build *b, uint32_t i)
{
	uint32_t t[2];
	bool jumps;
	front_next(b->p, b->pc, t, &jumps);
	ir_ref args[] = { build_get(b, lua_a(i) + 4), build_const(b, &k_nil) };
	ir_ref done = build_emit(b, IRO(eq), 2, args);
	build_branch(b, (struct operand){ .v = done }, args[0], (struct branch_side){ .to = t[1] },
		     (struct branch_side){ .to = t[0], .side = tfor_again });
}

static void build_tbc(struct build *b, uint32_t i)
{
	ir_ref v = build_get(b, lua_a(i));
	build_refuse(b, 1, &v, REFUSAL(ON_VALUES, "call what should close it yourself, where it is to be closed",
				       "'<close>' variables are not there in kernel code"));
}

/* ---- inner functions ---- */

/* Where the source gives the function a name: `local function f`, `function f`, `t.f = function`. */
static const char *closure_name(const struct build *b, uint32_t i)
{
	const struct front_proto *p = b->p;
	uint32_t next = p->code[b->pc + 1], reg = lua_a(i);
	for (uint32_t n = b->next_local; n < p->nlocals && p->locals[n].start == b->pc + 1; n++)
		if (p->locals[n].reg == reg)
			return p->locals[n].name;
	if ((lua_op(next) == LUA_SETTABUP || lua_op(next) == LUA_SETFIELD) && !lua_k(next) &&
	    lua_c(next) == reg)
		return p->k[lua_b(next)].str;
	if (lua_op(next) == LUA_SETUPVAL && lua_a(next) == reg)
		return p->upvals[lua_b(next)].name;
	const struct front_local *v = lua_op(next) == LUA_MOVE && lua_b(next) == reg ? build_local(b, lua_a(next), b->pc) : NULL;
	return v ? v->name : NULL;
}

/* The cell, or enclosing upvalue, of an upvalue; 0 when the chunk does not say whose it is. */
static ir_ref captured(struct build *b, const struct front_upval *u)
{
	if (!u->instack) {
		ir_ref v = build_emit(b, IRO(upcell), 0, NULL);
		ir_at(b->f, v)->aux = u->idx;
		return v;
	}
	const struct build_scope *s = scope_of(b, u->idx);
	return s ? ssa_read(&b->s, b->cur, s->var) : 0;
}

static void build_closure(struct build *b, uint32_t i)
{
	struct front_proto *inner = b->p->protos[lua_bx(i)];
	ir_ref *cells = arena_array(b->u->arena, ir_ref, inner->nupvals);
	inner->name = closure_name(b, i);
	for (uint32_t n = 0; n < inner->nupvals; n++) {
		cells[n] = captured(b, &inner->upvals[n]);
		if (!cells[n]) {
			build_set(b, lua_a(i), build_refuse(b, 0, NULL,
				REFUSAL(ON_VALUES, "compile it with debug information: luac without -s",
					"a function captures a variable that has no debug information")));
			return;
		}
	}
	ir_ref c = build_emit(b, IRO(closure), inner->nupvals, cells);
	ir_at(b->f, c)->aux = lua_bx(i);
	build_set(b, lua_a(i), c);
}

const struct build_row build_rows[LUA_NOPS] = {
#define LUA_OP(name, format, a, b, c, next, how, op) [LUA_##name] = { build_##how, IRO(op) },
#include "front/opcodes.def"
#undef LUA_OP
};
