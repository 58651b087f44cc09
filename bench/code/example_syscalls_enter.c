#include "bpf.h"

enum { PID = 1234 };

MAP(began, LRU_HASH, __u32, __u64, 10240);

SEC("tracepoint") int prog(void *ctx)
{
	__u64 who = bpf_get_current_pid_tgid(), now;
	__u32 tid = who;

	if (who >> 32 != PID)
		return 0;
	now = bpf_ktime_get_ns();
	put(&began, &tid, &now);
	return 0;
}
