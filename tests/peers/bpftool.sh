#!/bin/sh
# What bpftool makes of our types and line records: it prints them, each function with its lines, and complains of nothing.
[ "$(id -u)" = 0 ] || exit 77
[ -n "${PRIVATE:-}" ] || PRIVATE=1 exec unshare -n sh "$0"
. tests/tap.sh
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
work=$(mktemp -d) || exit 1
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null; rm -rf "$work"' EXIT
ip link set lo up || exit 1

cat >"$work/watched.lua" <<'END_LUA'
local flows = bpf.map { "hash", name = "flows", key = "struct { ip4 src; u16 port; }", value = "struct { u64 n; }", entries = 16 }
local st = bpf.state { n = "u64" }
local function count(pkt)
	for _, v in pairs(flows) do v.n = v.n + 1 end
	local ip = pkt.ipv4
	st.n = st.n + 1
	if ip then flows[{ src = ip.src, port = 7 }] = { n = 1 } end
	return bpf.PASS
end
local links = {
	bpf.xdp("lo", { mode = "skb", name = "watched_xdp" }, count),
	bpf.tc("lo", "ingress", { name = "watched_tc" }, count),
	bpf.tracepoint("sched:sched_process_exit", { name = "watched_tp" }, function(e)
		for k, v in pairs(flows) do if k.port == e.pid then v.n = v.n + 1 end end
		st.n = st.n + 1
	end),
}
io.stdout:write("on\n"):flush()
bpf.run()
END_LUA
"$BUILD/perigee" "$work/watched.lua" >"$work/out" 2>"$work/err" &
pid=$!
for _ in $(seq 100); do grep -q on "$work/out" && break; sleep 0.05; done

mine() { # name: the ids of the program and of its types
	bpftool prog show | awk -v name="$1" '/^[0-9]+:/ { id = $1; sub(":", "", id); at = $0 ~ " name " name " " }
		at && /btf_id/ { sub(".*btf_id ", ""); print id, $1 }' | tail -n 1
}
prints() { # what, pattern of it... : the command's output has each line, and it said nothing of errors
	what=$1
	shift
	same "$what: no complaint" "$status, $(cat "$work/err")" "0, "
	for line; do
		check "$what: $line" grep -q -- "$line" "$work/out"
	done
}
asks() { bpftool "$@" >"$work/out" 2>"$work/err"; status=$?; }

for name in watched_xdp watched_tc watched_tp; do
	read -r id btf <<-END
	$(mine $name)
	END
	line=$([ $name = watched_tp ] && echo 'for k, v in pairs(flows) do if k.port' || echo 'for _, v in pairs(flows) do')
	asks prog dump xlated id "$id" linum
	prints "$name, lines" "; *$line" 'st.n = st.n + 1' '\[file:.*watched.lua line_num:[0-9]* line_col:[0-9]*\]' '_loop'
	check "$name: every function has lines" awk '/^[a-z].*\(.*\):$/ { if (open) exit 1; open = 1 } /line_num/ { open = 0 } END { exit open }' \
		"$work/out"
	asks prog dump xlated id "$id" opcodes
	prints "$name, opcodes" ' exit$'
	asks btf dump id "$btf"
	prints "$name, types" "FUNC 'function__.*linkage=global" "FUNC 'function__.*_loop' .*linkage=static" "FUNC_PROTO"
	asks -j btf dump id "$btf"
	prints "$name, types as JSON" '"kind":"FUNC"'
done
asks map show
prints "maps" ' name flows '
kill -INT $pid
wait $pid
pid=
plan
