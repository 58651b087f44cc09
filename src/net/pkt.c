/* pkt.c - the frame itself, as an XDP program receives it. */
#include "net/net.h"

#include <linux/bpf.h>

/* A test run of the kernel shows a packet as received on queue 0 of the loopback device. */
enum { LOOPBACK = 1 };

#define CTX_ROW(name, member, twin_)                                                        \
	NET_ROW(name, IR_BIT(IR_INT), .how = NET_CTX, .bit = offsetof(struct xdp_md, member), \
		.twin = twin_)

#define BESIDE "XDP sees a frame before the kernel keeps anything beside it; bpf.tc has it"

static const struct ir_field fields[] = {
	NET_ROW_SIZE("len"),
	CTX_ROW("ifindex", ingress_ifindex, LOOPBACK),
	CTX_ROW("rxq", rx_queue_index, 0),
	NET_ROW_ELSEWHERE("mark", BESIDE), NET_ROW_ELSEWHERE("priority", BESIDE),
	NET_ROW_ELSEWHERE("hash", BESIDE), NET_ROW_ELSEWHERE("queue", "here it is pkt.rxq"),
	NET_ROW_HEADER("eth", NET_ETH),
	NET_ROW_HEADER("vlan", NET_VLAN),
	NET_ROWS_FRAME,
	NET_ROW_REST(),
	{ 0 }
};

const struct ir_view net_pkt_view = NET_VIEW("pkt", 0, fields, NULL, NET_IN_ETH);
