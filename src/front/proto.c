/* proto.c - reads Lua 5.4 binary chunks (what lua_dump writes); nothing in them is trusted. */
#include "front/proto.h"

#include "core/mutant.h"

#include <stdio.h>

struct input {
	struct arena *a;
	const uint8_t *at, *end;
	const char *err;       /* the first mistake; what is read afterwards is 0 */
	unsigned depth;
};

enum { MAX_DEPTH = 190 };      /* Lua's own compiler stops at 200 levels of C calls */

static void fail(struct input *in, const char *err)
{
	if (!in->err)
		in->err = err;
	in->at = in->end;
}

static const void *take(struct input *in, size_t n)
{
	if ((size_t)(in->end - in->at) < n) {
		fail(in, "the binary chunk is truncated");
		return NULL;
	}
	const void *p = in->at;
	in->at += n;
	return p;
}

static uint8_t byte(struct input *in)
{
	const uint8_t *p = take(in, 1);
	return p ? *p : 0;
}

/* Seven bits a byte, the highest first; the last byte has bit 7 set. */
static uint64_t varint(struct input *in, uint64_t limit)
{
	uint64_t x = 0;
	for (;;) {
		uint8_t b = byte(in);
		if (in->err)
			return 0;
		x = x << 7 | (b & 0x7f);
		if (x > limit) {
			fail(in, "the binary chunk holds a number out of range");
			return 0;
		}
		if (b & 0x80)
			return x;
	}
}

static uint32_t integer(struct input *in) { return (uint32_t)varint(in, INT32_MAX); }

/* A count of items that take at least `least` bytes each. */
static uint32_t count(struct input *in, size_t least)
{
	uint32_t n = integer(in);
	if (n > (size_t)(in->end - in->at) / least) {
		fail(in, "the binary chunk is truncated");
		return 0;
	}
	return n;
}

/* NULL when absent. */
static const char *string(struct input *in, uint32_t *len)
{
	uint64_t size = varint(in, INT32_MAX);
	*len = size ? (uint32_t)size - 1 : 0;
	const char *s = size ? take(in, *len) : NULL;
	return s ? arena_copy(in->a, s, *len) : NULL;
}

static const char *name(struct input *in)
{
	uint32_t len;
	const char *s = string(in, &len);
	return s ? s : "?";
}

static void header(struct input *in)
{
	static const struct { const char *bytes; uint8_t n; const char *err; } parts[] = {
		{ "\x1bLua", 4, "this is not a Lua binary chunk" },
		{ "\x54", 1, "the binary chunk is not of Lua 5.4" },
		{ "\0", 1, "the binary chunk is of another format" },
		{ "\x19\x93\r\n\x1a\n", 6, "the binary chunk is damaged" },
		{ "\4\10\10", 3, "the binary chunk has other sizes of instructions or numbers" },
	};
	for (unsigned i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		const void *p = take(in, parts[i].n);
		if (p && memcmp(p, parts[i].bytes, parts[i].n))
			fail(in, parts[i].err);
		if (in->err)
			return;
	}
	int64_t i = 0;
	double f = 0;
	const void *p = take(in, 16);
	if (!p)
		return;
	memcpy(&i, p, 8);
	memcpy(&f, (const char *)p + 8, 8);
	if (i != 0x5678 || f != 370.5)
		fail(in, "the binary chunk has numbers of another form");
}

/* How messages name the source: Lua's luaO_chunkid, but that names of files are whole: these are read again, and shortened
 * where an error has them (diag_file). */
static const char *source_name(struct arena *a, const char *s, size_t len)
{
	enum { ROOM = 60 - sizeof("[string \"...\"]") };
	if (*s == '=')
		return arena_printf(a, "%.59s", s + 1);
	if (*s == '@')
		return s + 1;
	size_t line = strcspn(s, "\n");
	if (len < ROOM && line == len)
		return arena_printf(a, "[string \"%s\"]", s);
	return arena_printf(a, "[string \"%.*s...\"]", (int)(line < ROOM ? line : ROOM), s);
}

static void code(struct input *in, struct front_proto *p)
{
	p->ncode = count(in, 4);
	const void *bytes = take(in, (size_t)p->ncode * 4);
	p->code = bytes ? arena_copy(in->a, bytes, (size_t)p->ncode * 4) : NULL;
	if (!in->err && !p->ncode)
		fail(in, "the binary chunk has a function without code");
}

static pg_value constant(struct input *in)
{
	enum { NIL = 0x00, FALSE_ = 0x01, TRUE_ = 0x11, INT = 0x03, FLOAT = 0x13, SHORT = 0x04, LONG = 0x14 };
	pg_value k = { .kind = PG_NIL };
	const void *p;
	switch (byte(in)) {
	case NIL:    break;
	case FALSE_: k.kind = PG_FALSE; break;
	case TRUE_:  k.kind = PG_TRUE; break;
	case INT:
		k.kind = PG_INT;
		if ((p = take(in, 8)))
			memcpy(&k.i, p, 8);
		break;
	case FLOAT:
		k.kind = PG_FLOAT;
		if ((p = take(in, 8)))
			memcpy(&k.f, p, 8);
		break;
	case SHORT:
	case LONG:
		k.kind = PG_STR;
		k.str = string(in, &k.n);
		if (!k.str)
			fail(in, "the binary chunk has a constant string that is absent");
		break;
	default:
		fail(in, "the binary chunk has a constant of an unknown type");
	}
	return k;
}

static void constants(struct input *in, struct front_proto *p)
{
	p->nk = count(in, 1);
	p->k = arena_array(in->a, pg_value, p->nk);
	for (uint32_t i = 0; i < p->nk && !in->err; i++)
		p->k[i] = constant(in);
}

static void upvalues(struct input *in, struct front_proto *p)
{
	p->nupvals = count(in, 3);
	if (p->nupvals > 255)
		fail(in, "the binary chunk has a function with too many upvalues");
	if (in->err)
		return;
	p->upvals = arena_array(in->a, struct front_upval, p->nupvals);
	for (uint32_t i = 0; i < p->nupvals && !in->err; i++) {
		struct front_upval *u = &p->upvals[i];
		uint8_t instack = byte(in);
		*u = (struct front_upval){ .name = "?", .instack = instack, .idx = byte(in) };
		byte(in);
		uint32_t limit = p->parent ? instack ? p->parent->nregs : p->parent->nupvals : 256;
		if (instack > 1 || u->idx >= limit)
			fail(in, "the binary chunk has an upvalue out of range");
	}
}

static struct front_proto *function(struct input *in, struct front_proto *parent);

static void protos(struct input *in, struct front_proto *p)
{
	p->nprotos = count(in, 10);
	p->protos = arena_array(in->a, struct front_proto *, p->nprotos);
	for (uint32_t i = 0; i < p->nprotos && !in->err; i++)
		p->protos[i] = function(in, p);
}

/* One signed difference per instruction, -128 where the line stands in the second list. */
static void line_info(struct input *in, struct front_proto *p)
{
	enum { ABSOLUTE = -0x80 };
	uint32_t n = count(in, 1);
	const int8_t *delta = take(in, n);
	uint32_t nabs = count(in, 2), line = p->line;
	if (!in->err && n != p->ncode)
		fail(in, n ? "the binary chunk's line information does not fit its code"
			   : "the function has no line information (it was stripped)");
	if (in->err)
		return;
	p->lines = arena_array(in->a, uint32_t, n);
	for (uint32_t i = 0; i < n; i++) {
		if (delta[i] != ABSOLUTE) {
			line += (uint32_t)(int32_t)delta[i];
		} else {
			uint32_t pc = nabs ? integer(in) : UINT32_MAX;
			line = nabs-- ? integer(in) - MUTANT(line_absolute) : 0;
			if (in->err || pc != i) {
				fail(in, "the binary chunk's line information does not fit its code");
				return;
			}
		}
		p->lines[i] = line;
	}
	if (nabs)
		fail(in, "the binary chunk's line information does not fit its code");
}

/* The n-th local variable alive is in register n; scopes nest. */
static void place_locals(struct arena *a, struct front_proto *p)
{
	uint32_t *alive = arena_array(a, uint32_t, p->nlocals), n = 0;
	for (uint32_t i = 0; i < p->nlocals; i++) {
		struct front_local *v = &p->locals[i];
		while (n && p->locals[alive[n - 1]].end <= v->start)
			n--;
		v->reg = n < p->nregs ? n : UINT32_MAX;
		alive[n++] = i;
	}
}

static void local_variables(struct input *in, struct front_proto *p)
{
	p->nlocals = count(in, 3);
	p->locals = arena_array(in->a, struct front_local, p->nlocals);
	for (uint32_t i = 0; i < p->nlocals && !in->err; i++) {
		struct front_local *v = &p->locals[i];
		v->name = name(in);
		v->start = integer(in);
		v->end = integer(in);
		if (v->start > v->end || v->end > p->ncode || (i && v->start < v[-1].start))
			fail(in, "the binary chunk has a local variable out of range");
	}
	if (!in->err)
		place_locals(in->a, p);
}

static void upvalue_names(struct input *in, struct front_proto *p)
{
	uint32_t n = count(in, 1);
	if (n && n != p->nupvals)
		fail(in, "the binary chunk's upvalue names do not fit its upvalues");
	for (uint32_t i = 0; i < n && !in->err; i++)
		p->upvals[i].name = name(in);
}

static struct front_proto *function(struct input *in, struct front_proto *parent)
{
	struct front_proto *p = arena_new(in->a, struct front_proto);
	uint32_t len;
	if (++in->depth > MAX_DEPTH)
		fail(in, "the binary chunk's functions are nested too deep");
	const char *source = string(in, &len);
	p->parent = parent;
	p->file = source ? source_name(in->a, source, len) : parent ? parent->file : "?";
	p->line = integer(in);
	p->last_line = integer(in);
	p->nparams = byte(in);
	p->vararg = byte(in);
	p->nregs = byte(in);
	if (!in->err && p->nparams > p->nregs)
		fail(in, "the binary chunk has a function with more parameters than registers");
	code(in, p);
	constants(in, p);
	upvalues(in, p);
	protos(in, p);
	line_info(in, p);
	local_variables(in, p);
	upvalue_names(in, p);
	in->depth--;
	if (!in->err)
		in->err = front_verify(in->a, p);
	return p;
}

const char *front_read(struct arena *a, const void *bytes, size_t n, struct front_proto **out)
{
	struct input in = { .a = a, .at = bytes, .end = (const uint8_t *)bytes + n };
	header(&in);
	uint8_t nupvals = byte(&in);
	struct front_proto *p = in.err ? NULL : function(&in, NULL);
	if (!in.err && p->nupvals != nupvals)
		fail(&in, "the binary chunk disagrees with itself on its upvalues");
	if (!in.err && in.at != in.end)
		fail(&in, "the binary chunk has more bytes than it should");
	*out = in.err ? NULL : p;
	return in.err;
}
