/*
 * called - a program for probes to look at. Each line of its input is a call, "add 2 3", which it makes
 * and whose result it prints; at the end of its input it ends.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROBED __attribute__((noipa))

PROBED int add(int a, int b)
{
	return a + b;
}

PROBED static long twice(long a)
{
	return a * 2;
}

PROBED long many(long a, long b, long c, long d, long e, long f, long g, long h)
{
	return a + b + c + d + e + f + g + h;
}

/* Types narrower than registers: what stands in the rest of those is anything. */
PROBED signed char narrow(signed char a, unsigned char b, short c, unsigned short d, int e, unsigned f)
{
	return (signed char)(a + b + c + d + e + (int)f);
}

PROBED bool is_odd(long a)
{
	return a & 1;
}

PROBED const char *behind(const char *text, size_t n)
{
	return text + n;
}

PROBED int fails(double a, int b)
{
	return a > 0 ? -1 : b;
}

PROBED unsigned nap(unsigned us)
{
	usleep(us);
	return us;
}

/* The same with garbage above the low bits of each register. */
typedef long wide(long a, long b, long c, long d, long e, long f);

static long call(const char *name, const long *v, const char *text)
{
	const long junk = 0x5a5a5a5a00000000;
	wide *raw_narrow = (wide *)(void *)narrow;
	return !strcmp(name, "add") ? add((int)v[0], (int)v[1])
	     : !strcmp(name, "twice") ? twice(v[0])
	     : !strcmp(name, "many") ? many(1, 2, 3, 4, 5, 6, 7, 8)
	     : !strcmp(name, "narrow") ? (signed char)raw_narrow(v[0] ^ junk, v[1] ^ junk, v[2] ^ junk, v[3] ^ junk,
								 v[4] ^ junk, v[5] ^ junk)
	     : !strcmp(name, "is_odd") ? is_odd(v[0])
	     : !strcmp(name, "behind") ? (long)(behind(text, (size_t)v[0]) - text)
	     : !strcmp(name, "fails") ? fails((double)v[0], (int)v[1])
	     : !strcmp(name, "nap") ? (long)nap((unsigned)v[0])
	     : -1;
}

int main(void)
{
	char line[256], name[16];
	for (long v[6] = { 0 }; fgets(line, sizeof line, stdin); memset(v, 0, sizeof v)) {
		sscanf(line, "%15s %ld %ld %ld %ld %ld %ld", name, v, v + 1, v + 2, v + 3, v + 4, v + 5);
		printf("%ld\n", call(name, v, line));
		fflush(stdout);
	}
	return 0;
}
