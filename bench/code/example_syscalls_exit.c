#include "bpf.h"

enum { PID = 1234 };

struct sys_exit { __u64 common; long id, ret; };

MAP(began, LRU_HASH, __u32, __u64, 10240);
MAP(calls, HASH, __u32, __u64, 1024);
MAP(failed, HASH, __u32, __u64, 1024);
MAP(ns, HASH, __u32, __u64, 1024);

SEC("tracepoint") int prog(struct sys_exit *e)
{
	__u64 who = bpf_get_current_pid_tgid();
	__u32 tid = who, id = e->id;

	if (who >> 32 != PID)
		return 0;
	__u64 *start = bpf_map_lookup_elem(&began, &tid);
	if (!start)
		return 0;
	__u64 then = *start;
	count(&calls, &id, 1);
	count(&ns, &id, bpf_ktime_get_ns() - then);
	if (e->ret < 0)
		count(&failed, &id, 1);
	return 0;
}
