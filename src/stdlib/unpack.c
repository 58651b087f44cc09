/* unpack.c - string.unpack(format, s), p:unpack(format): integers and strings at places that a constant says. */
#include "stdlib/stdlib.h"
#include "stdlib/wire.h"

#include "core/mutant.h"

#define INT IR_BIT(IR_INT)

/* Of a packet view the format is the first argument; of a string, as in Lua, the string itself is the format. */
static uint32_t data_at(uint64_t self) { return self & IR_VIEWS ? 0 : 1; }

/* A string is the format where a view is the data: the call of one that may be either is two. */
static bool format_or_data(struct infer *in, uint32_t site, const struct ir_type *a)
{
	if (!(a->kinds & IR_VIEWS) || !(a->kinds & IR_STRINGS))
		return false;
	return infer_refuse(in, site, ON_STRINGS, "ask first: if type(v) == \"string\" then ... string.unpack(\">I2\", v)",
			    "'unpack' is called of a string or a packet view here: of a string, that is the format"), true;
}

bool std_unpack_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		     struct ir_type *out)
{
	struct wire_field f[WIRE_FIELDS];
	uint32_t count, k = 0;
	(void)n;
	const struct ir_type *data = &a[data_at(a->kinds)], *format = &a[1 - data_at(a->kinds)];
	if (format_or_data(in, site, a))
		return false;
	if (!std_one_string(in, row, site, data))
		return false;
	if (std_several_constants(format))
		return infer_refuse(in, site, ON_STRINGS, "let a table hold functions, up to 256 of them: local function by(f) return "
				    "function(s) return s:unpack(f) end end and t[k] = by(\">I2\") outside, then t[k](pkt)",
				    "the format of '%s' is one of several constants: more than 256, used too often, or changed by a loop",
				    row->name), false;
	if (!format->k || format->k->kind != PG_STR)
		return infer_refuse(in, site, ON_STRINGS, "write string.unpack(\">I2\", s), or "
				    "pkt:unpack(\">I2\")", "the format of 'unpack' is known only at run "
				    "time"), false;
	const struct refusal *wrong = wire_read(format->k, f, &count);
	if (wrong)
		return diag_advise(infer_error(in, site, wrong->help, "the format of 'unpack': %s", wrong->text), wrong), false;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t most = std_most(data);
		if (f[i].what == WIRE_BYTES && f[i].size < most)
			most = f[i].size;
		if (f[i].what == WIRE_INT)
			out[k++] = (struct ir_type){ .kinds = INT };
		else if (f[i].what != WIRE_SKIP)
			out[k++] = std_part(data, most);
	}
	out[k] = (struct ir_type){ .kinds = INT };
	return true;
}

/* ---- lowering ---- */

struct unpacking {
	struct lw *w;
	struct lw_str s;
	ir_ref end, pos;
	const char *where;     /* how Lua counts the string among the arguments */
	const char *name;      /* of the function */
	struct lw_val *out;
};

static void needs(struct unpacking *u, ir_ref n)
{
	struct lw *w = u->w;
	ir_ref left = lw_op2(w, IRO(sub64), u->end, u->pos);
	lw_raise_if(w, IR_UGT, n, MUTANT(unpack_beyond) ? lw_op2i(w, IRO(add64), left, 1) : left,
		    "bad argument #%s to '%s' (data string too short)", u->where, u->name);
}

static void advance(struct unpacking *u, ir_ref n)
{
	u->pos = lw_op2(u->w, IRO(add64), u->pos, n);
}

static ir_ref integer(struct unpacking *u, const struct wire_field *f)
{
	struct lw *w = u->w;
	ir_ref v = lw_str_int(w, &u->s, u->pos, f->size, f->big);
	if (f->is_signed && f->size < 8)
		v = lw_op2i(w, MUTANT(unpack_unsigned) ? IRO(shr64) : IRO(sar64), lw_op2i(w, IRO(shl64), v, 64 - 8 * f->size), 64 - 8 * f->size);
	return v;
}

static struct lw_val part(struct unpacking *u, ir_ref len, uint32_t most)
{
	most = most < u->s.most ? most : u->s.most;
	return lw_str_part(u->w, &u->s, u->pos, len, most);
}

/* A string up to the next zero byte, which is passed over. */
static void zero_ended(struct unpacking *u)
{
	struct lw *w = u->w;
	ir_blk head = lw_block(w, 1), there = lw_block(w, 0), more = lw_block(w, 0), none = lw_block(w, 0);
	ir_blk found = lw_block(w, 0);
	lw_jmp(w, head, 1, &u->pos);
	lw_enter(w, head);
	ir_ref at = lw_param(w, head, 0);
	lw_br(w, IR_ULT, at, u->end, there, none);
	lw_enter(w, there);
	lw_bri(w, IR_EQ, lw_str_byte(w, &u->s, at), 0, found, more);
	lw_enter(w, more);
	lw_jmp(w, head, 1, (ir_ref[]){ lw_op2i(w, IRO(add64), at, 1) });
	lw_enter(w, none);
	lw_raise(w, "bad argument #%s to '%s' (unfinished string for format 'z')", u->where, u->name);
	lw_enter(w, found);
	*u->out++ = part(u, lw_op2(w, IRO(sub64), at, u->pos), LW_STR_MOST);
	u->pos = lw_op2i(w, IRO(add64), at, 1);
}

static void one(struct unpacking *u, const struct wire_field *f)
{
	struct lw *w = u->w;
	ir_ref size = lw_imm(w, f->size);
	if (f->what == WIRE_ZERO) {
		zero_ended(u);
		return;
	}
	if (f->align > 1) { /* the gap and the item are there, or neither is read */
		ir_ref gap = lw_op2i(w, IRO(and64), lw_op2(w, IRO(sub64), u->s.off, u->pos), f->align - 1);
		needs(u, lw_op2i(w, IRO(add64), gap, f->size));
		advance(u, gap);
	} else {
		needs(u, size);
	}
	if (f->what == WIRE_INT) {
		*u->out++ = lw_int(integer(u, f));
	} else if (f->what == WIRE_BYTES) {
		*u->out++ = part(u, size, f->size);
	} else if (f->what == WIRE_PREFIXED) {
		ir_ref len = integer(u, f);
		advance(u, size);
		needs(u, len);
		*u->out++ = part(u, len, LW_STR_MOST);
		size = len;
	}
	advance(u, size);
}

void std_unpack_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		      struct lw_val *out)
{
	struct wire_field f[WIRE_FIELDS];
	uint32_t count;
	bool method = ir_at(w->from, w->at->args[0])->op == IRO(self);
	uint32_t at = data_at(ir_at(w->from, w->at->args[1])->type.kinds);
	struct lw_val data = lw_str_one(w, &args[at]);
	struct unpacking u = { .w = w, .s = lw_str_of(w, &data), .where = method ? "1" : "2", .out = out,
			       .name = lw_callee_name(w, row) };
	wire_read(args[1 - at].k, f, &count);
	struct lw_val init = std_int_or(w, n, args, 2, 1);
	ir_ref start = lw_op2i(w, IRO(sub64), std_first(w, &init, u.s.len), 1);
	lw_raise_if(w, IR_UGT, start, u.s.len, "bad argument #%s to '%s' (initial position out of string)",
		    method ? "2" : "3", u.name);
	u.end = lw_op2(w, IRO(add64), u.s.off, u.s.len);
	u.pos = lw_op2(w, IRO(add64), u.s.off, start);
	for (uint32_t i = 0; i < count; i++)
		one(&u, &f[i]);
	*u.out = lw_int(lw_op2i(w, IRO(add64), lw_op2(w, IRO(sub64), u.pos, u.s.off), 1));
}
