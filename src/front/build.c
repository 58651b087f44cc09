/* build.c - a prototype to SSA on the Lua level: blocks, registers, branches. */
#include "front/build.h"

#include "core/mutant.h"

/* ---- emitting ---- */

/* One for each instruction that something is made of. */
static uint32_t site(struct build *b)
{
	if (!b->site)
		b->site = ir_site(b->u, (struct diag_pos){ b->p->file, b->line, b->pc, b->p }, 0);
	return b->site;
}

ir_ref build_emit(struct build *b, enum ir_op op, uint32_t n, const ir_ref *args)
{
	ir_ref i = ir_ins_new(b->f, op, n, args);
	ir_at(b->f, i)->site = site(b);
	ir_append(b->f, b->cur, i);
	return i;
}

void build_names(struct build *b, ir_ref i, struct ir_name n0, struct ir_name n1, struct ir_name result)
{
	if (!n0.how && !n1.how && !result.how)
		return;
	struct ir_name *n = arena_array(b->u->arena, struct ir_name, 3);
	n[0] = n0;
	n[1] = n1;
	n[2] = result;
	ir_at(b->f, i)->names = n;
}

ir_ref build_const(struct build *b, const pg_value *k)
{
	ir_ref i = build_emit(b, IRO(const), 0, NULL);
	ir_at(b->f, i)->k = k;
	return i;
}

ir_ref build_refuse(struct build *b, uint32_t n, const ir_ref *args, const struct refusal *row)
{
	pg_value *k = arena_new(b->u->arena, pg_value);
	*k = ir_refusal(b->u, row);
	ir_ref i = build_emit(b, IRO(refuse), n, args);
	ir_at(b->f, i)->k = k;
	return i;
}

/* ---- registers ---- */

ir_ref build_get(struct build *b, uint32_t reg)
{
	const struct build_scope *s = scope_of(b, reg);
	if (!s)
		return ssa_read(&b->s, b->cur, reg);
	ir_ref cell = ssa_read(&b->s, b->cur, s->var);
	return build_emit(b, IRO(cellget), 1, &cell);
}

void build_set(struct build *b, uint32_t reg, ir_ref v)
{
	const struct build_scope *s = scope_of(b, reg);
	b->set[reg] = (struct build_set){ v, b->pc, NULL };
	if (!s) {
		ssa_write(&b->s, b->cur, reg, v);
		return;
	}
	ir_ref args[] = { ssa_read(&b->s, b->cur, s->var), v };
	build_emit(b, IRO(cellset), 2, args);
}

void build_locals(struct build *b)
{
	const struct front_proto *p = b->p;
	for (; b->next_local < p->nlocals && p->locals[b->next_local].start <= b->pc; b->next_local++)
		if (p->locals[b->next_local].reg != UINT32_MAX)
			b->local_at[p->locals[b->next_local].reg] = b->next_local + 1;
}

const struct front_local *build_local(const struct build *b, uint32_t reg, uint32_t pc)
{
	const struct front_local *v = b->local_at[reg] ? &b->p->locals[b->local_at[reg] - 1] : NULL;
	return v && pc < v->end ? v : NULL;
}

static struct ir_name value_name(const struct build *b, ir_ref v)
{
	const struct ir_ins *ins = ir_at(b->f, v);
	if (ins->op == IRO(const) && ins->k->kind == PG_STR)
		return (struct ir_name){ IR_N_CONSTANT, ins->k->str };
	return ins->names ? ins->names[2] : (struct ir_name){ 0 };
}

/* Has all that led here come by the instruction that set the register last? */
static bool is_last(const struct build *b, const struct build_set *set)
{
	for (uint32_t pc = set->pc + 1; pc <= b->pc; pc++)
		if ((b->flags[pc] & BUILD_START) && (b->flags[pc] & BUILD_REACHED) && b->first_pred[pc] < set->pc)
			return false;
	return set->v;
}

/* As Lua names it: by what set the register, or what that was moved from; `f(a or b)`: what is f was set before a way was chosen. */
struct operand build_operand(struct build *b, uint32_t reg)
{
	const struct front_local *v = build_local(b, reg, b->pc);
	struct operand o = { .v = build_get(b, reg) };
	const struct build_set *set = &b->set[reg];
	bool known = !v && (set->v == o.v || is_last(b, set));
	const char *local = v ? v->name : known ? set->local : NULL;
	o.name = local ? (struct ir_name){ IR_N_LOCAL, local } : value_name(b, known ? set->v : o.v);
	return o;
}

struct operand build_operand_k(struct build *b, uint32_t k)
{
	struct operand o = { .v = build_const(b, &b->p->k[k]) };
	o.name = value_name(b, o.v);
	return o;
}

/* ---- control ---- */

static void go(struct build *b, ir_blk to)
{
	ir_ref j = build_emit(b, IRO(jmp), 0, NULL);
	ir_succ(b->f, j, 0, to, 0, NULL);
	ssa_edge(&b->s, b->cur, to);
	b->cur = 0;
}

/* Ends the current block with an edge to the block at pc `to`, by way of its landing, which is made
 * when it is first used. */
static void jump(struct build *b, uint32_t to)
{
	ir_blk land = b->land_at[to];
	if (land && scope_begins(b, b->pc, to)) {
		go(b, land);
		if (ir_block(b->f, land)->last)
			return;
		b->cur = land;
	}
	scope_enter(b, b->pc, to);
	go(b, b->block_at[to]);
}

/* v, cut down to the kinds, in every register that is known to hold it in block `from`. */
static ir_ref narrow(struct build *b, ir_blk from, ir_ref v, uint64_t kinds)
{
	if (!v || !kinds)
		return v;
	ir_ref pi = 0;
	for (uint32_t r = 0; r < b->p->nregs; r++) {
		if (ssa_known(&b->s, from, r) != v)
			continue;
		if (!pi) {
			pi = build_emit(b, IRO(pi), 1, &v);
			ir_at(b->f, pi)->imm = (int64_t)kinds;
			build_names(b, pi, (struct ir_name){ 0 }, (struct ir_name){ 0 },
				    value_name(b, v));
		}
		ssa_write(&b->s, b->cur, r, pi);
	}
	return pi ? pi : v;
}

/* One side of a branch has its own block, so that what is known there has a place: the target
 * itself when nothing else leads to it, and it comes later. */
static void side(struct build *b, ir_blk from, ir_ref term, uint32_t which, ir_ref v,
		 const struct branch_side *s)
{
	bool direct = b->preds[s->to] == 1 && s->to > b->pc && !b->land_at[s->to];
	b->cur = direct ? b->block_at[s->to] : ssa_block_new(&b->s, 1);
	ssa_edge(&b->s, from, b->cur);
	ir_succ(b->f, term, which, b->cur, 0, NULL);
	ir_ref here = narrow(b, from, v, s->kinds);
	if (s->side)
		s->side(b, here);
	if (direct)
		scope_enter(b, b->pc, s->to);
	else
		jump(b, s->to);
	b->cur = 0;
}

void build_branch(struct build *b, struct operand c, ir_ref v, struct branch_side yes, struct branch_side no)
{
	ir_blk from = b->cur;
	ir_ref term = build_emit(b, IRO(branch), 1, &c.v);
	build_names(b, term, c.name, (struct ir_name){ 0 }, (struct ir_name){ 0 });
	side(b, from, term, 0, v, &yes);
	side(b, from, term, 1, v, &no);
}

/* Which instructions are reached, and where blocks start. */
static void find_blocks(struct build *b)
{
	uint32_t *todo = arena_array(b->u->scratch, uint32_t, b->p->ncode + 1), n = 0;
	todo[n++] = 0;
	while (n) {
		uint32_t pc = todo[--n];
		while (!(b->flags[pc] & BUILD_REACHED)) {
			uint32_t t[2];
			bool jumps;
			unsigned nt = front_next(b->p, pc, t, &jumps);
			b->flags[pc] |= BUILD_REACHED;
			for (unsigned i = 0; jumps && i < nt; i++)
				b->flags[t[i]] |= BUILD_START;
			if (nt == 2 && !(b->flags[t[1]] & BUILD_REACHED))
				todo[n++] = t[1];
			if (nt)
				pc = t[0];
		}
	}
}

static void count_preds(struct build *b)
{
	for (uint32_t pc = 0; pc < b->p->ncode; pc++) {
		uint32_t t[2];
		bool jumps;
		if (!(b->flags[pc] & BUILD_REACHED))
			continue;
		for (unsigned n = front_next(b->p, pc, t, &jumps); n--;)
			if (!b->preds[t[n]]++)
				b->first_pred[t[n]] = pc;
	}
}

/* A variable's one cell is made in one place, however many ways lead into its scope. */
static void find_landings(struct build *b)
{
	uint32_t *ways = arena_array(b->u->scratch, uint32_t, b->p->ncode);
	ways[0] = b->flags[0] & BUILD_START && scope_begins(b, UINT32_MAX, 0);
	for (uint32_t pc = 0; pc < b->p->ncode; pc++) {
		uint32_t t[2];
		bool jumps;
		if (!(b->flags[pc] & BUILD_REACHED))
			continue;
		for (unsigned n = front_next(b->p, pc, t, &jumps); n--;)
			ways[t[n]] += b->flags[t[n]] & BUILD_START && scope_begins(b, pc, t[n]);
	}
	for (uint32_t pc = 0; pc < b->p->ncode; pc++)
		if (ways[pc] > 1) {
			b->land_at[pc] = ssa_block_new(&b->s, ways[pc]);
			b->preds[pc] -= ways[pc] - 1;
		}
}

/* The entry takes the parameters; no edge leads back to it. */
static void start(struct build *b)
{
	b->cur = ssa_block_new(&b->s, 0);
	if (b->flags[0] & BUILD_START)
		b->preds[0]++;
	else
		b->block_at[0] = b->cur;
	if (b->nscopes)
		find_landings(b);
	for (uint32_t pc = 0; pc < b->p->ncode; pc++)
		if ((b->flags[pc] & BUILD_START) && (b->flags[pc] & BUILD_REACHED))
			b->block_at[pc] = ssa_block_new(&b->s, b->preds[pc]);
	for (uint32_t r = 0; r < b->p->nparams; r++)
		ssa_write(&b->s, 1, r, ir_param_add(b->f, 1));
	b->f->nparams = b->p->nparams;
	if (b->flags[0] & BUILD_START) {
		b->pc = UINT32_MAX;
		jump(b, 0);
	} else {
		scope_enter(b, UINT32_MAX, 0);
	}
}

static void set_site(struct build *b, uint32_t line)
{
	if (!MUTANT(line_back) || line >= b->line)
		b->line = line;
	b->site = 0;
}

static void instruction(struct build *b)
{
	uint32_t i = b->p->code[b->pc], t[2] = { 0 };
	bool jumps;
	if (b->block_at[b->pc])
		b->cur = b->block_at[b->pc];
	set_site(b, b->p->lines[b->pc]);
	build_locals(b);
	b->op = build_rows[lua_op(i)].op;
	build_rows[lua_op(i)].build(b, i);
	if (!b->cur)
		return;
	front_next(b->p, b->pc, t, &jumps);
	if (b->block_at[t[0]])
		jump(b, t[0]);
	else if (b->flags[t[0]] & BUILD_SCOPE)
		scope_enter(b, b->pc, t[0]);
}

static const char *fn_name(struct ir_unit *u, const struct front_proto *p)
{
	return p->name ? p->name : arena_printf(u->arena, "function <%s:%u>", p->file, p->line);
}

struct ir_fn *front_build(struct ir_unit *u, const struct front_proto *p)
{
	struct build b = { .u = u, .f = ir_fn_new(u, fn_name(u, p)), .p = p };
	ir_fn_reserve(b.f, p->ncode * 2 + 16, p->ncode / 2 + 8);
	b.f->pos = (struct diag_pos){ p->file, p->line, DIAG_WHOLE, p };
	b.f->last_line = p->last_line;
	b.f->nupvals = p->nupvals;
	b.f->vararg = p->vararg;
	b.f->native = p->native;
	b.f->proto = p->number;
	b.block_at = arena_array(u->scratch, ir_blk, p->ncode);
	b.land_at = arena_array(u->scratch, ir_blk, p->ncode);
	b.flags = arena_array(u->scratch, uint8_t, p->ncode + 1);
	b.preds = arena_array(u->scratch, uint32_t, p->ncode);
	b.local_at = arena_array(u->scratch, uint32_t, p->nregs);
	b.first_pred = arena_array(u->scratch, uint32_t, p->ncode);
	b.set = arena_array(u->scratch, struct build_set, p->nregs);
	find_blocks(&b);
	build_warn_unreached(&b);
	build_warn_either(&b);
	count_preds(&b);
	scope_find(&b);
	ssa_init(&b.s, b.f, p->nregs + b.nscopes);
	set_site(&b, p->lines[0]);
	start(&b);
	for (b.pc = 0; b.pc < p->ncode; b.pc++)
		if (b.flags[b.pc] & BUILD_REACHED)
			instruction(&b);
	ssa_finish(&b.s);
	return b.f;
}
