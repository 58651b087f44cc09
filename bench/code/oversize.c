#include "parse.h"

SEC("xdp") int prog(struct xdp_md *ctx)
{
	return END(ctx) - DATA(ctx) > 150 ? XDP_DROP : XDP_PASS;
}
