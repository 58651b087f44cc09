#include "bpf.h"

MAP(began, HASH, __u32, __u64, 10240);
MAP(calls, PERCPU_ARRAY, __u32, __u64, 65);

SEC("uprobe") int prog(void *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid(), power = 0;
	__u64 *start = bpf_map_lookup_elem(&began, &tid);

	if (!start)
		return 0;
	__u64 then = *start;
	bpf_map_delete_elem(&began, &tid);
	__s64 ns = bpf_ktime_get_ns() - then; /* signed, as Lua's: none below 0 takes a turn */
	for (__u64 us = ns > 0 ? (__u64)ns / 1000 : 0; us && power < 64; us >>= 1)
		power++;
	__u64 *n = bpf_map_lookup_elem(&calls, &power);
	if (n)
		__sync_fetch_and_add(n, 1);
	return 0;
}
