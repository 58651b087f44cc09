/* read.c - reads what print.c writes (its head shows the form); the first mistake ends it. */
#include "ir/target.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct reader {
	struct ir_unit *u;
	struct ir_fn *f;
	ir_blk block;
	const char *at;
	unsigned line;
	const char *err;
};

enum { MAX_NUMBER = 1 << 20, MAX_MAPS = 256 }; /* no program uses more than 64 */

static __attribute__((format(printf, 2, 3))) void fail(struct reader *r, const char *fmt, ...)
{
	if (r->err)
		return;
	va_list ap;
	va_start(ap, fmt);
	r->err = arena_printf(r->u->arena, "line %u: %s", r->line,
			      arena_vprintf(r->u->arena, fmt, ap));
	va_end(ap);
	r->at += strlen(r->at);
}

static void blanks(struct reader *r)
{
	while (*r->at == ' ' || *r->at == '\t')
		r->at++;
}

static bool accept(struct reader *r, const char *what)
{
	blanks(r);
	size_t n = strlen(what);
	if (strncmp(r->at, what, n))
		return false;
	if (isalpha((unsigned char)*what) && (isalnum((unsigned char)r->at[n]) || r->at[n] == '_'))
		return false;
	r->at += n;
	return true;
}

static void expect(struct reader *r, const char *what)
{
	if (!accept(r, what))
		fail(r, "'%s' expected near '%.20s'", what, r->at);
}

static int64_t number(struct reader *r)
{
	blanks(r);
	char *end;
	int64_t n = (int64_t)(*r->at == '-' ? (uint64_t)strtoll(r->at, &end, 10)
					    : strtoull(r->at, &end, 10));
	if (end == r->at)
		fail(r, "number expected near '%.20s'", r->at);
	else
		r->at = end;
	return n;
}

static uint32_t small(struct reader *r)
{
	int64_t n = number(r);
	if (n < 0 || n > UINT32_MAX)
		fail(r, "number out of range");
	return (uint32_t)n;
}

/* v12, b3: digits right behind the letter. */
static bool reference(struct reader *r, char letter, uint32_t *out)
{
	blanks(r);
	if (*r->at != letter || !isdigit((unsigned char)r->at[1]))
		return false;
	r->at++;
	*out = small(r);
	if (*out > MAX_NUMBER)
		fail(r, "%c%u is too great a number", letter, *out);
	return true;
}

static uint32_t must_reference(struct reader *r, char letter)
{
	uint32_t n = 0;
	if (!reference(r, letter, &n))
		fail(r, "%c and a number expected near '%.20s'", letter, r->at);
	return n;
}

static size_t word(struct reader *r, const char **start)
{
	blanks(r);
	*start = r->at;
	while (isalnum((unsigned char)*r->at) || *r->at == '_')
		r->at++;
	return (size_t)(r->at - *start);
}

static unsigned hex_digit(char c)
{
	return isdigit((unsigned char)c) ? (unsigned)(c - '0') : (unsigned)(tolower(c) - 'a') + 10;
}

static char *string(struct reader *r, uint32_t *len)
{
	expect(r, "\"");
	char *s = arena_alloc(r->u->arena, strcspn(r->at, "\n") + 1);
	uint32_t n = 0;
	while (*r->at && *r->at != '"' && *r->at != '\n') {
		if (r->at[0] == '\\' && r->at[1] == 'x' && isxdigit((unsigned char)r->at[2]) &&
		    isxdigit((unsigned char)r->at[3])) {
			s[n++] = (char)(hex_digit(r->at[2]) << 4 | hex_digit(r->at[3]));
			r->at += 4;
		} else {
			r->at += r->at[0] == '\\' && (r->at[1] == '"' || r->at[1] == '\\');
			s[n++] = *r->at++;
		}
	}
	expect(r, "\"");
	if (len)
		*len = n;
	return s;
}

static struct diag_pos position(struct reader *r)
{
	struct diag_pos pos = { 0 };
	blanks(r);
	if (*r->at == '"') {
		pos.file = string(r, NULL);
	} else {
		size_t n = strcspn(r->at, ":\n ");
		pos.file = arena_copy(r->u->arena, r->at, n);
		r->at += n;
	}
	expect(r, ":");
	pos.line = small(r);
	return pos;
}

static uint32_t site(struct reader *r)
{
	struct diag_pos pos = position(r);
	uint32_t inlined = accept(r, "^") ? small(r) : 0;
	const struct ir_site *last = &r->u->sites[r->u->nsites - 1];
	if (last->pos.file && !strcmp(last->pos.file, pos.file))
		pos.file = last->pos.file;
	return ir_site(r->u, pos, inlined);
}

static uint64_t kinds(struct reader *r)
{
	bool lacks = accept(r, "~");
	uint64_t set = 0;
	do {
		const char *name;
		size_t n = word(r, &name);
		uint64_t one = ir_kinds_named(r->u, name, n);
		if (!one && !(n == 4 && !memcmp(name, "none", 4)))
			fail(r, "unknown kind '%.*s'", (int)n, name);
		set |= one;
	} while (accept(r, "|"));
	return lacks ? ~set : set;
}

/* ---- constants ---- */

static void hex_bytes(struct reader *r, pg_value *k, unsigned n)
{
	expect(r, "0x");
	for (unsigned i = 0; i < n; i++, r->at += 2) {
		if (!isxdigit((unsigned char)r->at[0]) || !isxdigit((unsigned char)r->at[1])) {
			fail(r, "%u bytes in hexadecimal expected", n);
			return;
		}
		k->addr[i] = (uint8_t)(hex_digit(r->at[0]) << 4 | hex_digit(r->at[1]));
	}
}

static void read_cidr(struct reader *r, pg_value *k)
{
	blanks(r);
	k->n = strspn(r->at, "x0123456789abcdef") > 10 ? 16 : 4;
	hex_bytes(r, k, k->n);
	k->prefix = (uint8_t)small(r);
}

/* A map's number stands for the map: nothing to be followed. */
static void read_map(struct reader *r, pg_value *k)
{
	uint32_t n = small(r);
	if (n >= r->u->nmaps)
		fail(r, "map %u is not one of the unit's", n);
	else
		k->map = n ? r->u->maps[n] : NULL;
}

static void read_float(struct reader *r, pg_value *k)
{
	char *end;
	blanks(r);
	k->f = strtod(r->at, &end);
	r->at = end;
}

static void read_nothing(struct reader *r, pg_value *k) { (void)r; (void)k; }
static void read_id(struct reader *r, pg_value *k) { k->id = (uint64_t)number(r); }

static void read_table(struct reader *r, pg_value *k)
{
	k->n = accept(r, "meta") ? PG_TABLE_META : 0;
	k->n |= accept(r, "__eq") ? PG_TABLE_EQ : 0;
	read_id(r, k);
}

static void read_ip4(struct reader *r, pg_value *k) { hex_bytes(r, k, 4); }
static void read_ip6(struct reader *r, pg_value *k) { hex_bytes(r, k, 16); }
static void read_mac(struct reader *r, pg_value *k) { hex_bytes(r, k, 6); }
static void read_host(struct reader *r, pg_value *k) { k->str = string(r, NULL); }
static void read_lib(struct reader *r, pg_value *k) { k->lib = string(r, NULL); }

static const struct {
	const char *word;
	enum pg_kind kind;
	void (*rest)(struct reader *r, pg_value *k);
} const_forms[] = {
	{ "nil", PG_NIL, read_nothing },      { "false", PG_FALSE, read_nothing },
	{ "true", PG_TRUE, read_nothing },    { "float", PG_FLOAT, read_float },
	{ "ip4", PG_IP4, read_ip4 },          { "ip6", PG_IP6, read_ip6 },
	{ "mac", PG_MAC, read_mac },          { "cidr", PG_CIDR, read_cidr },
	{ "record", PG_RECORD, read_nothing }, { "view", PG_VIEW, read_nothing },
	{ "map", PG_MAP, read_map },          { "table", PG_TABLE, read_table },
	{ "func", PG_FUNC, read_id },         { "lib", PG_LIB, read_lib },
	{ "host", PG_HOST, read_host },
};

static const pg_value *constant(struct reader *r)
{
	pg_value *k = arena_new(r->u->arena, pg_value);
	blanks(r);
	if (*r->at == '"') {
		k->kind = PG_STR;
		k->str = string(r, &k->n);
		return k;
	}
	if (*r->at == '-' || isdigit((unsigned char)*r->at)) {
		k->kind = PG_INT;
		k->i = number(r);
		return k;
	}
	for (unsigned i = 0; i < sizeof(const_forms) / sizeof(*const_forms); i++) {
		if (accept(r, const_forms[i].word)) {
			k->kind = const_forms[i].kind;
			const_forms[i].rest(r, k);
			return k;
		}
	}
	fail(r, "constant expected near '%.20s'", r->at);
	return k;
}

/* ---- types ---- */

static const struct ir_lib *library_row(struct reader *r, const char *name)
{
	const struct ir_target *t = r->u->target;
	const struct ir_lib *row = NULL;
	if (t) {
		row = ir_lib_find(t->libs, name);
		if (!row)
			row = ir_lib_find(t->addr_rows, name);
		if (!row)
			row = ir_lib_find(t->cidr_rows, name);
		if (!row)
			row = ir_lib_find(t->str_rows, name);
		for (unsigned i = 0; !row && t->map_rows && i < PG_ROLE_END; i++)
			row = ir_lib_find(t->map_rows[i], name);
		for (unsigned i = 0; !row && t->views && t->views[i]; i++)
			row = ir_lib_find(t->views[i]->methods, name);
	}
	if (!row)
		fail(r, "unknown library row '%s'", name);
	return row;
}

static void type(struct reader *r, struct ir_type *y)
{
	y->kinds = kinds(r);
	if (accept(r, "cap"))
		y->cap = small(r);
	if (accept(r, "most"))
		y->most = small(r);
	if (accept(r, "like"))
		y->model = small(r);
	if (accept(r, "def"))
		y->def = must_reference(r, 'v');
	if (accept(r, "row"))
		y->row = library_row(r, string(r, NULL));
	if (accept(r, "="))
		y->k = constant(r);
}

/* ---- instructions ---- */

struct refs { ir_ref *v; uint32_t n, cap; };

static struct ir_edge edge(struct reader *r)
{
	struct refs a = { 0 };
	struct ir_edge e = { .to = must_reference(r, 'b') };
	if (accept(r, "(")) {
		do
			arena_push(r->u->arena, a.v, a.n, a.cap, must_reference(r, 'v'));
		while (accept(r, ","));
		expect(r, ")");
	}
	e.args = a.v;
	e.nargs = a.n;
	return e;
}

static struct ir_name one_name(struct reader *r)
{
	struct ir_name n = { 0 };
	if (accept(r, "-"))
		return n;
	for (unsigned i = IR_N_LOCAL; i <= IR_N_CONSTANT; i++) {
		if (accept(r, ir_name_how[i])) {
			n.how = i;
			n.name = string(r, NULL);
			return n;
		}
	}
	fail(r, "name of an operand expected near '%.20s'", r->at);
	return n;
}

static const struct ir_name *names(struct reader *r, unsigned count)
{
	struct ir_name *n = arena_array(r->u->arena, struct ir_name, count);
	for (unsigned i = 0; i < count; i++) {
		if (i)
			expect(r, ",");
		n[i] = one_name(r);
	}
	expect(r, "}");
	return n;
}

static int operation(struct reader *r)
{
	const char *name;
	size_t n = word(r, &name);
	for (unsigned op = 0; op < IR_NOPS; op++)
		if (strlen(ir_ops[op].name) == n && !memcmp(ir_ops[op].name, name, n))
			return (int)op;
	fail(r, "unknown operation '%.*s'", (int)n, name);
	return IRO(nop);
}

static uint32_t condition(struct reader *r)
{
	const char *name;
	size_t n = word(r, &name);
	for (unsigned c = IR_EQ; c <= IR_CLEAR; c++)
		if (strlen(ir_cc_name[c]) == n && !memcmp(ir_cc_name[c], name, n))
			return c;
	fail(r, "condition expected near '%.20s'", name);
	return IR_EQ;
}

struct list { const char **v; uint32_t n, cap; };

static void arguments(struct reader *r, bool named, struct refs *args, struct list *list)
{
	do {
		ir_ref v;
		if (named && *(blanks(r), r->at) == '"')
			arena_push(r->u->arena, list->v, list->n, list->cap, string(r, NULL));
		if (!reference(r, 'v', &v))
			break;
		arena_push(r->u->arena, args->v, args->n, args->cap, v);
	} while (accept(r, ","));
	if (list->n && list->n != args->n)
		fail(r, "a name for each argument or for none expected");
}

static void immediates(struct reader *r, struct ir_ins *ins)
{
	char kind = ir_ops[ins->op].immediate;
	if (ins->op == IRO(br) || ins->op == IRO(br32)) {
		ins->aux = condition(r);
		return;
	}
	if (kind == 'A' || kind == 'X') {
		expect(r, ".");
		ins->aux = small(r);
	}
	if (ins->op == IRO(pi)) {
		expect(r, "#");
		ins->imm = (int64_t)kinds(r);
	} else if (kind == 'I' || kind == 'X') {
		expect(r, "#");
		ins->imm = number(r);
	}
	blanks(r);
	if ((kind == 'K' || kind == 'S') && *r->at && !strchr("\n@:{!-", *r->at))
		ins->k = constant(r);
	else if (kind == 'K' && *r->at == '-' && r->at[1] != '>')
		ins->k = constant(r);
}

static void successors(struct reader *r, struct ir_ins *ins)
{
	for (uint32_t i = 0; i < ins->nsucc; i++) {
		expect(r, i ? "," : "->");
		ins->succ[i] = edge(r);
	}
}

/* Puts a fresh instruction where its number says. */
static ir_ref place(struct reader *r, ir_ref i, ir_ref number_of)
{
	if (!number_of || r->err)
		return i;
	if (number_of >= i || ir_at(r->f, number_of)->block) {
		fail(r, "v%u is defined twice", number_of);
		return i;
	}
	*ir_at(r->f, number_of) = *ir_at(r->f, i);
	r->f->nins--;
	return number_of;
}

static void instruction(struct reader *r)
{
	ir_ref v = 0;
	struct refs args = { 0 };
	struct list list = { 0 };
	if (reference(r, 'v', &v))
		expect(r, "=");
	int op = operation(r);
	if ((ir_ops[op].result != 'N') != (v != 0))
		fail(r, v ? "%s gives no value" : "%s gives a value", ir_ops[op].name);
	arguments(r, op == IRO(record), &args, &list);
	if (r->err)
		return;
	ir_ref i = place(r, ir_ins_new(r->f, op, args.n, args.v), v);
	/* after guard, what writes the packet is a store like others */
	r->u->writes_packet |= op == IRO(pktstore) || (op >= IRO(store8) && op <= IRO(store64));
	struct ir_ins ins = *ir_at(r->f, i);
	ins.list = list.v;
	immediates(r, &ins);
	successors(r, &ins);
	if (accept(r, "!"))
		ins.raised = must_reference(r, 'v');
	if (accept(r, "{"))
		ins.names = names(r, ir_nnames(&ins));
	if (accept(r, "@"))
		ins.site = site(r);
	if (accept(r, ":"))
		type(r, &ins.type);
	if (r->err)
		return;
	*ir_at(r->f, i) = ins;
	ir_append(r->f, r->block, i);
}

static void block_head(struct reader *r, ir_blk b)
{
	if (!b || b >= r->f->nblocks)
		fail(r, "b%u is no block", b);
	else if (ir_block(r->f, b)->first || ir_block(r->f, b)->nparams)
		fail(r, "b%u is defined twice", b);
	if (r->err)
		return;
	r->block = b;
	if (accept(r, "(")) {
		do {
			struct ir_block *k = ir_block(r->f, b);
			uint32_t n = k->nparams;
			ir_ref v = must_reference(r, 'v');
			ir_ref p = place(r, ir_param_add(r->f, b), v);
			ir_block(r->f, b)->params[n] = p;
			if (accept(r, ":"))
				type(r, &ir_at(r->f, p)->type);
		} while (accept(r, ",") && !r->err);
		expect(r, ")");
	}
	ir_block(r->f, b)->cold = accept(r, "cold");
	ir_block(r->f, b)->walked = accept(r, "walked");
	expect(r, ":");
}

/* ---- functions and the unit's tables ---- */

/* The greatest v and b of the function whose text starts here, so that forward references and
 * values without a printed number find their place. */
static void make_room(struct reader *r)
{
	uint32_t most[2] = { 0 };
	const char *end = strstr(r->at, "\nfn ");
	if (!end)
		end = r->at + strlen(r->at);
	bool quoted = false;
	for (const char *c = r->at; c < end; c++) {
		if (quoted && *c == '\\' && c + 1 < end)
			c++;
		else if (*c == '"')
			quoted = !quoted;
		else if (*c == '\n')
			quoted = false;
		else if (!quoted && (*c == 'v' || *c == 'b') && isdigit((unsigned char)c[1]) &&
			 !isalnum((unsigned char)c[-1]) && c[-1] != '_') {
			uint32_t n = (uint32_t)strtoul(c + 1, NULL, 10), *m = &most[*c == 'b'];
			*m = n > *m ? n : *m;
		}
	}
	if (most[0] > MAX_NUMBER || most[1] > MAX_NUMBER) {
		fail(r, "too great a number of values or blocks");
		return;
	}
	while (r->f->nins <= most[0])
		ir_ins_new(r->f, IRO(nop), 0, NULL);
	while (r->f->nblocks <= most[1])
		ir_block_new(r->f);
}

static void function(struct reader *r)
{
	if (small(r) != r->u->nfns)
		fail(r, "functions are numbered from 0");
	struct ir_fn *f = r->f = ir_fn_new(r->u, string(r, NULL));
	r->block = 0;
	expect(r, "params");
	f->nparams = small(r);
	if (accept(r, "upvals"))
		f->nupvals = small(r);
	if (accept(r, "proto"))
		f->proto = small(r);
	if (accept(r, "host"))
		f->host = (uint64_t)number(r);
	if (accept(r, "error"))
		f->error_exit = must_reference(r, 'b');
	if (accept(r, "caller")) {
		uint32_t caller = small(r);
		if (caller < f->id)
			f->caller = r->u->fns[caller];
		else
			fail(r, "a function's caller comes before it");
		expect(r, "frame");
		f->frame_arg = small(r);
	}
	f->vararg = accept(r, "vararg");
	f->machine = accept(r, "machine");
	if (accept(r, "at"))
		f->pos = position(r);
	make_room(r);
}

static void slot(struct reader *r)
{
	uint32_t size = small(r);
	expect(r, "align");
	uint32_t n = ir_slot(r->f, size, small(r));
	if (accept(r, "at"))
		r->f->slots[n].offset = (int32_t)number(r);
}

static void maps(struct reader *r)
{
	uint32_t n = small(r);
	if (n > MAX_MAPS)
		fail(r, "too many maps");
	while (!r->err && r->u->nmaps < n)
		ir_map(r->u, arena_alloc(r->u->arena, 1));
}

static void error_row(struct reader *r)
{
	struct ir_error e = { .text = string(r, NULL) };
	expect(r, "@");
	e.pos = position(r);
	e.loss = accept(r, "loss");
	e.worded = accept(r, "worded");
	e.room = accept(r, "room");
	arena_push(r->u->arena, r->u->errors, r->u->nerrors, r->u->cap_errors, e);
}

static void inline_row(struct reader *r)
{
	struct ir_inline i = { 0 };
	expect(r, "@");
	i.site = site(r);
	expect(r, "fn");
	i.fn = small(r);
	expect(r, "parent");
	i.parent = small(r);
	arena_push(r->u->arena, r->u->inlines, r->u->ninlines, r->u->cap_inlines, i);
}

static void print_row(struct reader *r)
{
	struct ir_print p = { .id = small(r) };
	uint32_t cap = 0;
	expect(r, "size");
	p.size = small(r);
	blanks(r);
	while (!r->err && *r->at != '\n' && *r->at) {
		struct ir_print_arg a = { .kinds = kinds(r) };
		expect(r, "cap");
		a.cap = small(r);
		expect(r, "at");
		a.offset = small(r);
		if (accept(r, "="))
			a.k = constant(r);
		arena_push(r->u->arena, p.args, p.nargs, cap, a);
		if (!accept(r, ","))
			break;
	}
	arena_push(r->u->arena, r->u->prints, r->u->nprints, r->u->cap_prints, p);
}

static void one_line(struct reader *r, uint32_t *main_fn)
{
	ir_blk b;
	if (accept(r, "fn"))
		function(r);
	else if (accept(r, "maps"))
		maps(r);
	else if (!r->f && accept(r, "error"))
		error_row(r);
	else if (!r->f && accept(r, "inline"))
		inline_row(r);
	else if (!r->f && accept(r, "print"))
		print_row(r);
	else if (!r->f && accept(r, "main"))
		*main_fn = small(r);
	else if (!r->f)
		fail(r, "'fn' expected near '%.20s'", r->at);
	else if (!r->block && accept(r, "slot"))
		slot(r);
	else if (reference(r, 'b', &b))
		block_head(r, b);
	else if (r->block)
		instruction(r);
	else
		fail(r, "a block's head expected near '%.20s'", r->at);
}

struct ir_unit *ir_read(struct arena *a, struct diag_list *diag, const struct ir_target *t,
			const char *text, const char **err)
{
	uint32_t main_fn = UINT32_MAX;
	struct reader r = { .u = ir_unit_new(a, diag, t), .at = text };
	while (*r.at && !r.err) {
		r.line++;
		blanks(&r);
		if (*r.at != '\n' && *r.at != ';' && *r.at)
			one_line(&r, &main_fn);
		blanks(&r);
		if (*r.at == ';')
			r.at += strcspn(r.at, "\n");
		if (*r.at && *r.at != '\n')
			fail(&r, "end of line expected near '%.20s'", r.at);
		r.at += *r.at == '\n';
	}
	if (main_fn < r.u->nfns)
		r.u->main = r.u->fns[main_fn];
	*err = r.err;
	return r.err ? NULL : r.u;
}
