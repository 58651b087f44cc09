/*
 * fail.c - preloaded into the command: makes one call fail, the N-th of its kind, or all from it on.
 *
 *   FAIL_CALL=N FAIL_ERRNO=E   the N-th bpf(2) or perf_event_open(2) gives E
 *   FAIL_MALLOC=N              the N-th allocation gives nothing
 *   FAIL_MORE=1                and so do all that follow
 *   FAIL_COUNT=FILE            at the end, writes "calls allocations" as counted into FILE
 */
#include "../preload.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

struct fault {
	unsigned long at, seen; /* at 0: none fails */
};

static struct fault call_fault, malloc_fault;
static bool more, ready;
static int call_errno;

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

static unsigned long number(const char *name)
{
	const char *v = getenv(name);
	return v ? strtoul(v, NULL, 10) : 0;
}

__attribute__((constructor)) static void start(void)
{
	call_fault.at = number("FAIL_CALL");
	malloc_fault.at = number("FAIL_MALLOC");
	call_errno = (int)number("FAIL_ERRNO");
	more = number("FAIL_MORE");
	ready = true;
}

__attribute__((destructor)) static void end(void)
{
	const char *name = getenv("FAIL_COUNT");
	FILE *f;
	ready = false;
	if (!name || !(f = fopen(name, "w")))
		return;
	fprintf(f, "%lu %lu\n", call_fault.seen, malloc_fault.seen);
	fclose(f);
}

static bool fails(struct fault *f)
{
	if (!ready)
		return false;
	f->seen++;
	return f->at && (f->seen == f->at || (more && f->seen > f->at));
}

long syscall(long number, ...)
{
	long a[6];
	TAKE_ARGUMENTS(number, a);
	if ((number == SYS_bpf || number == SYS_perf_event_open) && fails(&call_fault)) {
		errno = call_errno;
		return -1;
	}
	return real_syscall(number, a);
}

void *malloc(size_t n)
{
	if (!fails(&malloc_fault))
		return __libc_malloc(n);
	errno = ENOMEM;
	return NULL;
}

void *calloc(size_t n, size_t size)
{
	if (!fails(&malloc_fault))
		return __libc_calloc(n, size);
	errno = ENOMEM;
	return NULL;
}

void *realloc(void *p, size_t n)
{
	if (!fails(&malloc_fault))
		return __libc_realloc(p, n);
	errno = ENOMEM;
	return NULL;
}
