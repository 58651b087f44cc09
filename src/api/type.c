/* type.c - type strings made of parts: what a table of fields means. */
#include "api/api.h"
#include "core/ctype.h"

#include <errno.h>
#include <string.h>

int pg_struct_type(pg_ctx *ctx, unsigned n, const char *const *names, const char *const *types,
		   char *buf, size_t buflen)
{
	struct ctype *t;
	char err[256];
	int rc = ct_struct(n, names, types, true, &t, err, sizeof(err));
	if (rc)
		return api_fail(ctx, rc, "%s", err);
	ct_text(t, buf, buflen);
	ct_free(t);
	return strlen(buf) + 1 < buflen ? 0 : api_fail(ctx, -E2BIG, "too many fields in one struct");
}
