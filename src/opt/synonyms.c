/* synonyms.c - names that a view, a map or bpf has not, but C has, or another library: what has them here. */
#include "opt/infer.h"

#include <ctype.h>
#include <string.h>

/* The first row counts that has the name and whose `there` is to be had. */
struct synonym {
	const char *names; /* with a blank between */
	const char *there; /* a field, or a method */
	const char *write; /* what is asked whether it was meant; NULL: `there` */
	const char *help;  /* said instead; of maps, what is written behind its name. Or NULL */
};

static const struct synonym of_views[] = {
	{ "dest dst_port dest_port destination_port dstport",                    "dport",     NULL, NULL },
	{ "source src_port source_port srcport",                                 "sport",     NULL, NULL },
	{ "dest daddr destination dst_addr dst_ip dst_mac h_dest",               "dst",       NULL, NULL },
	{ "source saddr src_addr src_ip src_mac h_source",                       "src",       NULL, NULL },
	{ "protocol ip_proto ipproto next_header nexthdr next",                  "proto",     NULL, NULL },
	{ "proto protocol ip_proto ipproto next_header nexthdr",                 "next",      NULL, NULL },
	{ "proto protocol ethertype ether_type h_proto",                         "type",      NULL, NULL },
	{ "length size tot_len total_len total_length payload_len",              "len",       NULL, NULL },
	{ "checksum csum cksum",                                                 "check",     NULL, NULL },
	{ "hlen hdrlen header_len header_length",                                "ihl",       "ihl * 4", NULL },
	{ "hlen hdrlen header_len header_length data_offset",                    "doff",      "doff * 4", NULL },
	{ "dscp",                                                                "tos",       "tos >> 2", NULL },
	{ "ecn",                                                                 "tos",       "tos & 3", NULL },
	{ "dscp",                                                                "tclass",    "tclass >> 2", NULL },
	{ "ecn",                                                                 "tclass",    "tclass & 3", NULL },
	{ "tos traffic_class priority",                                          "tclass",    NULL, NULL },
	{ "ttl hlim hoplimit",                                                   "hop_limit", NULL, NULL },
	{ "hop_limit hlim hoplimit time_to_live",                                "ttl",       NULL, NULL },
	{ "flow_label flow_lbl flowlabel",                                       "flow",      NULL, NULL },
	{ "ident identification",                                                "id",        NULL, NULL },
	{ "fragment frag_offset fragment_offset",                                "frag_off",  NULL, NULL },
	{ "seq_num seqno seqnum sequence",                                       "seq",       NULL, NULL },
	{ "ack_num ackno acknum ack_no",                                         "ack_seq",   NULL, NULL },
	{ "win window_size",                                                     "window",    NULL, NULL },
	{ "flags", "syn", NULL, "it has one field for each: tcp.syn, tcp.ack ...; tcp:u8(13) gives all as a number" },
	{ "ip4",                                                                 "ipv4",      NULL, NULL },
	{ "ip6",                                                                 "ipv6",      NULL, NULL },
	{ "ether ethernet",                                                      "eth",       NULL, NULL },
	{ "icmpv6",                                                              "icmp6",     NULL, NULL },
	{ "ingress_ifindex iif",                                                 "ifindex",   NULL, NULL },
	{ "data body",                                                           "payload",   NULL, NULL },
	{ "dport dest_port dst_port", "udp", NULL, "did you mean 'tcp.dport' or 'udp.dport'?" },
	{ "sport src_port source_port", "udp", NULL, "did you mean 'tcp.sport' or 'udp.sport'?" },
};

static const struct synonym of_maps[] = {
	{ "incr inc increment increase count",     "add",  NULL, NULL },
	{ "lookup find fetch",                     "get",  NULL, NULL },
	{ "update put insert store",               "set",  NULL, NULL },
	{ "delete remove del erase",               "set",  NULL, "[k] = nil" },
	{ "has contains exists",                   "get",  NULL, "[k] ~= nil" },
	{ "emit output submit push publish",       "send", NULL, NULL },
	{ "enqueue put add insert",                "push", NULL, NULL },
	{ "dequeue take",                          "pop",  NULL, NULL },
	{ "front top head",                        "peek", NULL, NULL },
};

/* Of bpf everything that is written is to be had. */
static const struct synonym of_bpf[] = {
	{ "now time nsecs timestamp clock gettime ktime_ns ktime_get", NULL, "bpf.ktime", NULL },
	{ "getpid get_pid tgid",                                   NULL, "bpf.pid", NULL },
	{ "gettid get_tid",                                        NULL, "bpf.tid", NULL },
	{ "getuid get_uid",                                        NULL, "bpf.uid", NULL },
	{ "getgid get_gid",                                        NULL, "bpf.gid", NULL },
	{ "getcomm get_comm",                                      NULL, "bpf.comm", NULL },
	{ "cpu_id processor smp_processor_id",                     NULL, "bpf.cpu", NULL },
	{ "prandom urandom",                                       NULL, "bpf.random", NULL },
	{ "OK ok XDP_PASS TC_ACT_OK",                              NULL, "bpf.PASS", NULL },
	{ "REJECT reject deny block SHOT XDP_DROP TC_ACT_SHOT",    NULL, "bpf.DROP", NULL },
	{ "XDP_TX",                                                NULL, "bpf.TX", NULL },
	{ "len",                                                   NULL, "pkt.len", NULL },
	{ "hash",                                                  NULL, "pkt.hash", NULL },
	{ "log trace printk printf print debug",                   NULL, NULL, "write print(...)" },
	{ "strlen",                                                NULL, NULL, "write #s" },
	{ "htons ntohs htonl ntohl", NULL, NULL, "leave it out: fields and bytes are read as numbers, tcp.dport == 80" },
};

#define ROWS(table) sizeof(table) / sizeof *(table)

bool synonym_is_among(const char *name, const char *names)
{
	const size_t n = strlen(name);
	while (*names) {
		const size_t len = strcspn(names, " ");
		if (len == n && !memcmp(name, names, n))
			return true;
		names += len + (names[len] == ' ');
	}
	return false;
}

static const char *asked(struct arena *a, const struct synonym *s)
{
	return s->help ? s->help : arena_printf(a, "did you mean '%s'?", s->write ? s->write : s->there);
}

/* A header that another one of the view's own holds: "udp.vxlan" of a packet. */
static const char *within(struct ir_unit *u, const struct ir_view *v, const char *name)
{
	for (const struct ir_field *f = v->fields; f && f->name; f++) {
		const uint64_t kinds = f->kinds & IR_VIEWS;
		const struct ir_view *next = kinds && ir_single(kinds) ? ir_view_of(u->target, ir_first_kind(kinds)) : NULL;
		const struct ir_field *found = next && next != v ? ir_field_find(next, name) : NULL;
		if (found && found->kinds & IR_VIEWS)
			return arena_printf(u->arena, "did you mean '%s.%s'?", f->name, name);
	}
	return NULL;
}

/* u24, u17: bits that no method reads at once. */
static const char *as_width(const struct ir_view *v, const char *name)
{
	if (*name != 'u' || !isdigit((unsigned char)name[1]) || name[1 + strspn(name + 1, "0123456789")] ||
	    !ir_lib_find(v->methods, "u16"))
		return NULL;
	return strcmp(name, "u24") ? "integers are read by p:u8(offset), p:u16(offset), p:u32(offset) and p:u64(offset)"
				   : "write (p:u8(o) or 0) << 16 | (p:u16(o + 1) or 0)";
}

const char *synonym_of_view(struct ir_unit *u, const struct ir_view *v, const char *name)
{
	for (size_t i = 0; i < ROWS(of_views); i++) {
		const struct ir_field *f = synonym_is_among(name, of_views[i].names) ? ir_field_find(v, of_views[i].there) : NULL;
		if (f && f->kinds)
			return asked(u->arena, &of_views[i]);
	}
	const char *path = within(u, v, name);
	return path ? path : as_width(v, name);
}

const char *synonym_of_map(struct arena *a, const struct ir_lib *rows, const char *map, const char *name)
{
	for (size_t i = 0; i < ROWS(of_maps); i++) {
		const struct synonym *s = &of_maps[i];
		const struct ir_lib *row = rows && synonym_is_among(name, s->names) ? ir_lib_find(rows, s->there) : NULL;
		if (!row || !strchr(row->what, ':')) /* one that is there to be refused */
			continue;
		return s->help ? arena_printf(a, "write %s%s", map, s->help) : asked(a, s);
	}
	return NULL;
}

const char *synonym_of_bpf(struct arena *a, const char *name)
{
	for (size_t i = 0; i < ROWS(of_bpf); i++)
		if (synonym_is_among(name, of_bpf[i].names))
			return asked(a, &of_bpf[i]);
	return NULL;
}
