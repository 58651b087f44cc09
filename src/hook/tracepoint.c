/* tracepoint.c - the tracepoint hook: events that the kernel describes in tracefs. */
#include "hook/event.h"
#include "hook/hook.h"
#include "hook/probe.h"
#include "hook/tracing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const struct ir_target target = {
	.hook = "tracepoint",
	.prog_type = BPF_PROG_TYPE_TRACEPOINT,
	.nparams = 1,
	.params = { IR_BIT(IR_VIEW0) },
	TRACING_TARGET,
};

/* "sched:sched_switch", or with a slash */
struct name {
	char group[48], event[64];
};

static bool part(char *out, size_t size, const char *s, size_t n)
{
	if (!n || n >= size || *s == '.' || memchr(s, '/', n))
		return false;
	memcpy(out, s, n);
	out[n] = 0;
	return true;
}

/* A name without its group leaves that empty. */
static bool parse(const char *point, struct name *n)
{
	size_t k = strcspn(point, ":/");
	*n = (struct name){ "", "" };
	if (!point[k])
		return part(n->event, sizeof n->event, point, k), false;
	return part(n->group, sizeof n->group, point, k) &&
	       part(n->event, sizeof n->event, point + k + 1, strlen(point + k + 1));
}

/* ---- the description ---- */

static int read_format(int dir, const struct name *n, struct arena *a, struct event *out)
{
	char path[256], *text;
	size_t len;
	snprintf(path, sizeof path, "events/%s/%s/format", n->group, n->event);
	int r = kern_tracefs_read(dir, path, &text, &len);
	if (r < 0)
		return r;
	const char *own = arena_copy(a, text, len);
	free(text);
	return event_format(a, own, len, out);
}

struct from_types {
	struct arena *a;
	struct event *ev;
};

static const char *c_name(const struct kern_btf_member *m)
{
	static const char *const ints[][2] = { [1] = { "u8", "s8" }, [2] = { "u16", "s16" }, [4] = { "u32", "s32" },
					       [8] = { "u64", "s64" } };
	static const char *const others[] = { [KERN_BTF_OTHER] = "struct", [KERN_BTF_BOOL] = "bool",
					      [KERN_BTF_CHAR] = "char", [KERN_BTF_PTR] = "void *" };
	if (m->kind != KERN_BTF_INT)
		return others[m->kind];
	return m->size <= 8 && ints[m->size][0] ? ints[m->size][m->is_signed] : "struct";
}

/* A member of the kernel's struct as tracefs would describe it; text that lies elsewhere is told by
 * its name. What such a name says of its elements is not known: they are taken to be char. */
static void add_member(void *arg, const struct kern_btf_member *m)
{
	static const char data[] = "__data_loc_", rel[] = "__rel_loc_";
	struct from_types *to = arg;
	struct event *ev = to->ev;
	const char *type = c_name(m), *name = m->name;
	uint64_t all = (uint64_t)m->size * (m->array ? m->count : 1);
	if (!all || m->offset < EVENT_FIRST || m->offset + all > EVENT_MOST || ev->nfields == EVENT_FIELDS)
		return;
	if (!strncmp(name, data, sizeof data - 1)) {
		type = "__data_loc char[]";
		name += sizeof data - 1;
	} else if (!strncmp(name, rel, sizeof rel - 1)) {
		type = "__rel_loc char[]";
		name += sizeof rel - 1;
	}
	struct event_field *f = &ev->fields[ev->nfields++];
	*f = (struct event_field){ .offset = m->offset, .size = (uint32_t)all, .is_signed = m->is_signed };
	event_declare(to->a, f, type, arena_printf(to->a, "%s", name),
		      m->array ? arena_printf(to->a, "[%u]", m->count) : "");
}

/* ---- what there is instead ---- */

struct names {
	struct arena *a;
	const char **v;
	uint32_t n, cap;
};

static void add_name(void *arg, const char *name)
{
	struct names *list = arg;
	arena_push(list->a, list->v, list->n, list->cap, arena_printf(list->a, "%s", name));
}

static struct names names_in(int dir, const char *path, struct arena *a)
{
	struct names list = { .a = a };
	kern_tracefs_list(dir, path, add_name, &list);
	return list;
}

static const char *nearest(const struct names *list, const char *name)
{
	for (uint32_t i = 0; i < list->n; i++)
		if (!strcmp(list->v[i], name))
			return list->v[i];
	return ir_nearest(name, list->v, list->n);
}

/* The group that has an event of this very name, or NULL. */
static const char *group_with(int dir, const struct names *groups, const char *event)
{
	for (uint32_t i = 0; i < groups->n; i++) {
		char path[256];
		snprintf(path, sizeof path, "events/%.64s/%.64s/format", groups->v[i], event);
		if (kern_tracefs_has(dir, path))
			return groups->v[i];
	}
	return NULL;
}

/* "sched:sched_switch" for "shed:sched_swich"; NULL: nothing is near. */
static const char *suggest(int dir, const struct name *n, struct arena *a)
{
	struct names groups = names_in(dir, "events", a);
	const char *group = *n->group ? nearest(&groups, n->group) : NULL, *event = NULL;
	if (group) {
		struct names events = names_in(dir, arena_printf(a, "events/%s", group), a);
		event = nearest(&events, n->event);
	}
	if (!event) {
		group = group_with(dir, &groups, n->event);
		event = n->event;
	}
	return group ? arena_printf(a, "%s:%s", group, event) : NULL;
}

static void say_unknown(const struct hook_place *at, int dir, const struct name *n, char *err, size_t errlen)
{
	const char *near = suggest(dir, n, at->arena);
	int k = snprintf(err, errlen, "there is no tracepoint '%.128s'", at->point);
	if (near)
		snprintf(err + k, errlen - (size_t)k, "; did you mean '%s'?", near);
	else
		snprintf(err + k, errlen - (size_t)k, "; a tracepoint is named by its group and its name, as in "
			 "\"sched:sched_switch\"");
}

/* Without the rights to read tracefs: the kernel's own struct of the event, where it has its name. */
static int describe_by_type(const struct hook_place *at, struct name *n, struct event *ev, int why, char *err,
			    size_t errlen)
{
	struct from_types b = { at->arena, ev };
	char name[128];
	*ev = (struct event){ .fields = arena_array(at->arena, struct event_field, EVENT_FIELDS + 1) };
	bool named = parse(at->point, n);
	snprintf(name, sizeof name, "trace_event_raw_%s", n->event);
	if (named && kern_btf_struct(NULL, name, add_member, &b) == 0)
		return 0;
	snprintf(err, errlen, "what the tracepoint '%.128s' holds is not known: tracefs cannot be read (%s), and "
		 "the kernel's types do not have it", at->point, strerror(-why));
	return why;
}

static int describe(const struct hook_place *at, struct name *n, struct event *ev, char *err, size_t errlen)
{
	int dir = kern_tracefs(at->features);
	if (dir < 0)
		return describe_by_type(at, n, ev, dir, err, errlen);
	int r = parse(at->point, n) ? read_format(dir, n, at->arena, ev) : -ENOENT;
	if (r == -ENOENT)
		say_unknown(at, dir, n, err, errlen);
	else if (r < 0)
		snprintf(err, errlen, "cannot read what the tracepoint '%.128s' holds: %s", at->point, strerror(-r));
	return r;
}

static int target_at(const struct hook_place *at, const struct ir_target **out, char *err, size_t errlen)
{
	struct name n;
	struct event ev;
	if (!at->point) {
		snprintf(err, errlen, "a tracepoint has a name: write \"tracepoint:sched:sched_switch\"");
		return -EINVAL;
	}
	int r = describe(at, &n, &ev, err, errlen);
	if (r < 0)
		return r;
	*out = event_target(at->arena, &target, arena_printf(at->arena, "%s", n.event), &ev);
	return 0;
}

/* ---- attaching ---- */

static int event_id(struct kern_features *f, const struct name *n, uint32_t *id)
{
	char path[256], *text;
	size_t len;
	int dir = kern_tracefs(f);
	if (dir < 0)
		return dir;
	snprintf(path, sizeof path, "events/%s/%s/id", n->group, n->event);
	int r = kern_tracefs_read(dir, path, &text, &len);
	if (r < 0)
		return r;
	*id = (uint32_t)strtoul(text, NULL, 10);
	free(text);
	return 0;
}

static int attach(struct kern_features *f, int prog_fd, const struct pg_attach_opts *opts,
		  struct hook_link *l, char *err, size_t errlen)
{
	struct name n;
	uint32_t id;
	int r = opts->point && parse(opts->point, &n) ? event_id(f, &n, &id) : -ENOENT;
	if (r == -ENOENT)
		snprintf(err, errlen, "there is no tracepoint '%s'", opts->point ? opts->point : "");
	else if (r < 0)
		snprintf(err, errlen, "cannot read the number of the tracepoint '%s': %s", opts->point, strerror(-r));
	if (r < 0)
		return r;
	snprintf(l->name, sizeof l->name, "tracepoint %s:%s", n.group, n.event);
	return probe_attach(&target, kern_perf_tracepoint(id), prog_fd, l, err, errlen);
}

const struct hook_family hook_tracepoint = {
	.target = &target,
	.input = PG_INPUT_EVENT,
	.no_test = true,
	.target_at = target_at,
	.attach = attach,
	.replace = probe_replace,
	.detach = probe_detach,
};
