/* preload.h - for libraries that are preloaded and stand before syscall(2): its arguments, and the C library's own. */
#ifndef TESTS_PRELOAD_H
#define TESTS_PRELOAD_H

#include <dlfcn.h>
#include <stdarg.h>

/* a: long[6]; last: the last named argument. */
#define TAKE_ARGUMENTS(last, a)                      \
	do {                                         \
		va_list list;                        \
		va_start(list, last);                \
		for (int each = 0; each < 6; each++) \
			(a)[each] = va_arg(list, long); \
		va_end(list);                        \
	} while (0)

static inline long real_syscall(long number, const long a[6])
{
	static long (*real)(long, ...);
	if (!real)
		real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

#endif
