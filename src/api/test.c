/* test.c - one run of a program on given bytes, without attaching it. */
#include "api/api.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	HEAD_ROOM = 256,   /* what a program may put before the packet, at most */
	ONE_BUFFER = 2048, /* a packet this long needs no fragments */
};

static int grow(pg_prog *p, size_t need)
{
	if (need <= p->packet_cap)
		return 0;
	uint8_t *q = realloc(p->packet, need);
	if (!q)
		return -ENOMEM;
	p->packet = q;
	p->packet_cap = need;
	return 0;
}

static int failed(pg_prog *p, int r, size_t n)
{
	const char *hook = p->hook->name;
	/* too long is ENOMEM to kernels that split it into fragments, EINVAL to older ones */
	if (r == -EINVAL || r == -ENOSPC || (r == -ENOMEM && n > ONE_BUFFER))
		return api_fail(p->ctx, r, "the kernel does not test-run %s programs with %zu bytes of "
				"input", hook, n);
	if (r == -EOPNOTSUPP || r == -524)
		return api_fail(p->ctx, -EOPNOTSUPP, "this kernel cannot test-run %s programs", hook);
	return api_fail(p->ctx, r, "cannot test-run '%s': %s", p->name, strerror(-r));
}

int pg_testable(const pg_prog *p)
{
	if (!p->hook->family->no_test)
		return 0;
	return api_fail(p->ctx, -EOPNOTSUPP, "the kernel cannot test-run %s programs: attach it, or run it under "
			"Lua, by program:twin or bpf.twin", p->hook->name);
}

/* What the kernel takes off its input is put before it. */
static const uint8_t *input(pg_prog *p, const void *in, size_t n, uint8_t **own)
{
	uint32_t skip = p->hook->family->test_skip;
	*own = skip ? calloc(1, skip + n) : NULL;
	if (!*own)
		return in;
	memcpy(*own + skip, in, n);
	return *own;
}

int pg_test(pg_prog *p, const void *in, size_t n, struct pg_test_result *out)
{
	if (api_lacks(p->ctx, FEAT_prog_test))
		return api_needs(p->ctx, "test runs need", FEAT_prog_test);
	uint32_t least = p->hook->family->test_min;
	if (pg_testable(p))
		return -EOPNOTSUPP;
	if (n < least)
		return api_fail(p->ctx, -EINVAL,
				"the kernel tests %s programs with %u bytes of input or more, not with %zu",
				p->hook->name, least, n);
	if (n > UINT32_MAX / 2 || grow(p, HEAD_ROOM + n + p->hook->family->target->move_tail.most))
		return api_fail(p->ctx, -ENOMEM, "no memory for a packet of %zu bytes", n);
	uint32_t most = p->hook->family->test_most;
	if (most && n > most && !p->made.flags)
		return api_fail(p->ctx, -EINVAL, "the kernel tests %s programs with up to %u bytes of input in one buffer, not "
				"with %zu: a program with the option frags takes several", p->hook->name, most, n);
	uint32_t skip = p->hook->family->test_skip;
	uint8_t *own;
	struct kern_test t = { .in = input(p, in, n, &own), .in_len = skip + n, .out = p->packet,
			       .out_len = p->packet_cap };
	if (skip && !own)
		return api_fail(p->ctx, -ENOMEM, "out of memory");
	sites_mark(p->sites);
	int r = kern_prog_test(p->fd, &t);
	free(own);
	if (r < 0)
		return failed(p, r, n);
	const char *error = sites_grown(p->sites);
	free(p->error);
	p->error = error ? strdup(error) : NULL;
	*out = (struct pg_test_result){
		.verdict = hook_neutral(p->hook->family->target, (int32_t)t.retval),
		.packet = p->packet + skip,
		.packet_len = t.out_len > skip ? t.out_len - skip : 0,
		.ns = t.ns,
		.error = p->error,
	};
	return 0;
}
