/*
 * numeral.c - tonumber of text that is known only at run time.
 *
 * One loop over the bytes. Each is of a class, a class is a word with four bits for each of up to 16 states, and
 * these bits are the next state: so a step is a shift. Digits are added up on the way. What is a float, by its form
 * or because its decimal digits are too many, raises: kernel code has none.
 */
#include "stdlib/stdlib.h"

#include "core/mutant.h"

#define INT IR_BIT(IR_INT)
#define NIL IR_BIT(IR_NIL)

/* ---- states ---- */

enum { START, SIGN, ZERO, DECIMAL, FRACTION, DOT, E, E_SIGN, EXPONENT, HEX_X, HEX, HEX_FRACTION, HEX_DOT, AFTER_INT,
       AFTER_FLOAT, WRONG };

/* By class, for each state in turn, the next one as a digit. */
static const char space_class[] = "0fddefffefdefdef", sign_class[] = "1fffff7fffffffff";
static const char zero_class[] = "223344888aabbfff", digit_class[] = "333344888aabbfff";
static const char letter_class[] = "fffffffffaabbfff", e_class[] = "ff666ffffaabbfff", x_class[] = "ff9fffffffffffff";
static const char p_class[] = "ffffffffff66ffff", dot_class[] = "5544fffffcbfffff";

/* The same with a base: digits of it, and what stands around them. */
static const char space_of_base[] = "0ffdfffffffffdff", sign_of_base[] = "1fffffffffffffff", digit_of_base[] = "33f3ffffffffffff";

enum {
	ARE_INTEGERS = 1 << ZERO | 1 << DECIMAL | 1 << HEX | 1 << AFTER_INT,
	ARE_FLOATS = 1 << FRACTION | 1 << EXPONENT | 1 << HEX_FRACTION | 1 << AFTER_FLOAT,
};

static int64_t packed(const char *class)
{
	uint64_t word = 0;
	for (unsigned i = 16; i-- > 0;)
		word = word << 4 | (uint64_t)(class[i] <= '9' ? class[i] - '0' : class[i] - 'a' + 10);
	return (int64_t)word;
}

/* ---- bytes ---- */

struct scan {
	struct lw *w;
	unsigned base;         /* 0: as Lua writes numbers */
	ir_ref byte;
	ir_blk step;           /* takes the class and the digit */
	ir_blk wrong;
};

static void is_class(struct scan *s, const char *class, ir_ref digit)
{
	lw_jmp(s->w, s->step, 2, (ir_ref[]){ lw_imm(s->w, packed(class)), digit });
}

/* Where the comparison holds it is of that class; goes on where not. */
static void class_if(struct scan *s, ir_ref v, enum ir_cc cc, int64_t k, const char *class)
{
	ir_blk yes = lw_block(s->w, 0), no = lw_block(s->w, 0);
	lw_bri(s->w, cc, v, k, yes, no);
	lw_enter(s->w, yes);
	is_class(s, class, lw_imm(s->w, 0));
	lw_enter(s->w, no);
}

/* A digit of the base, or of 10 or 16. */
static void digit(struct scan *s, ir_ref d, bool letter)
{
	struct lw *w = s->w;
	if (s->base) {
		ir_blk is = lw_block(w, 0);
		lw_bri(w, IR_ULT, d, s->base, is, s->wrong);
		lw_enter(w, is);
		is_class(s, digit_of_base, d);
		return;
	}
	ir_blk one = lw_block(w, 0), other = lw_block(w, 0);
	lw_bri(w, IR_EQ, d, letter ? 14 : 0, one, other);
	lw_enter(w, one);
	is_class(s, letter ? e_class : zero_class, d);
	lw_enter(w, other);
	is_class(s, letter ? letter_class : digit_class, d);
}

static void classify(struct scan *s)
{
	struct lw *w = s->w;
	ir_blk figure = lw_block(w, 0), other = lw_block(w, 0), letter = lw_block(w, 0), rest = lw_block(w, 0);
	ir_ref d = lw_op2i(w, IRO(sub64), s->byte, '0');
	lw_bri(w, IR_ULT, d, 10, figure, other);
	lw_enter(w, figure);
	digit(s, d, false);
	lw_enter(w, other);
	ir_ref small = lw_op2i(w, IRO(or64), s->byte, 0x20), l = lw_op2i(w, IRO(sub64), small, 'a');
	lw_bri(w, IR_ULT, l, s->base ? 26 : 6, letter, rest);
	lw_enter(w, letter);
	digit(s, lw_op2i(w, IRO(add64), l, 10), true);
	lw_enter(w, rest);
	class_if(s, s->byte, IR_EQ, ' ', s->base ? space_of_base : space_class);
	class_if(s, lw_op2i(w, IRO(sub64), s->byte, '\t'), IR_ULE, '\r' - '\t', s->base ? space_of_base : space_class);
	class_if(s, s->byte, IR_EQ, '-', s->base ? sign_of_base : sign_class);
	class_if(s, s->byte, IR_EQ, '+', s->base ? sign_of_base : sign_class);
	if (!s->base) {
		class_if(s, small, IR_EQ, 'x', x_class);
		class_if(s, small, IR_EQ, 'p', p_class);
		class_if(s, s->byte, IR_EQ, '.', dot_class);
	}
	lw_jmp(w, s->wrong, 0, NULL);
}

/* ---- the loop ---- */

enum { AT, STATE, SUM, MINUS, WIDE, WORDS }; /* MINUS: all bits or none; WIDE: is it a float by its length? */

/* Is the digit one too many for an integer? */
static ir_ref too_wide(struct lw *w, const ir_ref *v, ir_ref d)
{
	const int64_t most = INT64_MAX / 10;
	ir_ref last = lw_op2(w, IRO(sub64), lw_imm(w, MUTANT(least_integer) ? 7 : INT64_MAX % 10), v[MINUS]);
	ir_ref one = lw_imm(w, 1), here = lw_pick(w, IR_UGT, d, last, one, v[WIDE]);
	here = lw_pick(w, IR_EQ, v[SUM], lw_imm(w, most), here, v[WIDE]);
	return lw_pick(w, IR_UGT, v[SUM], lw_imm(w, most), one, here);
}

/* On to the next byte, by the state that v has now. */
static void advance(struct scan *s, ir_blk head, const ir_ref *v, ir_ref d)
{
	struct lw *w = s->w;
	ir_blk decimal = lw_block(w, 0), other = lw_block(w, 0), hex = lw_block(w, 0), none = lw_block(w, 0);
	ir_ref next[WORDS];
	memcpy(next, v, sizeof(next));
	next[AT] = lw_op2i(w, IRO(add64), v[AT], 1);
	ir_ref old = next[SUM], minus = lw_imm(w, -1);
	lw_bri(w, IR_EQ, v[STATE], DECIMAL, decimal, other);
	lw_enter(w, decimal);
	next[WIDE] = s->base ? v[WIDE] : too_wide(w, v, d);
	next[SUM] = lw_op2(w, IRO(add64), lw_op2i(w, IRO(mul64), old, s->base ? s->base : 10), d);
	lw_jmp(w, head, WORDS, next);
	next[WIDE] = v[WIDE];
	lw_enter(w, other);
	if (!s->base) {
		lw_bri(w, IR_EQ, v[STATE], HEX, hex, none);
		lw_enter(w, hex);
		next[SUM] = lw_op2(w, IRO(add64), lw_op2i(w, IRO(mul64), old, 16), d);
		lw_jmp(w, head, WORDS, next);
		lw_enter(w, none);
	}
	next[SUM] = old;
	ir_ref negative = lw_pick(w, IR_EQ, s->byte, lw_imm(w, '-'), minus, lw_imm(w, 0));
	next[MINUS] = lw_pick(w, IR_EQ, v[STATE], lw_imm(w, SIGN), negative, v[MINUS]);
	lw_jmp(w, head, WORDS, next);
}

/* Reads all of str; goes on behind its last byte, with what was found in v. */
static void read_all(struct scan *s, const struct lw_str *str, ir_ref *v)
{
	struct lw *w = s->w;
	ir_blk head = lw_block(w, WORDS), more = lw_block(w, 0), end = lw_block(w, 0), go = lw_block(w, 0);
	ir_ref zero = lw_imm(w, 0), from[WORDS] = { zero, lw_imm(w, START), zero, zero, zero };
	lw_jmp(w, head, WORDS, from);
	lw_enter(w, head);
	for (unsigned i = 0; i < WORDS; i++)
		v[i] = lw_param(w, head, i);
	lw_br(w, IR_ULT, v[AT], str->len, more, end);
	lw_enter(w, more);
	s->byte = lw_str_byte(w, str, lw_op2(w, IRO(add64), str->off, v[AT]));
	s->step = lw_block(w, 2);
	classify(s);
	lw_enter(w, s->step);
	ir_ref next[WORDS], bits = lw_op2i(w, IRO(shl64), lw_op2i(w, IRO(and64), v[STATE], 15), 2);
	memcpy(next, v, sizeof(next));
	next[STATE] = lw_op2i(w, IRO(and64), lw_op2(w, IRO(shr64), lw_param(w, s->step, 0), bits), 15);
	lw_bri(w, IR_NE, next[STATE], WRONG, go, s->wrong);
	lw_enter(w, go);
	advance(s, head, next, lw_param(w, s->step, 1));
	lw_enter(w, end);
}

static void state_is(struct lw *w, ir_ref state, unsigned states, ir_blk yes, ir_blk no)
{
	ir_ref bit = lw_op2(w, IRO(shr64), lw_imm(w, states), lw_op2i(w, IRO(and64), state, 15));
	lw_bri(w, IR_NE, lw_op2i(w, IRO(and64), bit, 1), 0, yes, no);
}

void std_numeral(struct lw *w, const struct lw_str *str, unsigned base, struct lw_join *j)
{
	ir_blk wrong = lw_block(w, 0), integer = lw_block(w, 0), not_integer = lw_block(w, 0), is_float = lw_block(w, 0);
	struct scan s = { .w = w, .base = base, .wrong = wrong };
	struct lw_val nil = lw_nil();
	ir_ref v[WORDS];
	read_all(&s, str, v);
	state_is(w, v[STATE], ARE_INTEGERS, integer, not_integer);
	lw_enter(w, integer);
	if (!base) {
		ir_blk fits = lw_block(w, 0);
		lw_bri(w, IR_EQ, v[WIDE], 0, fits, is_float);
		lw_enter(w, fits);
	}
	struct lw_val n = lw_int(lw_op2(w, IRO(sub64), lw_op2(w, IRO(xor64), v[SUM], v[MINUS]), v[MINUS]));
	lw_join_add(w, j, &n);
	lw_enter(w, not_integer);
	if (base)
		lw_jmp(w, wrong, 0, NULL);
	else
		state_is(w, v[STATE], ARE_FLOATS, is_float, wrong);
	if (!base) {
		lw_enter(w, is_float);
		lw_raise(w, "a number with a fraction, an exponent or too many digits in the text given to 'tonumber'");
	}
	lw_enter(w, wrong);
	lw_join_add(w, j, &nil);
}
