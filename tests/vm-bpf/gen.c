/* gen.c - random programs; values in scope are a stack, cut back when a branch is left. */
#include "gen.h"

#include "ir/target.h"

struct gen {
	const struct gen_opts *o;
	struct ir_unit *u;
	struct ir_fn *f;
	ir_blk cur;
	uint64_t seed;
	ir_ref pool[512];
	uint32_t n;
	ir_ref pkt, end;      /* 64 bytes from pkt are inside */
	uint32_t key, val;    /* stack slots */
	uint32_t site;
};

static uint32_t pick(struct gen *g, uint32_t n) { return (uint32_t)(world_random(&g->seed) >> 33) % n; }

/* ---- instructions ---- */

static ir_ref ins(struct gen *g, enum ir_op op, uint32_t n, const ir_ref *args, int64_t imm, uint32_t aux)
{
	ir_ref r = ir_ins_new(g->f, op, n, args);
	ir_at(g->f, r)->imm = imm;
	ir_at(g->f, r)->aux = aux;
	ir_at(g->f, r)->site = g->site;
	ir_append(g->f, g->cur, r);
	return r;
}

static ir_ref imm(struct gen *g, int64_t v) { return ins(g, IRO(imm), 0, NULL, v, 0); }
static ir_ref op1(struct gen *g, enum ir_op op, ir_ref a) { return ins(g, op, 1, &a, 0, 0); }
static ir_ref op2(struct gen *g, enum ir_op op, ir_ref a, ir_ref b)
{
	return ins(g, op, 2, (ir_ref[]){ a, b }, 0, 0);
}
static ir_ref op2i(struct gen *g, enum ir_op op, ir_ref a, int64_t k) { return op2(g, op, a, imm(g, k)); }
static ir_ref slot(struct gen *g, uint32_t which) { return ins(g, IRO(slot), 0, NULL, 0, which); }
static ir_ref data(struct gen *g, int64_t off) { return ins(g, IRO(mapval), 0, NULL, off, IR_MAP_DATA); }

static void keep(struct gen *g, ir_ref v)
{
	if (g->n < sizeof(g->pool) / sizeof(*g->pool))
		g->pool[g->n++] = v;
}

static ir_ref any(struct gen *g) { return g->pool[pick(g, g->n)]; }

static int64_t constant(struct gen *g)
{
	static const int64_t some[] = { 0, 1, -1, 2, 7, 255, 256, 0xffff, 0x7fffffff, 0x80000000,
					0xffffffff, 0xfffffff0, -0x80000000LL, 0x100000000, INT64_MAX,
					INT64_MIN, -128, 0x123456789abcdef };
	return pick(g, 3) ? some[pick(g, sizeof(some) / sizeof(*some))] : (int64_t)world_random(&g->seed);
}

static ir_ref any_or_constant(struct gen *g) { return pick(g, 3) ? any(g) : imm(g, constant(g)); }

static void jump(struct gen *g, ir_blk to, uint32_t n, const ir_ref *args)
{
	ir_ref t = ins(g, IRO(jmp), 0, NULL, 0, 0);
	ir_succ(g->f, t, 0, to, n, args);
}

static void branch(struct gen *g, enum ir_op op, enum ir_cc cc, ir_ref a, ir_ref b, ir_blk yes,
		   ir_blk no)
{
	ir_ref t = ins(g, op, 2, (ir_ref[]){ a, b }, 0, cc);
	ir_succ(g->f, t, 0, yes, 0, NULL);
	ir_succ(g->f, t, 1, no, 0, NULL);
}

/* ---- statements ---- */

static void arithmetic(struct gen *g)
{
	static const enum ir_op two[] = { IRO(add64), IRO(sub64), IRO(mul64), IRO(and64), IRO(or64), IRO(xor64),
					  IRO(add32), IRO(sub32), IRO(mul32), IRO(or32), IRO(xor32) };
	ir_ref a = any_or_constant(g), b = any_or_constant(g);
	if (!pick(g, 8))
		b = a;
	keep(g, op2(g, two[pick(g, pick(g, 2) ? 6 : 11)], a, b));
}

static void division(struct gen *g)
{
	static const int64_t by[] = { 1, 2, 3, 10, -2, -7, 64, 0x10000, 0x80000000, 0x1000000000, INT64_MIN };
	enum ir_op op = IRO(udiv64) + pick(g, 4);
	ir_ref a = any_or_constant(g), b;
	if (pick(g, 2))
		b = imm(g, by[pick(g, sizeof(by) / sizeof(*by))]);
	else if (op < IRO(sdiv64))
		b = op2i(g, IRO(or64), any(g), 1);
	else /* neither 0 nor -1 */
		b = op2i(g, IRO(xor64), op2i(g, IRO(or64), any(g), 3), 1);
	keep(g, op2(g, op, a, b));
}

static void shift(struct gen *g)
{
	if (!pick(g, 4)) {
		keep(g, op2i(g, IRO(shl32), any_or_constant(g), pick(g, 32)));
		return;
	}
	ir_ref b = pick(g, 2) ? imm(g, pick(g, 64)) : op2i(g, IRO(and64), any(g), 63);
	keep(g, op2(g, IRO(shl64) + pick(g, 3), any_or_constant(g), b));
}

static void unary(struct gen *g)
{
	static const enum ir_op others[] = { IRO(own), IRO(opaque), IRO(zext32), IRO(zext32), IRO(zext16) };
	uint32_t n = IRO(be64) - IRO(neg64) + 1, k = pick(g, n + 5);
	keep(g, op1(g, k < n ? IRO(neg64) + k : others[k - n], any_or_constant(g)));
	if (!pick(g, 4))
		ins(g, IRO(look), 1, (ir_ref[]){ any(g) }, 0, 0);
}

static const uint8_t width[] = { 1, 2, 4, 8 };

static void packet(struct gen *g)
{
	uint32_t w = pick(g, 4), off = pick(g, (WORLD_PKT - 8) / width[w]) * width[w];
	ir_ref p = g->pkt;
	int64_t k = off;
	if (pick(g, 2)) {
		p = op2i(g, IRO(add64), p, off);
		k = 0;
	}
	if (pick(g, 2))
		keep(g, ins(g, IRO(load8) + w, 1, &p, k, 0));
	else
		ins(g, IRO(store8) + w, 2, (ir_ref[]){ p, any_or_constant(g) }, k, 0);
}

static void stack(struct gen *g)
{
	uint32_t w = pick(g, 4);
	ir_ref p = slot(g, g->val);
	ins(g, IRO(store64), 2, (ir_ref[]){ p, any_or_constant(g) }, 0, 0);
	ins(g, IRO(store8) + w, 2, (ir_ref[]){ p, any_or_constant(g) }, pick(g, 8 / width[w]) * width[w], 0);
	w = pick(g, 4);
	keep(g, ins(g, IRO(load8) + w, 1, &p, pick(g, 8 / width[w]) * width[w], 0));
}

static void map_value(struct gen *g)
{
	int64_t off = 16 + 8 * pick(g, 6), near = pick(g, 2) ? off : 0;
	ir_ref p = data(g, off - near);
	switch (pick(g, 4)) {
	case 0: ins(g, IRO(atomadd64), 2, (ir_ref[]){ p, any_or_constant(g) }, near, 0); break;
	case 1: ins(g, IRO(atomadd32), 2, (ir_ref[]){ p, any_or_constant(g) }, near, 0); break;
	case 2: ins(g, IRO(store64), 2, (ir_ref[]){ p, any_or_constant(g) }, near, 0); break;
	case 3: keep(g, ins(g, IRO(load32), 1, &p, near, 0)); break;
	}
}

static void statements(struct gen *g, uint32_t n, uint32_t depth);

/* Packet bytes at an offset known at run time: checked, then read in the same register. */
static void variable_packet(struct gen *g)
{
	ir_blk ok = ir_block_new(g->f), join = ir_block_new(g->f), no = ir_block_new(g->f);
	ir_ref i = op2i(g, IRO(and64), any(g), 127), v = ir_param_add(g->f, join);
	ir_ref p = op2(g, IRO(add64), g->pkt, i);
	branch(g, IRO(br), IR_UGT, op2i(g, IRO(add64), p, 8), g->end, no, ok);
	ir_block(g->f, no)->cold = true;
	g->cur = ok;
	ir_ref got = ins(g, IRO(load64), 1, &p, 0, 0);
	jump(g, join, 1, &got);
	g->cur = no;
	got = imm(g, -1);
	jump(g, join, 1, &got);
	g->cur = join;
	keep(g, v);
}

static ir_ref key(struct gen *g)
{
	ir_ref p = slot(g, g->key);
	ins(g, IRO(store32), 2, (ir_ref[]){ p, op2i(g, IRO(and64), any(g), 15) }, 0, 0);
	return p;
}

static ir_ref map(struct gen *g) { return ins(g, IRO(mapfd), 0, NULL, 0, WORLD_MAP); }

static void look_up(struct gen *g, uint32_t depth)
{
	ir_ref k = key(g), r = ins(g, IRO(helper), 2, (ir_ref[]){ map(g), k }, 0, BPF_FUNC_map_lookup_elem);
	ir_blk ok = ir_block_new(g->f), join = ir_block_new(g->f);
	ir_ref v = ir_param_add(g->f, join);
	uint32_t n = g->n;
	ir_ref zero = imm(g, 0), t = ins(g, IRO(br), 2, (ir_ref[]){ r, zero }, 0, IR_EQ);
	ir_succ(g->f, t, 0, join, 1, &zero);
	ir_succ(g->f, t, 1, ok, 0, NULL);
	g->cur = ok;
	statements(g, pick(g, 3), depth + 1);
	if (pick(g, 2))
		ins(g, IRO(atomadd64), 2, (ir_ref[]){ r, any(g) }, 0, 0);
	ir_ref got = ins(g, IRO(load64), 1, &r, 0, 0);
	jump(g, join, 1, &got);
	g->cur = join;
	g->n = n;
	keep(g, v);
}

static void call(struct gen *g)
{
	ir_ref k = key(g), p = slot(g, g->val), r;
	ins(g, IRO(store64), 2, (ir_ref[]){ p, any(g) }, 0, 0);
	switch (pick(g, 3)) {
	case 0:
		r = ins(g, IRO(helper), 4, (ir_ref[]){ map(g), k, p, imm(g, 0) }, 0, BPF_FUNC_map_update_elem);
		keep(g, r);
		return;
	case 1:
		r = ins(g, IRO(helper), 5, (ir_ref[]){ k, imm(g, 4), p, imm(g, 8), any(g) }, 0,
			BPF_FUNC_csum_diff);
		keep(g, op2i(g, IRO(and64), r, 0));
		return;
	}
	keep(g, op2i(g, IRO(and64), ins(g, IRO(fact), 0, NULL, 0, BPF_FUNC_get_smp_processor_id), 0));
	ins(g, IRO(helper), 0, NULL, 0, BPF_FUNC_get_prandom_u32);
}

static void choice(struct gen *g, uint32_t depth)
{
	ir_blk side[2] = { ir_block_new(g->f), ir_block_new(g->f) }, join = ir_block_new(g->f);
	uint32_t n = g->n, np = 1 + pick(g, 4);
	ir_ref params[4], args[4];
	for (uint32_t k = 0; k < np; k++)
		params[k] = ir_param_add(g->f, join);
	branch(g, pick(g, 3) ? IRO(br) : IRO(br32), pick(g, IR_CLEAR + 1), any_or_constant(g), any_or_constant(g),
	       side[0], side[1]);
	for (int s = 0; s < 2; s++) {
		g->cur = side[s];
		ir_block(g->f, side[s])->cold = !pick(g, 8);
		statements(g, pick(g, 4), depth + 1);
		for (uint32_t k = 0; k < np; k++)
			args[k] = any_or_constant(g);
		jump(g, join, np, args);
		g->n = n;
	}
	g->cur = join;
	for (uint32_t k = 0; k < np; k++)
		keep(g, params[k]);
}

/* One value compared with one constant after the other. */
static void chain(struct gen *g)
{
	ir_blk join = ir_block_new(g->f);
	ir_ref result = ir_param_add(g->f, join), x = any(g), out[4];
	if (pick(g, 2))
		x = op2i(g, IRO(and64), x, pick(g, 2) ? 15 : 0xffffffff);
	for (int k = 0; k < 4; k++)
		out[k] = any_or_constant(g);
	for (uint32_t n = 2 + pick(g, 10); n--;) {
		ir_blk next = ir_block_new(g->f);
		ir_ref t = ins(g, IRO(br), 2, (ir_ref[]){ x, imm(g, pick(g, 2) ? constant(g) : pick(g, 16)) }, 0,
			       pick(g, 2) ? IR_EQ : pick(g, IR_SET));
		uint32_t on = pick(g, 2);
		ir_succ(g->f, t, on, next, 0, NULL);
		ir_succ(g->f, t, !on, join, 1, &out[pick(g, 4)]);
		g->cur = next;
	}
	jump(g, join, 1, out);
	g->cur = join;
	keep(g, result);
}

/* Counts down; with fuel from a start that the verifier does not know. Parameters swap on the way,
 * so that the back edge is a circle of copies. */
static void loop(struct gen *g, uint32_t depth)
{
	bool fuel = g->o->fuel && pick(g, 2);
	ir_blk head = ir_block_new(g->f), body = ir_block_new(g->f), out = ir_block_new(g->f);
	ir_ref i = ir_param_add(g->f, head), x = ir_param_add(g->f, head), y = ir_param_add(g->f, head);
	uint32_t n = g->n;
	ir_ref start = imm(g, 1 + pick(g, 4));
	if (fuel)
		start = op1(g, IRO(opaque), start);
	jump(g, head, 3, (ir_ref[]){ start, any(g), any(g) });
	g->cur = head;
	branch(g, IRO(br), IR_EQ, i, imm(g, 0), out, body);
	g->cur = body;
	keep(g, x);
	keep(g, y);
	statements(g, 1 + pick(g, 2), depth + 1);
	ir_ref next[3] = { op2i(g, IRO(sub64), i, 1), y, pick(g, 2) ? x : any(g) };
	if (fuel) {
		ir_ref t = ins(g, IRO(fuel), 0, NULL, 0, 0);
		ir_succ(g->f, t, 0, head, 3, next);
		ir_succ(g->f, t, 1, out, 0, NULL);
	} else {
		jump(g, head, 3, next);
	}
	g->cur = out;
	g->n = n;
	keep(g, x);
	keep(g, y);
}

static void statement(struct gen *g, uint32_t depth)
{
	const struct gen_opts *o = g->o;
	g->site = ir_site(g->u, (struct diag_pos){ .file = "random.lua", .line = 1 + pick(g, 50) }, 0);
	uint32_t k = pick(g, 17);
	if (k == 0 && o->branches && depth < 3)
		choice(g, depth);
	else if (k == 1 && o->branches)
		variable_packet(g);
	else if (k == 2 && o->helpers && depth < 3)
		look_up(g, depth);
	else if (k == 3 && o->helpers)
		call(g);
	else if (k == 4 && o->loops && !depth)
		loop(g, 2);
	else if (k == 16 && o->branches)
		chain(g);
	else if (k == 5)
		packet(g);
	else if (k == 6)
		stack(g);
	else if (k == 7)
		map_value(g);
	else if (k == 8)
		division(g);
	else if (k == 9)
		shift(g);
	else if (k < 12)
		unary(g);
	else
		arithmetic(g);
}

static void statements(struct gen *g, uint32_t n, uint32_t depth)
{
	while (n--)
		statement(g, depth);
}

static void begin(struct gen *g)
{
	g->cur = ir_block_new(g->f);
	ir_blk body = ir_block_new(g->f), out = ir_block_new(g->f);
	ir_ref ctx = ins(g, IRO(ctx), 0, NULL, 0, 0);
	g->pkt = ins(g, IRO(load32), 1, &ctx, 0, 0);
	g->end = ins(g, IRO(load32), 1, &ctx, 4, 0);
	branch(g, IRO(br), IR_UGT, op2i(g, IRO(add64), g->pkt, WORLD_PKT), g->end, out, body);
	g->cur = out;
	ins(g, IRO(ret), 1, (ir_ref[]){ imm(g, 1) }, 0, 0);
	ir_block(g->f, out)->cold = true;
	g->cur = body;
}

struct ir_unit *gen_unit(struct arena *a, struct diag_list *diag, const struct gen_opts *o)
{
	struct gen g = { .o = o, .seed = o->seed * 2654435761u + 88172645463325252u };
	g.u = ir_unit_new(a, diag, &world_target);
	g.u->nmaps = WORLD_MAP + 1;
	g.u->maps = arena_array(a, pg_map *, WORLD_MAP + 1);
	g.f = g.u->main = ir_fn_new(g.u, "random program");
	g.f->machine = true;
	g.f->pos = (struct diag_pos){ .file = "random.lua", .line = 1 };
	g.key = ir_slot(g.f, 4, 4);
	g.val = ir_slot(g.f, 8, 8);
	begin(&g);
	for (uint32_t k = 0; k < o->inputs; k++) {
		ir_ref p = data(&g, 64 + 8 * (int64_t)(k % (WORLD_DATA - 8)));
		keep(&g, ins(&g, IRO(load64), 1, &p, 0, 0));
	}
	statements(&g, o->statements, 0);
	ir_ref sum = imm(&g, 0);
	for (uint32_t k = 0; k < g.n && k < o->live; k++)
		sum = op2(&g, IRO(xor64), op2i(&g, IRO(mul64), sum, 31), g.pool[k]);
	ins(&g, IRO(store64), 2, (ir_ref[]){ data(&g, 16), sum }, 0, 0);
	ins(&g, IRO(ret), 1, &sum, 0, 0);
	return g.u;
}
