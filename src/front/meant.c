/* meant.c - what may have been meant by a name that there is not: a key of the table, or a variable. */
#include "core/near.h"
#include "front/front.h"
#include "front/proto.h"

#include <ctype.h>
#include <string.h>

struct meant {
	const char *name, *best;
	unsigned best_at;
};

/* `port1` and `port2` are two names. */
static bool is_numbered(const char *name)
{
	return *name && isdigit((unsigned char)name[strlen(name) - 1]);
}

/* Of short names with two other letters, too; and the same name is to be had elsewhere only. */
static void try(struct meant *m, const char *name)
{
	unsigned d = near_distance(m->name, strlen(m->name), name);
	if (*name == '(' || !d || d >= m->best_at || 3 * d > strlen(m->name) || (is_numbered(name) && is_numbered(m->name)))
		return;
	m->best = name;
	m->best_at = d;
}

/* The variables of a function that live in the line, and those that it has from outside. */
static void try_variables(struct meant *m, const struct front_proto *p, struct diag_pos at)
{
	if (strcmp(p->file, at.file) || at.line < p->line || at.line > p->last_line)
		return;
	for (uint32_t i = 0; i < p->nlocals; i++) {
		const struct front_local *v = &p->locals[i];
		if (v->start < v->end && v->end <= p->ncode && p->lines[v->start] <= at.line && p->lines[v->end - 1] >= at.line)
			try(m, v->name);
	}
	for (uint32_t i = 0; i < p->nupvals; i++)
		if (strcmp(p->upvals[i].name, "_ENV"))
			try(m, p->upvals[i].name);
}

const char *front_meant(struct ir_unit *u, uint64_t table, struct diag_pos at, const char *name)
{
	struct meant m = { .name = name, .best_at = NEAR_ENOUGH + 1 };
	const pg_value *kv;
	pg_value by, of;
	uint32_t n;
	const struct front_proto *p;
	for (uint32_t i = 1; at.line && (p = front_proto_at(u, i)); i++)
		try_variables(&m, p, at);
	if (!front_pairs(u, table, &kv, &n) || !front_beyond(u, table, &by, &of, &kv, &n))
		for (uint32_t i = 0; i < n; i++)
			if (kv[2 * i].kind == PG_STR && !memchr(kv[2 * i].str, 0, kv[2 * i].n))
				try(&m, kv[2 * i].str);
	return m.best;
}
