#include "bpf.h"

MAP(began, HASH, __u32, __u64, 10240);

SEC("uprobe") int prog(void *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();
	__u64 now = bpf_ktime_get_ns();

	put(&began, &tid, &now);
	return 0;
}
