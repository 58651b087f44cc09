/* payload.c - bytes behind a header, no fields. */
#include "net/net.h"

static const struct ir_field fields[] = { { 0 } };

const struct ir_view net_payload_view = NET_VIEW("payload", 2, fields, NULL, 0);
