#include "bpf.h"

struct state {               /* sock:inet_sock_set_state */
	__u64 common, skaddr;
	int oldstate, newstate;
	__u16 sport, dport, family, protocol;
	__u8 saddr[4], daddr[4], saddr_v6[16], daddr_v6[16];
};

struct who { char comm[16]; __u32 pid; };
struct event { char comm[16]; __u8 from[16], to[16]; __u32 pid; __u16 dport, sport; _Bool out; };

enum { SYN_SENT = 2, SYN_RECV = 3, ESTABLISHED = 1, TCP = 6 };

MAP(waiting, LRU_HASH, __u64, struct who, 4096);
RING(made, 1 << 16);

SEC("tracepoint") int prog(struct state *s)
{
	struct event *e;

	if (s->protocol != TCP)
		return 0;
	__u64 key = s->skaddr;
	if (s->newstate == SYN_SENT) {
		struct who w;
		w.pid = bpf_get_current_pid_tgid() >> 32;
		bpf_get_current_comm(w.comm, sizeof w.comm);
		put(&waiting, &key, &w);
	} else if (s->newstate == ESTABLISHED && s->oldstate == SYN_SENT) {
		struct who *w = bpf_map_lookup_elem(&waiting, &key);
		if (!w)
			return 0;
		e = bpf_ringbuf_reserve(&made, sizeof *e, 0);
		if (e) {
			*e = (struct event){ .pid = w->pid, .out = 1, .sport = s->sport, .dport = s->dport };
			__builtin_memcpy(e->comm, w->comm, sizeof e->comm);
			__builtin_memcpy(e->from, s->saddr_v6, sizeof e->from);
			__builtin_memcpy(e->to, s->daddr_v6, sizeof e->to);
			bpf_ringbuf_submit(e, 0);
		} else {
			note(&lost);
		}
		bpf_map_delete_elem(&waiting, &key);
	} else if (s->newstate == ESTABLISHED && s->oldstate == SYN_RECV) {
		e = bpf_ringbuf_reserve(&made, sizeof *e, 0);
		if (!e) {
			note(&lost);
			return 0;
		}
		*e = (struct event){ .sport = s->dport, .dport = s->sport };
		__builtin_memcpy(e->from, s->daddr_v6, sizeof e->from);
		__builtin_memcpy(e->to, s->saddr_v6, sizeof e->to);
		bpf_ringbuf_submit(e, 0);
	}
	return 0;
}
