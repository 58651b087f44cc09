/* link.c - programs at work: attach, replace while running, detach. */
#include "api/api.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ERR = 4096 };

bool pg_hook(unsigned i, struct pg_hook *out)
{
	const struct hook *h = hook_at(i);
	if (h)
		*out = (struct pg_hook){ h->name, h->args, h->what, h->family->input };
	return h;
}

bool pg_hook_find(const char *kind, struct pg_hook *out)
{
	const struct hook *h = hook_find(kind, NULL);
	if (h)
		*out = (struct pg_hook){ h->name, h->args, h->what, h->family->input };
	return h;
}

const char *pg_absent_hook(unsigned i)
{
	const struct hook_absent *a = hook_absent_at(i);
	return a ? a->name : NULL;
}

/* ---- counters ---- */

/* Adds (sign 1) or takes away what the program that the kernel runs has counted. */
static int count(pg_link *l, struct kern_prog_info *sum, int sign)
{
	struct kern_prog_info i;
	/* a root stays while what it calls is replaced, and it alone is counted */
	int r = kern_prog_info(l->at.root_fd >= 0 ? l->at.root_fd : l->prog->fd, &i);
	if (r < 0)
		return r;
	sum->run_cnt += (uint64_t)sign * i.run_cnt;
	sum->run_ns += (uint64_t)sign * i.run_ns;
	sum->missed += (uint64_t)sign * i.missed;
	return 0;
}

int pg_link_stats(pg_link *l, struct pg_link_stats *out)
{
	struct kern_prog_info sum = l->gone;
	if (!l->prog)
		return api_fail(l->ctx, -ENOLINK, "%s was detached", l->at.name);
	int r = count(l, &sum, 1);
	if (r < 0)
		return api_fail(l->ctx, r, "cannot read the counters of %s: %s", l->at.name, strerror(-r));
	struct pg_link_stats s = { .size = sizeof s, .counted = l->counting >= 0, .runs = sum.run_cnt,
				   .ns = sum.run_ns, .missed = sum.missed };
	size_t size = out->size;
	memcpy(out, &s, size < sizeof s ? size : sizeof s);
	out->size = size;
	return 0;
}

/* ---- attaching ---- */

static int start_counting(pg_link *l)
{
	l->counting = kern_count_runs();
	return l->counting < 0 ? api_fail(l->ctx, l->counting, "stats: the kernel does not count runs: %s",
					  strerror(-l->counting)) : 0;
}

/* Others that attach to a pin in the same directory wait meanwhile. */
static int attach_pinned(pg_link *l, pg_prog *p, const struct pg_attach_opts *o, char *err, size_t n)
{
	int r = api_pin_path(p->ctx, o->pin, &l->pin);
	if (r < 0)
		return r;
	if (!p->hook->family->leave)
		return api_fail(p->ctx, -EOPNOTSUPP, "links of %s are not pinned", p->hook->name);
	int lock = kern_pin_lock(l->pin);
	if (lock < 0)
		return api_fail(p->ctx, lock, "cannot open the directory of %s: %s; pins live in a bpf file system: mount "
				"-t bpf bpf /sys/fs/bpf", l->pin, strerror(-lock));
	l->at.pin = l->pin;
	r = p->hook->family->attach(&p->ctx->features, p->fd, o, &l->at, err, n);
	kern_close(lock);
	return r;
}

int pg_attach(pg_prog *p, const struct pg_attach_opts *opts, pg_link **out)
{
	struct pg_attach_opts o = { .size = sizeof o };
	char err[ERR] = "";
	uint64_t start = api_now();
	*out = NULL;
	memcpy(&o, opts, opts->size < sizeof o ? opts->size : sizeof o);
	pg_link *l = calloc(1, sizeof *l);
	if (!l)
		return api_fail(p->ctx, -ENOMEM, "out of memory");
	l->at = (struct hook_link){ .hook = p->hook, .features = &p->ctx->features, .link_fd = -1, .root_fd = -1,
				   .slot_fd = -1, .mode = "", .made = p->made };
	l->ctx = p->ctx;
	l->counting = -1;
	int r = o.stats ? start_counting(l) : 0;
	if (r < 0) {
		free(l);
		return r;
	}
	r = o.pin ? attach_pinned(l, p, &o, err, sizeof err)
		  : p->hook->family->attach(&p->ctx->features, p->fd, &o, &l->at, err, sizeof err);
	if (r < 0) {
		kern_close(l->counting);
		free(l->pin);
		free(l);
		return *err ? api_fail(p->ctx, r, "%s", err) : r;
	}
	ctx_ref(p->ctx);
	l->prog = prog_ref(p);
	if (l->at.root_fd < 0)
		count(l, &l->gone, -1);
	sites_where(p->sites, l->at.name);
	p->timing.attach = api_now() - start;
	*out = l;
	return 0;
}

int pg_link_replace(pg_link *l, pg_prog *p, uint64_t *ns)
{
	char err[ERR] = "";
	if (!l->prog)
		return api_fail(l->ctx, -ENOLINK, "%s was detached", l->at.name);
	if (strcmp(p->kind, l->prog->kind))
		return api_fail(l->ctx, -EINVAL, "a program for %s cannot replace one at %s", p->kind,
				l->at.name);
	if (p->made.pid != l->at.made.pid || p->made.ret != l->at.made.ret || p->made.flags != l->at.made.flags)
		return api_fail(l->ctx, -EINVAL, "a program replaces one with the same options pid, ret and frags: attach it "
				"beside %s, and detach that", l->at.name);
	uint64_t start = api_now();
	int r = p->hook->family->replace(&l->at, p->fd, err, sizeof err);
	if (r < 0)
		return api_fail(l->ctx, r, "%s", err);
	if (ns)
		*ns = api_now() - start;
	pg_prog *old = l->prog;
	bool changes = l->at.root_fd < 0;
	if (changes)
		count(l, &l->gone, 1);
	l->prog = prog_ref(p);
	if (changes)
		count(l, &l->gone, -1);
	sites_where(p->sites, l->at.name);
	prog_unref(old);
	return 0;
}

int pg_link_detach(pg_link *l)
{
	char err[ERR] = "";
	if (!l->prog)
		return 0;
	int r = l->at.hook->family->detach(&l->at, err, sizeof err);
	kern_close(l->counting);
	prog_unref(l->prog);
	l->prog = NULL;
	return r < 0 ? api_fail(l->ctx, r, "%s", err) : 0;
}

/* It goes on without us. */
static void leave(pg_link *l)
{
	l->at.hook->family->leave(&l->at);
	kern_close(l->counting);
	prog_unref(l->prog);
	l->prog = NULL;
}

void pg_link_free(pg_link *l)
{
	if (!l)
		return;
	if (l->pin && l->prog)
		leave(l);
	pg_link_detach(l);
	ctx_unref(l->ctx);
	free(l->pin);
	free(l);
}

const char *pg_link_name(const pg_link *l)
{
	return l->at.name;
}

const char *pg_link_mode(const pg_link *l)
{
	return l->at.mode;
}
