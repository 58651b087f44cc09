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

static bool parse(const char *point, struct name *n)
{
	size_t k = strcspn(point, ":/");
	return point[k] && part(n->group, sizeof n->group, point, k) &&
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

static int describe(const struct hook_place *at, struct name *n, struct event *ev, char *err, size_t errlen)
{
	if (!at->point || !parse(at->point, n)) {
		snprintf(err, errlen, "a tracepoint is named by its group and its name, as in "
			 "\"sched:sched_switch\"");
		return -EINVAL;
	}
	int dir = kern_tracefs_open();
	if (dir < 0) {
		snprintf(err, errlen, "cannot read the kernel's tracepoints: %s", strerror(-dir));
		return dir;
	}
	int r = read_format(dir, n, at->arena, ev);
	kern_close(dir);
	if (r < 0)
		snprintf(err, errlen, "there is no tracepoint '%s:%s'", n->group, n->event);
	return r;
}

static int target_at(const struct hook_place *at, const struct ir_target **out, char *err, size_t errlen)
{
	struct name n;
	struct event ev;
	int r = describe(at, &n, &ev, err, errlen);
	if (r < 0)
		return r;
	*out = event_target(at->arena, &target, arena_printf(at->arena, "%s", n.event), &ev);
	return 0;
}

/* ---- attaching ---- */

static int event_id(const struct name *n, uint32_t *id)
{
	char path[256], *text;
	size_t len;
	int dir = kern_tracefs_open();
	if (dir < 0)
		return dir;
	snprintf(path, sizeof path, "events/%s/%s/id", n->group, n->event);
	int r = kern_tracefs_read(dir, path, &text, &len);
	kern_close(dir);
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
	(void)f;
	if (!opts->point || !parse(opts->point, &n) || event_id(&n, &id) < 0) {
		snprintf(err, errlen, "there is no tracepoint '%s'", opts->point ? opts->point : "");
		return -ENOENT;
	}
	snprintf(l->name, sizeof l->name, "tracepoint %s:%s", n.group, n.event);
	return probe_attach(&target, kern_perf_tracepoint(id), prog_fd, l, err, errlen);
}

const struct hook_family hook_tracepoint = {
	.target = &target,
	.target_at = target_at,
	.attach = attach,
	.replace = probe_replace,
	.detach = probe_detach,
};
