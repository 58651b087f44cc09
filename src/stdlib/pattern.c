/*
 * pattern.c - reads Lua's patterns: every item a set of bytes and how often, captures numbered.
 *
 * Classes are those of the C locale, whatever the process's own is: kernel code has no locale.
 */
#include "stdlib/pattern.h"
#include "stdlib/mistake.h"

#include <string.h>

struct reader {
	struct arena *arena;
	const char *p, *end;
	struct pat *out;
	uint32_t cap;
	uint8_t open[PAT_CAPTURES];
	uint32_t nopen;
	const struct refusal *error;
};

/* ---- sets ---- */

unsigned pat_count(const struct pat_set *s)
{
	unsigned n = 0;
	for (int i = 0; i < 4; i++)
		n += (unsigned)__builtin_popcountll(s->bits[i]);
	return n;
}

bool pat_disjoint(const struct pat_set *a, const struct pat_set *b)
{
	for (int i = 0; i < 4; i++)
		if (a->bits[i] & b->bits[i])
			return false;
	return true;
}

static void add_range(struct pat_set *s, unsigned lo, unsigned hi)
{
	for (unsigned c = lo; c <= hi; c++)
		pat_add(s, c);
}

static void complement(struct pat_set *s)
{
	for (int i = 0; i < 4; i++)
		s->bits[i] = ~s->bits[i];
}

static void join(struct pat_set *s, const struct pat_set *with)
{
	for (int i = 0; i < 4; i++)
		s->bits[i] |= with->bits[i];
}

static const struct { char name; uint8_t range[9]; } classes[] = {
	{ 'a', { 'A', 'Z', 'a', 'z' } },
	{ 'c', { 0, 31, 127, 127 } },
	{ 'd', { '0', '9' } },
	{ 'g', { 33, 126 } },
	{ 'l', { 'a', 'z' } },
	{ 'p', { 33, 47, 58, 64, 91, 96, 123, 126 } },
	{ 's', { 9, 13, 32, 32 } },
	{ 'u', { 'A', 'Z' } },
	{ 'w', { '0', '9', 'A', 'Z', 'a', 'z' } },
	{ 'x', { '0', '9', 'A', 'F', 'a', 'f' } },
	{ 'z', { 0, 0 } }, /* deprecated, and there */
};

/* What %c stands for: a class, its complement when in upper case, else c itself. */
static struct pat_set class_of(unsigned char c)
{
	struct pat_set s = { { 0 } };
	bool upper = c >= 'A' && c <= 'Z';
	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
		if (classes[i].name != (upper ? c + 32 : c))
			continue;
		for (int k = 0; k < 8 && (!k || classes[i].range[k + 1]); k += 2)
			add_range(&s, classes[i].range[k], classes[i].range[k + 1]);
		if (upper)
			complement(&s);
		return s;
	}
	pat_add(&s, c);
	return s;
}

/* ---- items ---- */

static bool fail(struct reader *r, const struct refusal *wrong)
{
	r->error = wrong;
	return false;
}

static struct pat_item *push(struct reader *r, enum pat_what what)
{
	struct pat_item item = { .what = (uint8_t)what };
	arena_push(r->arena, r->out->items, r->out->n, r->cap, item);
	return &r->out->items[r->out->n - 1];
}

static unsigned char at(const struct reader *r, ptrdiff_t i)
{
	return r->p + i < r->end ? (unsigned char)r->p[i] : 0;
}

/* The bracket that closes the set whose inside is at r->p, or NULL. The first byte never does. */
static const char *closing(const struct reader *r)
{
	const char *p = r->p;
	do {
		if (p >= r->end)
			return NULL;
		if (*p++ == '%' && p < r->end)
			p++;
	} while (p >= r->end || *p != ']');
	return p;
}

/* [...], from behind the bracket on. */
static bool read_bracket(struct reader *r, struct pat_set *s)
{
	bool negated = at(r, 0) == '^';
	r->p += negated;
	const char *end = closing(r);
	if (!end)
		return fail(r, MISTAKE("end the set with ], or write %[ for the character", "malformed pattern (missing ']')"));
	while (r->p < end) {
		if (at(r, 0) == '%') {
			struct pat_set k = class_of(at(r, 1));
			join(s, &k);
			r->p += 2;
		} else if (at(r, 1) == '-' && r->p + 2 < end) {
			add_range(s, at(r, 0), at(r, 2));
			r->p += 3;
		} else {
			pat_add(s, at(r, 0));
			r->p++;
		}
	}
	r->p = end + 1;
	if (negated)
		complement(s);
	return true;
}

/* One class: a byte, ., %x or [...]. */
static bool read_set(struct reader *r, struct pat_set *s)
{
	unsigned char c = (unsigned char)*r->p++;
	if (c == '[')
		return read_bracket(r, s);
	if (c == '.') {
		add_range(s, 0, 255);
	} else if (c == '%') {
		if (r->p >= r->end)
			return fail(r, MISTAKE("write %% for the character", "malformed pattern (ends with '%')"));
		*s = class_of((unsigned char)*r->p++);
	} else {
		pat_add(s, c);
	}
	return true;
}

static bool read_byte(struct reader *r)
{
	struct pat_set s = { { 0 } };
	if (!read_set(r, &s))
		return false;
	struct pat_item *item = push(r, PAT_BYTE);
	item->set = s;
	if (r->p < r->end && strchr("?*+-", *r->p) && *r->p)
		item->rep = (uint8_t)*r->p++;
	return true;
}

static bool read_open(struct reader *r)
{
	if (r->out->ncaptures == PAT_CAPTURES)
		return fail(r, MISTAKE("a pattern has 32 at most: leave out (...) whose match is not needed", "too many captures"));
	bool position = at(r, 1) == ')';
	struct pat_item *item = push(r, position ? PAT_POSITION : PAT_OPEN);
	item->capture = (uint8_t)r->out->ncaptures;
	r->out->position[r->out->ncaptures++] = position;
	if (!position)
		r->open[r->nopen++] = item->capture;
	r->p += position ? 2 : 1;
	return true;
}

static bool read_close(struct reader *r)
{
	if (!r->nopen)
		return fail(r, MISTAKE("write %) for the character", "invalid pattern capture"));
	push(r, PAT_CLOSE)->capture = r->open[--r->nopen];
	r->p++;
	return true;
}

static bool read_balance(struct reader *r)
{
	if (r->p + 3 >= r->end)
		return fail(r, MISTAKE("write both characters: %b()", "malformed pattern (missing arguments to '%b')"));
	struct pat_item *item = push(r, PAT_BALANCE);
	item->x = at(r, 2);
	item->y = at(r, 3);
	r->p += 4;
	return true;
}

static bool read_frontier(struct reader *r)
{
	struct pat_set s = { { 0 } };
	r->p += 2;
	if (at(r, 0) != '[')
		return fail(r, MISTAKE("write a set behind it: %f[%w]", "missing '[' after '%f' in pattern"));
	if (!read_set(r, &s))
		return false;
	push(r, PAT_FRONTIER)->set = s;
	return true;
}

static bool read_item(struct reader *r)
{
	unsigned char c = at(r, 0), next = at(r, 1);
	if (c == '(')
		return read_open(r);
	if (c == ')')
		return read_close(r);
	if (c == '$' && r->p + 1 == r->end) {
		push(r, PAT_END);
		r->p++;
		return true;
	}
	if (c == '%' && next == 'b')
		return read_balance(r);
	if (c == '%' && next == 'f')
		return read_frontier(r);
	if (c == '%' && next >= '0' && next <= '9')
		return fail(r, REFUSAL(ON_STRINGS, "match both parts, and compare them",
				       "back references (%1) are not there in kernel code"));
	return read_byte(r);
}

/* ---- what need not be tried again ---- */

static uint32_t behind_captures(const struct pat *p, uint32_t i)
{
	while (i < p->n && (p->items[i].what == PAT_OPEN || p->items[i].what == PAT_CLOSE || p->items[i].what == PAT_POSITION))
		i++;
	return i;
}

static bool is_end(const struct pat *p, uint32_t i)
{
	return i < p->n && p->items[i].what == PAT_END;
}

uint32_t pat_rest(const struct pat *p, uint32_t i)
{
	i = behind_captures(p, i);
	if (is_end(p, i))
		return i + 1;
	bool run = i < p->n && p->items[i].what == PAT_BYTE && (p->items[i].rep == PAT_MANY || p->items[i].rep == PAT_SOME);
	return run && is_end(p, behind_captures(p, i + 1)) ? i + 1 : 0;
}

/* Do items from i on match wherever they are tried? */
static bool is_sure(const struct pat *p, uint32_t i)
{
	for (i = behind_captures(p, i); i < p->n; i = behind_captures(p, i + 1)) {
		const struct pat_item *k = &p->items[i];
		if (k->what != PAT_BYTE || k->rep == PAT_ONCE || k->rep == PAT_SOME)
			return false;
		if (k->rest)
			return p->items[k->rest - 1].rep != PAT_SOME;
	}
	return true;
}

static void note_rests(struct pat *p)
{
	for (uint32_t i = 0; i < p->n; i++) {
		struct pat_item *k = &p->items[i];
		k->rest = k->what == PAT_BYTE && k->rep == PAT_FEW && pat_count(&k->set) == 256 ? pat_rest(p, i + 1) : 0;
	}
	p->sure = is_sure(p, 0);
}

/* Item i took as many as there are. Can what follows match where it stops earlier, at a byte of its set? */
static bool may_stop_early(const struct pat *p, uint32_t i)
{
	const struct pat_set *s = &p->items[i].set;
	if (is_sure(p, i + 1))
		return false;
	for (uint32_t k = i + 1; k < p->n; k++) {
		const struct pat_item *next = &p->items[k];
		switch (next->what) {
		case PAT_OPEN: case PAT_CLOSE: case PAT_POSITION:
			break;
		case PAT_END:
			return false;
		case PAT_BALANCE:
			return pat_has(s, next->x);
		case PAT_FRONTIER:
			return true;
		default:
			if (!pat_disjoint(s, &next->set))
				return true;
			if (next->rep == PAT_ONCE || next->rep == PAT_SOME)
				return false;
		}
	}
	return false; /* the first try ends the match */
}

/* Lua calls itself for each repetition, and each end of a capture, that it passes, and raises "pattern too complex" 200 calls deep; how
 * deep a text leads it, nobody counts here. */
enum { MOST_NESTED = 198 };

static bool is_too_deep(const struct pat *p)
{
	uint32_t nested = 0;
	for (uint32_t i = 0; i < p->n; i++)
		nested += p->items[i].rep || p->items[i].what == PAT_OPEN || p->items[i].what == PAT_CLOSE || p->items[i].what == PAT_POSITION;
	return nested > MOST_NESTED;
}

const struct refusal *pat_read(struct arena *a, const char *s, size_t n, struct pat *out)
{
	struct reader r = { .arena = a, .p = s, .end = s + n, .out = out };
	*out = (struct pat){ .anchored = n && *s == '^' };
	r.p += out->anchored;
	while (r.p < r.end)
		if (!read_item(&r))
			return r.error;
	if (r.nopen)
		return MISTAKE("end it with ), or write %( for the character", "unfinished capture");
	if (is_too_deep(out))
		return REFUSAL(ON_STRINGS, "match a part of the text by a part of the pattern, and the next from there on",
			       "more than 198 repetitions and captures in one, for which Lua may raise \"pattern too complex\"");
	note_rests(out);
	for (uint32_t i = 0; i < out->n; i++)
		out->items[i].keeps = out->items[i].what == PAT_BYTE && !may_stop_early(out, i);
	return NULL;
}

/* ---- as text ---- */

static const char *set_text(struct arena *a, const struct pat_set *s)
{
	const char *t = "";
	for (unsigned c = 0; c < 256; c++) {
		if (!pat_has(s, c))
			continue;
		unsigned to = c;
		while (to < 255 && pat_has(s, to + 1))
			to++;
		const char *one = c > 32 && c < 127 ? "%s%s%c" : "%s%s%02x";
		t = arena_printf(a, one, t, *t ? "," : "", c);
		if (to > c)
			t = arena_printf(a, to > 32 && to < 127 ? "%s-%c" : "%s-%02x", t, to);
		c = to;
	}
	return t;
}

const char *pat_text(struct arena *a, const struct pat *p)
{
	const char *t = p->anchored ? "^" : "";
	for (uint32_t i = 0; i < p->n; i++) {
		const struct pat_item *k = &p->items[i];
		t = arena_printf(a, "%s%s", t, *t ? " " : "");
		if (k->what == PAT_BYTE)
			t = arena_printf(a, "%s{%s}%.*s%s", t, set_text(a, &k->set), k->rep != 0, (const char *)&k->rep,
					 k->keeps && k->rep && k->rep != PAT_FEW ? "!" : "");
		else if (k->what == PAT_FRONTIER)
			t = arena_printf(a, "%sf{%s}", t, set_text(a, &k->set));
		else if (k->what == PAT_BALANCE)
			t = arena_printf(a, "%sb%c%c", t, k->x, k->y);
		else if (k->what == PAT_END)
			t = arena_printf(a, "%s$", t);
		else
			t = arena_printf(a, "%s%c%u", t, k->what == PAT_OPEN ? '(' : k->what == PAT_CLOSE ? ')' : '@', k->capture + 1u);
	}
	return t;
}
