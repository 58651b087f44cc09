/* helpers.c - helpers of the kernel by the names that C calls them by: what kernel code has for them. */
#include "opt/infer.h"

/* For those that do the same, or what it is done by here. */
static const struct instead {
	const char *names; /* with a blank between */
	const char *write;
} instead[] = {
	{ "ktime_get_ns ktime_get_boot_ns ktime_get_coarse_ns", "bpf.ktime() gives the nanoseconds since boot, not counting suspend" },
	{ "get_prandom_u32", "bpf.random() gives 32 random bits" },
	{ "get_smp_processor_id", "bpf.cpu() gives the number of this CPU" },
	{ "get_current_pid_tgid get_ns_current_pid_tgid", "bpf.pid() gives the process, bpf.tid() the thread" },
	{ "get_current_uid_gid", "bpf.uid() gives the user, bpf.gid() the group" },
	{ "get_current_comm", "bpf.comm() gives the name of the thread" },
	{ "get_current_cgroup_id", "bpf.cgroup_id() gives the number of the cgroup" },
	{ "probe_read_user_str", "bpf.str(address) gives the text there" },
	{ "probe_read_str probe_read_kernel_str", "bpf.kstr(address) gives the text there" },
	{ "trace_printk trace_vprintk", "print(...) writes it, in the user half" },
	{ "snprintf", "string.format(...) makes the text" },
	{ "strtol strtoul", "tonumber(s) gives the number" },
	{ "strncmp", "texts are compared as in Lua: a == b, a < b" },
	{ "map_lookup_elem", "m[k] gives the value, nil when there is no k" },
	{ "map_lookup_percpu_elem", "m[k] gives this CPU's value; the user half has those of all in m:each(k)" },
	{ "map_update_elem", "write m[k] = v" },
	{ "map_delete_elem", "write m[k] = nil" },
	{ "map_push_elem", "write m:push(v)" },
	{ "map_pop_elem", "m:pop() gives the value, nil when there is none" },
	{ "map_peek_elem", "m:peek() gives the value, nil when there is none" },
	{ "for_each_map_elem", "write for k, v in pairs(m) do ... end" },
	{ "task_storage_get cgrp_storage_get sk_storage_get", "m:mine() gives what is kept, m:set_mine(v) keeps v" },
	{ "user_ringbuf_drain", "write for v in pairs(m) do ... end" },
	{ "spin_lock spin_unlock", "write m:locked(k, function(e) ... end)" },
	{ "perf_event_output skb_output xdp_output ringbuf_output ringbuf_reserve ringbuf_submit",
	  "write ev:send { n = 1 }, of an ev = bpf.events { n = \"u32\" }" },
	{ "redirect", "write return pkt:redirect(dev)" },
	{ "redirect_map msg_redirect_map msg_redirect_hash", "write return m:redirect(k)" },
	{ "sk_assign", "write return m:assign(k), of a map of sockets" },
	{ "clone_redirect", "write pkt:clone(dev)" },
	{ "xdp_adjust_head", "write pkt:adjust_head(n)" },
	{ "xdp_adjust_tail skb_change_tail", "write pkt:adjust_tail(n)" },
	{ "skb_load_bytes skb_load_bytes_relative xdp_load_bytes skb_pull_data",
	  "every byte can be read as it is: pkt:byte(i), pkt:sub(i, j), pkt:u32(offset)" },
	{ "skb_store_bytes xdp_store_bytes", "assign a header's field, or write pkt:set_u8(offset, v)" },
	{ "l3_csum_replace l4_csum_replace csum_diff csum_update", "assign a header's field: its checksums are kept right" },
	{ "xdp_get_buff_len", "pkt.len gives the length" },
	{ "loop iter_num_new iter_num_next iter_num_destroy", "write for i = 1, n do ... end" },
	{ "tail_call", "call a function by its name: f(pkt)" },
};

/* What is written for the helper of that name, "bpf_" before it or not; NULL: nothing is. */
static const char *find_instead(const char *name)
{
	name += strncmp(name, "bpf_", 4) ? 0 : 4;
	for (size_t k = 0; k < sizeof(instead) / sizeof(*instead); k++)
		if (synonym_is_among(name, instead[k].names))
			return instead[k].write;
	return NULL;
}

const char *helpers_instead(struct ir_unit *u, const char *name, const char *of)
{
	const bool functions = !strcmp(name, "kfunc"), named = functions || !strcmp(name, "helper");
	const char *write = named ? (of ? find_instead(of) : NULL) : find_instead(name);
	if (!named && !write)
		return NULL;
	return arena_printf(u->arena, "%s of the kernel are not called by their names in this version: %s",
			    functions ? "functions" : "helpers", write ? write : "docs/language.md names what there is");
}
