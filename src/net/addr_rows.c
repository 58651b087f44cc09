/* addr_rows.c - methods of addresses: a:int(), a:byte(i), a:within(cidr); compiled, and as twins. */
#include "net/lower.h"

#include "core/ctype.h"

#include <errno.h>
#include <stdio.h>

#define ADDRESSES (IR_BIT(IR_IP4) | IR_BIT(IR_IP6) | IR_BIT(IR_MAC))
#define NO_INT "calling 'int' on bad self (an IPv6 address is no 64-bit integer)"

static unsigned size_of(unsigned kind)
{
	return kind == IR_IP4 ? 4 : kind == IR_IP6 ? 16 : 6;
}

/* ---- what differs by the kind of address: one function each, called in a block of its own ---- */

typedef struct lw_val one_fn(struct lw *w, unsigned kind, const struct lw_val *a, const struct lw_val *arg);

static struct lw_val each(struct lw *w, const struct lw_val *args, uint64_t kinds, one_fn *one)
{
	struct lw_join j = lw_join_new(w, kinds, 0);

	for (uint64_t left = args[0].kinds, bit; left; left &= ~bit) {
		bit = left & -left;
		ir_blk mine = lw_block(w, 0), other = left == bit ? 0 : lw_block(w, 0);
		struct lw_val rest = args[0];
		rest.kinds = left;
		if (other)
			lw_br_kind(w, &rest, bit, mine, other);
		else
			lw_jmp(w, mine, 0, NULL);
		lw_enter(w, mine);
		struct lw_val a = lw_narrow(w, &args[0], bit);
		struct lw_val v = one(w, (unsigned)__builtin_ctzll(bit), &a, &args[1]);
		if (w->cur)
			lw_join_add(w, &j, &v);
		if (other)
			lw_enter(w, other);
	}
	return lw_join_end(w, &j);
}

/* ---- int ---- */

static struct lw_val int_of(struct lw *w, unsigned kind, const struct lw_val *a, const struct lw_val *arg)
{
	(void)arg;
	if (kind == IR_IP6) {
		lw_raise(w, NO_INT);
		return lw_nil();
	}
	ir_ref v = lw_word(w, a, 0);
	return lw_int(kind == IR_IP4 ? lw_op1(w, IRO(be32), v) : lw_mac_turned(w, v));
}

static bool int_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
		     const struct ir_type *a, struct ir_type *out)
{
	(void)row, (void)n, (void)out;
	if (a[0].kinds != IR_BIT(IR_IP6))
		return true;
	infer_refuse(in, site, ON_VALUES, "read its parts: a:byte(1), a:byte(2) ...", "an IPv6 address is no "
		     "64-bit integer");
	return false;
}

static void int_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		      struct lw_val *out)
{
	(void)row, (void)n;
	struct lw_val self[2] = { args[0] };
	*out = each(w, self, out->kinds, int_of);
}

/* ---- byte ---- */

/* How far byte i of a word that was loaded from an address must be shifted. */
static ir_ref shift_of(struct lw *w, unsigned kind, ir_ref i)
{
	ir_ref shift = lw_op2i(w, IRO(shl64), i, 3);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	(void)kind;
	return shift;
#else
	return kind == IR_MAC ? shift :
	       lw_op2(w, IRO(sub64), lw_imm(w, kind == IR_IP4 ? 24 : 56), shift);
#endif
}

/* The half of an IPv6 address that byte i is in. */
static ir_ref half_of(struct lw *w, const struct lw_val *a, ir_ref i)
{
	ir_blk low = lw_block(w, 0), high = lw_block(w, 0), meet = lw_block(w, 1);
	ir_ref words[] = { lw_word(w, a, 0), lw_word(w, a, 1) };

	lw_bri(w, IR_ULT, i, 8, low, high);
	lw_enter(w, low);
	lw_jmp(w, meet, 1, &words[0]);
	lw_enter(w, high);
	lw_jmp(w, meet, 1, &words[1]);
	lw_enter(w, meet);
	return lw_param(w, meet, 0);
}

static struct lw_val byte_of(struct lw *w, unsigned kind, const struct lw_val *a, const struct lw_val *arg)
{
	struct lw_join j = lw_join_new(w, IR_BIT(IR_INT) | IR_BIT(IR_NIL), 0);
	ir_blk inside = lw_block(w, 0), outside = lw_block(w, 0);
	ir_ref i = lw_op2i(w, IRO(sub64), lw_int_word(w, arg), 1);

	lw_bri(w, IR_ULT, i, size_of(kind), inside, outside);
	lw_enter(w, inside);
	ir_ref word = kind == IR_IP6 ? half_of(w, a, i) : lw_word(w, a, 0);
	ir_ref in_word = kind == IR_IP6 ? lw_op2i(w, IRO(and64), i, 7) : i;
	word = lw_op2(w, IRO(shr64), word, shift_of(w, kind, in_word));
	struct lw_val v = lw_int(lw_op1(w, IRO(zext8), word)), none = lw_nil();
	lw_join_add(w, &j, &v);
	lw_enter(w, outside);
	lw_join_add(w, &j, &none);
	return lw_join_end(w, &j);
}

static void byte_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
		       struct lw_val *out)
{
	(void)row, (void)n;
	*out = each(w, args, out->kinds, byte_of);
}

/* ---- within ---- */

static bool prefix_of(const pg_value *k, pg_value *out)
{
	if (k->kind == PG_STR)
		return pg_parse_cidr(k->str, out) == 0;
	*out = *k;
	return k->kind == PG_CIDR;
}

static bool within_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n,
			const struct ir_type *a, struct ir_type *out)
{
	(void)row, (void)n, (void)out;
	pg_value cidr;

	if (a[1].k && prefix_of(a[1].k, &cidr))
		return true;
	if (a[1].k && a[1].k->kind == PG_STR)
		infer_error(in, site, "write it as \"10.0.0.0/8\", or capture bpf.cidr(...)", "'%s' is no prefix", a[1].k->str);
	else
		infer_refuse(in, site, ON_PACKETS, "write it as \"10.0.0.0/8\", or capture bpf.cidr(...) or a list of such, not of texts; "
			     "many are found at once in a map: bpf.map { \"lpm_trie\", key = \"ip4/prefix\", value = \"bool\" }",
			     "'within' takes a constant prefix");
	return false;
}

/* The part of a prefix's mask, and of its address, that word i of an address is compared with. */
static void mask_words(const pg_value *cidr, unsigned i, uint64_t *mask, uint64_t *want)
{
	uint8_t m[16] = { 0 };
	unsigned size = cidr->n == 4 ? 4 : 8;
	uint32_t m4, w4;

	for (unsigned b = 0; b < cidr->prefix; b++)
		m[b / 8] |= (uint8_t)(0x80 >> b % 8);
	if (size == 4) {
		memcpy(&m4, m, 4);
		memcpy(&w4, cidr->addr, 4);
		*mask = m4;
		*want = w4;
	} else {
		memcpy(mask, m + i * 8, 8);
		memcpy(want, cidr->addr + i * 8, 8);
	}
	*want &= *mask;
}

static struct lw_val within_of(struct lw *w, unsigned kind, const struct lw_val *a, const struct lw_val *arg)
{
	pg_value cidr;
	ir_ref differs = 0;
	bool family = prefix_of(arg->k, &cidr) && cidr.n == size_of(kind) && kind != IR_MAC;

	for (unsigned i = 0; family && i < (kind == IR_IP6 ? 2u : 1u); i++) {
		uint64_t mask, want;
		mask_words(&cidr, i, &mask, &want);
		if (!mask)
			continue;
		ir_ref d = lw_op2i(w, IRO(xor64), lw_op2i(w, IRO(and64), lw_word(w, a, i), (int64_t)mask),
				   (int64_t)want);
		differs = differs ? lw_op2(w, IRO(or64), differs, d) : d;
	}
	return differs ? lw_bool(w, IR_EQ, differs, lw_imm(w, 0)) : lw_bool_const(family);
}

static void within_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args,
			 struct lw_val *out)
{
	(void)row, (void)n;
	*out = each(w, args, out->kinds, within_of);
}

const struct ir_lib net_addr_rows[] = {
	{ .name = "int", .ret = IR_BIT(IR_INT), .type = int_type, .lower = int_lower,
	  .what = "an ip4 or mac as an integer" },
	{ .name = "byte", .min = 1, .max = 1, .args = { IR_BIT(IR_INT) },
	  .ret = IR_BIT(IR_INT) | IR_BIT(IR_NIL), .effects = IR_UNSIGNED, .imm = 1, .lower = byte_lower,
	  .what = "byte number i (from 1), nil outside" },
	{ .name = "within", .min = 1, .max = 1, .args = { IR_ALL_STRINGS | IR_BIT(IR_HOST) },
	  .ret = IR_BOOL, .type = within_type, .lower = within_lower,
	  .what = "is it in the prefix?" },
	{ 0 }
};

/* ---- cidr:has(a): the same the other way round ---- */

static bool has_type(struct infer *in, const struct ir_lib *row, uint32_t site, uint32_t n, const struct ir_type *a,
		     struct ir_type *out)
{
	(void)row, (void)n, (void)out;
	if (a[1].kinds & ADDRESSES)
		return true;
	infer_error(in, site, "give it an address, such as pkt.ip.src", "bad argument #1 to 'has' (address expected, got %s)",
		    infer_called(in, &a[1], IR_ANY));
	return false;
}

static void has_lower(struct lw *w, const struct ir_lib *row, uint32_t n, const struct lw_val *args, struct lw_val *out)
{
	struct lw_val a[2] = { lw_check_kind(w, &args[1], ADDRESSES, "bad argument #1 to 'has' (address expected, got %K)"),
			       args[0] };
	within_lower(w, row, n, a, out);
}

const struct ir_lib net_cidr_rows[] = {
	{ .name = "has", .min = 1, .max = 1, .ret = IR_BOOL, .type = has_type, .lower = has_lower,
	  .what = "is the address in it?" },
	{ 0 }
};

/* ---- twins ---- */

static unsigned twin_size(const pg_value *v)
{
	return v->kind == PG_IP4 ? 4 : v->kind == PG_IP6 ? 16 : v->kind == PG_MAC ? 6 : 0;
}

static int bad(char *err, size_t errlen, const char *text)
{
	snprintf(err, errlen, "%s", text);
	return -EINVAL;
}

typedef int twin_fn(const pg_value *self, const pg_value *arg, pg_value *out, char *err, size_t errlen);

static int twin_int(const pg_value *self, const pg_value *arg, pg_value *out, char *err, size_t errlen)
{
	(void)arg;
	uint64_t v = 0;

	if (self->kind == PG_IP6)
		return bad(err, errlen, NO_INT);
	for (unsigned i = 0; i < twin_size(self); i++)
		v = v << 8 | self->addr[i];
	*out = (pg_value){ .kind = PG_INT, .i = (int64_t)v };
	return 0;
}

static int twin_byte(const pg_value *self, const pg_value *arg, pg_value *out, char *err, size_t errlen)
{
	if (arg->kind != PG_INT) {
		snprintf(err, errlen, "bad argument #1 to 'byte' (number expected, got %s)",
			 ct_kind_name(arg->kind));
		return -EINVAL;
	}
	*out = (pg_value){ .kind = PG_NIL };
	if (arg->i >= 1 && arg->i <= twin_size(self))
		*out = (pg_value){ .kind = PG_INT, .i = self->addr[arg->i - 1] };
	return 0;
}

static int twin_within(const pg_value *self, const pg_value *arg, pg_value *out, char *err, size_t errlen)
{
	pg_value cidr;

	if (!prefix_of(arg, &cidr))
		return bad(err, errlen, "bad argument #1 to 'within' (prefix expected: 10.0.0.0/8)");
	*out = (pg_value){ .kind = pg_within(self, &cidr) ? PG_TRUE : PG_FALSE };
	return 0;
}

static const struct { const char *name; int nargs; twin_fn *call; } twins[] = {
	{ "int", 0, twin_int }, { "byte", 1, twin_byte }, { "within", 1, twin_within },
};

int net_twin_addr(const pg_value *self, const char *method, const pg_value *args, int n,
		  pg_value *out, char *err, size_t errlen)
{
	if (!twin_size(self))
		return bad(err, errlen, "address expected");
	for (unsigned i = 0; i < sizeof twins / sizeof *twins; i++) {
		if (strcmp(twins[i].name, method) != 0)
			continue;
		if (n < twins[i].nargs) {
			snprintf(err, errlen, "bad argument #%d to '%s' (no value)", n + 1, method);
			return -EINVAL;
		}
		return twins[i].call(self, args, out, err, errlen);
	}
	snprintf(err, errlen, "an address has no method '%s'", method);
	return -ENOENT;
}
