-- Helpers and functions of the kernel, which kernel code does not call by their names: what is said of each that it has
-- something else for, and of the others. `bpf.helper` is nil, as in the user half.
local diag = dofile "tests/diag/harness.lua"

diag.case("by its name", function() return bpf.helper.ktime_get_ns() end)
diag.case("with the name that C has", function() return bpf.helper.bpf_get_prandom_u32() % 2 end)
diag.case("without helper", function(p) if bpf.get_smp_processor_id() == 0 then return bpf.DROP end end)
diag.case("as C writes it, of bpf", function(p) return bpf.bpf_redirect(2, 0) end)
diag.case("of no helper that there is something for", function(p) return bpf.helper.fib_lookup(p) end)
diag.case("of a name known only at run time", function(p) return bpf.helper[p.len]() end)
diag.case("a function of the kernel", function() return bpf.kfunc.bpf_task_from_pid(1) end)
diag.case("a function of the kernel that there is something for", function() return bpf.kfunc.bpf_iter_num_new(1, 2) end)
diag.case("kept first", function() local now = bpf.helper.ktime_get_ns return now() end)
diag.case("nil without an error", function() return bpf.helper end)
diag.case("only asked for", function() if bpf.kfunc then return bpf.DROP end end)
local own = {}
diag.case("of a table of the script's own", function() return own.helper.ktime_get_ns() end)
diag.case("a field that is called so", function() return own.spin_lock() end)

local names = [[
ktime_get_boot_ns ktime_get_coarse_ns
get_current_pid_tgid get_ns_current_pid_tgid get_current_uid_gid get_current_comm get_current_cgroup_id
probe_read_user_str probe_read_str probe_read_kernel_str trace_printk trace_vprintk snprintf strtol strtoul strncmp
map_lookup_elem map_lookup_percpu_elem map_update_elem map_delete_elem map_push_elem map_pop_elem map_peek_elem for_each_map_elem
task_storage_get cgrp_storage_get sk_storage_get user_ringbuf_drain spin_lock spin_unlock
perf_event_output skb_output xdp_output ringbuf_output ringbuf_reserve ringbuf_submit
redirect redirect_map msg_redirect_map msg_redirect_hash sk_assign clone_redirect
xdp_adjust_head xdp_adjust_tail skb_change_tail skb_load_bytes skb_load_bytes_relative xdp_load_bytes skb_pull_data
skb_store_bytes xdp_store_bytes l3_csum_replace l4_csum_replace csum_diff csum_update xdp_get_buff_len
loop tail_call
]]
for name in names:gmatch "%S+" do
	diag.case(name, function() return bpf.helper[name]() end)
end

diag.done()
