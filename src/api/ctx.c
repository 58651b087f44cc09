/* ctx.c - the context: its error text, its features, its life. */
#include "api/api.h"
#include "core/refusal.h"
#include "net/net.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { POOL_READY = 512 << 10 };

/* Memory that is there when a compilation wants it: page by page, its faults would cost more than
 * compiling does. One huge page where the kernel has one to give, for under a hypervisor without
 * nested page tables even a page that is mapped costs microseconds when it is first touched. */
static void *map_pool(void)
{
	const int prot = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	char *p = mmap(NULL, 2 * API_POOL, prot, flags, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	size_t before = -(uintptr_t)p & (API_POOL - 1);
	if (before)
		munmap(p, before);
	munmap(p + before + API_POOL, API_POOL - before);
	madvise(p + before, API_POOL, MADV_HUGEPAGE);
	madvise(p + before, POOL_READY, MADV_POPULATE_WRITE);
	return p + before;
}

int pg_ctx_new(pg_ctx **out)
{
	pg_ctx *ctx = calloc(1, sizeof *ctx);
	*out = ctx;
	if (!ctx)
		return -ENOMEM;
	ctx->refs = 1;
	ctx->hand_socket = ctx->hand_cpu = -1;
	ctx->pool = map_pool();
	/* what every compilation asks: from the cache now, not while somebody waits for a program */
	api_has(ctx, FEAT_may_goto);
	api_has(ctx, FEAT_isa_v4);
	api_has(ctx, FEAT_xdp_load);
	return 0;
}

pg_ctx *ctx_ref(pg_ctx *ctx)
{
	ctx->refs++;
	return ctx;
}

void ctx_unref(pg_ctx *ctx)
{
	if (!ctx || --ctx->refs)
		return;
	sites_free_all(ctx);
	kern_tracefs_close(&ctx->features);
	prints_free(ctx);
	if (ctx->pool)
		munmap(ctx->pool, API_POOL);
	kern_close(ctx->hand_socket);
	net_added_free(ctx->added);
	free(ctx->keep_stage);
	free(ctx->error);
	free(ctx);
}

void pg_ctx_free(pg_ctx *ctx)
{
	ctx_unref(ctx);
}

const char *pg_error(const pg_ctx *ctx)
{
	return ctx->error ? ctx->error : "";
}

int pg_proto(pg_ctx *ctx, const struct pg_proto_opts *opts)
{
	struct pg_proto_opts o = PG_OPTS(struct pg_proto_opts);
	char err[320] = "";
	memcpy(&o, opts, opts->size < sizeof o ? opts->size : sizeof o);
	return net_add(&ctx->added, &o, err, sizeof err) ? 0 : api_fail(ctx, -EINVAL, "%s", err);
}

int api_vfail(pg_ctx *ctx, int err, const char *fmt, va_list ap)
{
	char *text;
	/* printed before the old text goes: it may be among the arguments */
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	free(ctx->error);
	ctx->error = text;
	return err;
}

int api_fail(pg_ctx *ctx, int err, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	api_vfail(ctx, err, fmt, ap);
	va_end(ap);
	return err;
}

int api_refuse(pg_ctx *ctx, int err, struct diag_pos pos, const struct refusal *r, const char *name, const char *since)
{
	char text[400], until[40] = "";
	snprintf(text, sizeof text, r->text, name);
	if (since)
		snprintf(until, sizeof until, " (Linux %s or later)", since);
	return api_fail(ctx, err, "%s:%u: error: %s\n  help: %s%s", pos.file ? pos.file : "?", pos.line, text, r->help, until);
}

uint32_t api_next_print(void *ctx)
{
	return ++((pg_ctx *)ctx)->print_id;
}

bool api_has(pg_ctx *ctx, enum feature which)
{
	return kern_has(&ctx->features, which);
}

bool api_lacks(const pg_ctx *ctx, enum feature which)
{
	return ctx->features.state[which] < 0;
}

/* A row says what the feature is, some after its own name: "may_goto: loops with ...". */
int api_pin_path(pg_ctx *ctx, const char *pin, char **out)
{
	char path[4096];
	if (!*pin)
		return api_fail(ctx, -EINVAL, "pin = \"name\", or a path in a bpf file system");
	snprintf(path, sizeof path, "%s%s", strchr(pin, '/') ? "" : "/sys/fs/bpf/", pin);
	*out = strdup(path);
	return *out ? 0 : api_fail(ctx, -ENOMEM, "out of memory");
}

int api_needs(pg_ctx *ctx, const char *who, enum feature which)
{
	const char *what = kern_feature_what(which);
	return api_fail(ctx, -EOPNOTSUPP, "%s %.*s (Linux %s or later)", who, (int)strcspn(what, ":"), what,
			kern_feature_since(which));
}

int pg_features(pg_ctx *ctx, void (*line)(void *arg, const char *name, bool there,
					  const char *since, const char *what),
		void *arg)
{
	const char *missing = kern_rights_missing();
	if (missing)
		return api_fail(ctx, -EPERM, "%s", missing);
	kern_probe_all(&ctx->features);
	for (unsigned i = 0; i < FEAT_COUNT; i++) {
		enum feature f = (enum feature)i;
		line(arg, kern_feature_name(f), api_has(ctx, f), kern_feature_since(f), kern_feature_what(f));
	}
	return 0;
}

void pg_share(pg_ctx *ctx, uint32_t least)
{
	ctx->share = least;
}

void pg_scratch(pg_ctx *ctx, int always)
{
	ctx->roomy = always;
}

void pg_apart(pg_ctx *ctx, int always)
{
	ctx->apart = always;
}

int pg_feature_off(pg_ctx *ctx, const char *name)
{
	for (unsigned i = 0; i < FEAT_COUNT; i++)
		if (!strcmp(kern_feature_name((enum feature)i), name)) {
			ctx->features.state[i] = -2;
			return 0;
		}
	return api_fail(ctx, -EINVAL, "there is no feature '%s': `perigee features` lists them", name);
}
