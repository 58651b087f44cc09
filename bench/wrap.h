/* wrap.h - for benches that stand between the library and the kernel: the linker's --wrap=syscall. */
#ifndef WRAP_H
#define WRAP_H

#include <stdarg.h>

long __real_syscall(long number, ...);

/* Makes the call with the arguments of the one that was caught, which are left in a. */
static inline long wrap_pass(long number, va_list ap, long a[6])
{
	for (unsigned i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

#endif
