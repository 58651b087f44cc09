#include "skb.h"

enum state { NONE, SYN_SENT, SYN_RECEIVED, ESTABLISHED, FIN_WAIT, CLOSE_WAIT, LAST_ACK, TIME_WAIT, CLOSED, STATES };
enum event { SYN, SYNACK, ACK, FIN, RST, NOTHING, EVENTS };
enum side { CLIENT, SERVER, SIDES };

struct key { __be32 client, server; __u16 cport, sport; };
struct flow { __u64 seen, packets; __u32 state; };

MAP(flows, LRU_HASH, struct key, struct flow, 65536);
__u64 strays;

/* Who sends what in which state, and the state after that. What is not here is a stray. */
static const __u8 moves[SIDES][STATES][EVENTS] = {
	[CLIENT] = {
		[NONE]         = { [SYN] = SYN_SENT },
		[SYN_SENT]     = { [SYN] = SYN_SENT, [RST] = CLOSED },
		[SYN_RECEIVED] = { [SYN] = SYN_RECEIVED, [ACK] = ESTABLISHED, [FIN] = FIN_WAIT, [RST] = CLOSED },
		[ESTABLISHED]  = { [ACK] = ESTABLISHED, [FIN] = FIN_WAIT, [RST] = CLOSED },
		[FIN_WAIT]     = { [ACK] = FIN_WAIT, [FIN] = FIN_WAIT, [RST] = CLOSED },
		[CLOSE_WAIT]   = { [ACK] = CLOSE_WAIT, [FIN] = LAST_ACK, [RST] = CLOSED },
		[LAST_ACK]     = { [ACK] = TIME_WAIT, [FIN] = LAST_ACK, [RST] = CLOSED },
		[TIME_WAIT]    = { [SYN] = SYN_SENT, [ACK] = TIME_WAIT, [FIN] = TIME_WAIT, [RST] = CLOSED },
		[CLOSED]       = { [SYN] = SYN_SENT, [RST] = CLOSED },
	},
	[SERVER] = {
		[SYN_SENT]     = { [SYNACK] = SYN_RECEIVED, [RST] = CLOSED },
		[SYN_RECEIVED] = { [SYNACK] = SYN_RECEIVED, [RST] = CLOSED },
		[ESTABLISHED]  = { [SYNACK] = ESTABLISHED, [ACK] = ESTABLISHED, [FIN] = CLOSE_WAIT, [RST] = CLOSED },
		[FIN_WAIT]     = { [ACK] = FIN_WAIT, [FIN] = LAST_ACK, [RST] = CLOSED },
		[CLOSE_WAIT]   = { [ACK] = CLOSE_WAIT, [FIN] = CLOSE_WAIT, [RST] = CLOSED },
		[LAST_ACK]     = { [ACK] = TIME_WAIT, [FIN] = LAST_ACK, [RST] = CLOSED },
		[TIME_WAIT]    = { [ACK] = TIME_WAIT, [FIN] = TIME_WAIT, [RST] = CLOSED },
		[CLOSED]       = { [RST] = CLOSED },
	},
};
static const __u32 lasts[STATES] = { /* seconds */
	[SYN_SENT] = 120, [SYN_RECEIVED] = 60, [ESTABLISHED] = 86400, [FIN_WAIT] = 120, [CLOSE_WAIT] = 60,
	[LAST_ACK] = 30, [TIME_WAIT] = 120, [CLOSED] = 10,
};

INLINE enum event event(struct tcphdr *tcp)
{
	if (tcp->rst)
		return RST;
	if (tcp->syn)
		return tcp->ack ? SYNACK : SYN;
	if (tcp->fin)
		return FIN;
	return tcp->ack ? ACK : NOTHING;
}

INLINE struct flow *alive(const struct key *key, __s64 now)
{
	struct flow *flow = bpf_map_lookup_elem(&flows, key);

	return flow && flow->state < STATES && now - (__s64)flow->seen <= lasts[flow->state] ? flow : 0;
}

INLINE int stray(void)
{
	__sync_fetch_and_add(&strays, 1);
	return TC_SHOT;
}

/* A fragment that has no whole header, and begins where one would go on. */
INLINE int cuts_header(const struct iphdr *ip)
{
	return ip->protocol == IPPROTO_TCP && (ntohs(ip->frag_off) & 0x1fff) * 8 < sizeof(struct tcphdr);
}

SEC("tc") int prog(struct __sk_buff *skb)
{
	if (in_one_piece(skb))
		return TC_UNSPEC;
	struct iphdr *ip = ipv4_in(DATA(skb), END(skb));
	if (!ip)
		return TC_UNSPEC;
	struct tcphdr *tcp = tcp_in_ipv4(ip, END(skb));
	if (!tcp)
		return cuts_header(ip) ? stray() : TC_UNSPEC;
	struct key there = { ip->saddr, ip->daddr, ntohs(tcp->source), ntohs(tcp->dest) };
	__s64 now = bpf_ktime_get_ns() / 1000000000;
	struct flow *flow = alive(&there, now);
	enum side side = CLIENT;
	if (!flow) {
		struct key back = { there.server, there.client, there.sport, there.cport };
		flow = alive(&back, now);
		if (flow)
			side = SERVER;
	}
	__u32 state = flow ? flow->state : NONE;
	__u8 next = state < STATES ? moves[side][state][event(tcp)] : NONE;
	if (!next)
		return stray();
	if (flow) {
		flow->state = next;
		flow->seen = now;
		__sync_fetch_and_add(&flow->packets, 1);
	} else {
		struct flow first = { now, 1, next };
		put(&flows, &there, &first);
	}
	return TC_UNSPEC;
}
