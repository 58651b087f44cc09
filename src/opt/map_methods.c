/* map_methods.c - methods that maps and channels have not, and what they have instead. */
#include "opt/infer.h"

#include "core/shape.h"

#include <string.h>

/* Does its documentation begin with a call of it? That of one which is refused does not. */
static bool is_shown(const struct ir_lib *row)
{
	return strchr(row->what, ':') != NULL;
}

const char *infer_methods_of(struct infer *in, const pg_map *m)
{
	const char *names = "its methods are ", *comma = "";
	const struct ir_lib *row = in->fl.u->target->map_rows[pg_map_role(m)];
	if (!row || !row->name)
		return "go over it: for v in pairs(m) do ... end";
	for (; row->name; row++) {
		const size_t call = strcspn(row->what, ")");
		if (!is_shown(row))
			continue;
		names = arena_printf(in->fl.u->arena, "%s%s%.*s", names, comma, (int)(call + (row->what[call] == ')')), row->what);
		comma = ", ";
	}
	return names;
}

/* The method of such a map whose name is nearest, as what to write; NULL: none is. */
static const char *nearest_method(struct infer *in, const pg_map *m, const char *name)
{
	const char *names[32];
	uint32_t n = 0;
	for (const struct ir_lib *row = in->fl.u->target->map_rows[pg_map_role(m)]; row && row->name && n < 32; row++)
		if (is_shown(row))
			names[n++] = row->name;
	const char *near = ir_nearest(name, names, n);
	return near ? arena_printf(in->fl.u->arena, "did you mean '%s'?", near) : NULL;
}

/* Those that are there in the user half only. */
static const char *const of_user_half[PG_ROLE_END] = {
	[PG_ROLE_MAP] = "clear each sum pairs",
	[PG_ROLE_QUEUE] = "clear",
	[PG_ROLE_FILTER] = "clear",
	[PG_ROLE_RING] = "clear push",
	[PG_ROLE_EVENTS] = "on poll read lost",
	[PG_ROLE_STORAGE] = "clear get set add",
	[PG_ROLE_REDIRECT] = "clear get set pairs",
	[PG_ROLE_SOCKETS] = "clear get set pairs",
	[PG_ROLE_OUTER] = "clear pairs",
};

/* What is to be written for that name, which no half has. */
static const char *instead_of(struct infer *in, ir_ref r, const pg_map *m, const char *name)
{
	const struct ir_lib *rows = in->fl.u->target->map_rows[pg_map_role(m)];
	const char *map = ir_source_name(ir_at(in->fl.f, r)->names, 0);
	const char *meant = synonym_of_map(in->fl.u->arena, rows, map ? map : "m", name);
	return meant ? meant : nearest_method(in, m, name);
}

void infer_no_map_method(struct infer *in, ir_ref r, const pg_map *m, const char *name, const char *quoted)
{
	const uint32_t site = ir_at(in->fl.f, r)->site;
	const enum pg_map_role role = pg_map_role(m);
	struct map_shape s;
	map_shape(m, &s);
	const char *what = role == PG_ROLE_EVENTS ? "bpf.events channel" : s.key ? "map" : pg_map_type(m);
	if (name && of_user_half[role] && synonym_is_among(name, of_user_half[role])) {
		struct diag *d = flow_refuse(&in->fl, site, ON_MAPS, "call it in the user half",
					     "a %s has no method %s in kernel code", what, quoted);
		if (role == PG_ROLE_MAP && !strcmp(name, "pairs"))
			d->help = "write for k, v in pairs(m) do ... end";
		return;
	}
	struct diag *d = flow_error(&in->fl, site, "a %s has no method %s", what, quoted);
	d->help = name && in->fl.report ? instead_of(in, r, m, name) : NULL;
	d->help = d->help ? d->help : infer_methods_of(in, m);
}
