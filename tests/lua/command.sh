# The command: exit codes, what goes to which stream, check and dump, help.
P=${BUILD:-build}/perigee
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
bad=0

has() { [ -z "$1" ] || grep -q -- "$1" "$work/$2"; }

# expect NAME CODE STDOUT STDERR: patterns that the last run's exit code and streams must match
expect() {
	name=$1 code=$2 out=$3 err=$4
	has "$out" out && has "$err" err && [ "$got" = "$code" ] && return
	bad=1
	echo "$name: exit $got (want $code), stdout and stderr:"
	cat "$work/out" "$work/err"
}
run() {
	"$P" "$@" >"$work/out" 2>"$work/err" </dev/null
	got=$?
}

cat >"$work/f.lua" <<'END'
print(arg[0]:match "[^/]*$", arg[1], require "perigee" == bpf, ...)
END
cat >"$work/hook.lua" <<'END'
local m = bpf.map { "hash", key = "ip4", value = "u64", entries = 8 }
m["10.0.0.1"] = 1
bpf.on_exit(function() print("left", m["10.0.0.1"], #m) end)
local link = bpf.xdp("nosuchdev", { name = "first" }, function(pkt) return bpf.DROP end)
link:replace(function(pkt) return bpf.PASS end)
bpf.every("1ms", function() error "never" end)
for _ in bpf.events { n = "u32" }:read() do end
bpf.run()
END
cat >"$work/doubt.lua" <<'END'
local function f(pkt) return pkt.tcp.dport == 22 and bpf.DROP or bpf.PASS end
bpf.program("xdp", f)
bpf.program("xdp", f)
bpf.program("xdp", { on_error = bpf.DROP }, f)
END
cat >"$work/arrays.lua" <<'END'
local n = bpf.map { "array", key = "u32", value = "u64", entries = 4 }
local s = bpf.map { "array", key = "u32", value = "struct { u32 a; ip4 b; }", entries = 4 }
local c = bpf.map { "percpu_array", key = "u32", value = "u16", entries = 3 }
local o = bpf.map { "array", key = "u32", value = { a = "u32?", b = "bool" }, entries = 2 }
n[1] = n[1] + 2
s[3].a = 7
n:add(2, 5)
print("arrays", n[0], n[1], n[2], n[4], #n, s[3].a, s[0].b, c[2], c[3], #c, o[1].a, o[1].b)
bpf.program("xdp", function(pkt) return n[pkt.len & 3] + 1 > 9 and bpf.DROP or bpf.PASS end)
END
cat >"$work/wrong.lua" <<'END'
bpf.xdp("nosuchdev", function(pkt)
  return pkt.len / 2
end)
bpf.xdp("nosuchdev", function(pkt) return bpf.PASS end)
END
printf '\033Lua' >"$work/binary.lua"

run "$work/f.lua" x y;       expect file 0 '^f.lua	x	true	x	y$' ''
run run "$work/f.lua" x;     expect run 0 '^f.lua	x	true	x$' ''
run -e 'print(1 << 62)';     expect -e 0 '^4611686018427387904$' ''
echo 'print(7)' | "$P" - >"$work/out" 2>"$work/err"; got=$?
expect stdin 0 '^7$' ''
run -e 'error("oops")';      expect error 1 '' '(command line):1: oops'
run -e 'error("oops")';      expect traceback 1 '' 'stack traceback'
run -e 'error { }';          expect object 1 '' 'error object is a table value'
run -e 'x = = 1';            expect syntax 1 '' '(command line):1: unexpected symbol'
run "$work/nothing.lua";     expect nofile 1 '' 'nothing.lua'
run "$work/binary.lua";      expect binary 1 '' 'attempt to load a binary chunk'
run -e 'os.exit(5)';         expect os.exit 5 '' ''
run -e 'bpf.on_exit(function() print "bye" end) os.exit(6)'; expect "os.exit closes" 6 '^bye$' ''
run;                         expect nothing 2 '' '^usage: perigee FILE'
run --nonsense x;            expect option 2 '' "'--nonsense'"
run run;                     expect noscript 2 '' 'usage: perigee run'
run -e;                      expect nocode 2 '' 'usage: perigee run'
run check --timing x;        expect checkopt 2 '' 'usage: perigee check'
run help nonsense;           expect helpless 2 '' "no command 'nonsense'"
run features x;              expect features 2 '' "'x' is too much"

for c in run check dump features help; do
	run help $c;             expect "help $c" 0 "^usage: perigee $c" ''
	run $c --help;           expect "$c --help" 0 "^usage: perigee $c" ''
done
run --help;                  expect --help 0 '^exit status: 0' ''
run --version;               expect --version 0 '^perigee [0-9.]* (Lua 5.4' ''
run features;                expect probes 0 'ringbuf .*(Linux 5.8)' ''

run check "$work/hook.lua";  expect check 0 '^  xdp nosuchdev: [0-9]* instructions$' ''
expect "check's maps" 0 '^left	1	1$' ''
[ "$(grep -c instructions "$work/out")" = 2 ] || { echo "check: replace was not checked"; bad=1; }
arrays='^arrays	0	2	5	nil	4	7	0.0.0.0	0	nil	3	nil	false$'
run check "$work/arrays.lua"; expect "check's arrays" 0 "$arrays" ''
run "$work/arrays.lua";      expect "the same, loaded" 0 "$arrays" ''
run check "$work/doubt.lua"; expect doubt 0 '' "doubt.lua:1: warning: 'tcp' may be nil here"
[ "$(grep -c warning "$work/err")" = 1 ] || { bad=1; echo "warned more than once:"; cat "$work/err"; }
run check "$work/wrong.lua"; expect refused 1 '^  xdp nosuchdev: refused$' 'wrong.lua:2: error:'
expect "goes on" 1 '^  xdp nosuchdev: [0-9]* instructions$' ''
run "$work/wrong.lua";       expect compile 1 '' 'wrong.lua:2: error:'
run "$work/hook.lua";        expect device 1 '' 'nosuchdev'
run dump "$work/hook.lua";   expect dump 0 'stage asm' ''
run dump --stage=list;       expect stages 0 '^  build ' ''
run dump --stage=x "$work/hook.lua"; expect stage 2 '' "no stage 'x'"
for s in $("$P" dump --stage=list | awk '{ print $1 }'); do
	run dump --stage="$s" "$work/hook.lua"
	expect "stage $s" 0 "stage $s" ''
done

# kernels before 6.4 go round with every loop: those that they cannot follow are refused, others are not
loop() { run check --without=may_goto --without=iter_num --without=bpf_loop -e "bpf.program('xdp', function(p) local n = 0 $1 return n == 9 and bpf.DROP end)"; }
loop 'for i = 1, 50 do if p:u8(i) == 5 then n = n + i end end'; expect "a short loop" 0 'instructions' ''
loop 'for i = 1, p.len & 31 do n = n + i end';                  expect "a loop of few turns" 0 'instructions' ''
loop 'while p:u8(n) ~= 7 do n = n + 1 end'
expect "a long loop" 1 '' 'may go round more often than the verifier can follow; it needs an iterator (Linux 6.4 or later)'

called() { run check --without=may_goto --without=iter_num -e "bpf.program('xdp', function(p) local n = 0 $1 return n == 9 and bpf.DROP end)"; }
called 'while p:u8(n) ~= 7 do n = n + 1 end'
expect "a long loop that the kernel calls" 0 'instructions' ''
run check --without=may_goto --without=iter_num -e "bpf.program('xdp', { budget = 90000 }, function(p) local n = 0 while p:u8(n) ~= 7 do n = n + 1 end return n == 9 and bpf.DROP end)"
expect "with a budget" 1 '' "leave out the option 'budget'"
path() { # a text of so many bytes, whose last part such a loop keeps
	run check --without=may_goto --without=iter_num -e "
		local out = bpf.map { 'hash', key = 'char[64]', value = 'u64', entries = 8 }
		bpf.program('tracepoint:syscalls:sys_enter_openat', function(e)
			local last = '-'
			for k in bpf.str(e.filename, $1):gmatch('[^/]+') do last = k end
			out:add(last, 1)
		end)"
}
path 64; expect "parts of 64 bytes, in its stack" 1 '' 'bytes of stack; the kernel allows 512'
path 65; expect "parts of 65 bytes, in scratch memory" 0 'instructions' ''
run check --without=may_goto --without=iter_num -e "
	local m = bpf.map { 'hash', key = 'u32', value = 'struct { u32 a; }', entries = 4, lock = true }
	bpf.program('xdp', function(p) m:locked(1, function(e) for i = 1, p.len do e.a = e.a ~ i end end) end)"
expect "one with an entry locked" 1 '' 'while an entry is locked that needs an iterator (Linux 6.4 or later)'

# without rights: check works, running says what is missing and ends with 3
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	chmod -R a+rX "$work"
	cp "$P" "$work/perigee" 2>/dev/null
	low="setpriv --reuid 65534 --regid 65534 --clear-groups $work/perigee"
	$low check "$work/hook.lua" >"$work/out" 2>"$work/err"; got=$?
	expect "check, no rights" 0 'instructions' ''
	$low -e 'bpf.program("xdp", function() end)' >"$work/out" 2>"$work/err"; got=$?
	expect "no rights" 3 '' '^perigee: .*CAP_BPF'
	[ "$(wc -l <"$work/err")" = 1 ] || { echo "no rights: not one sentence"; bad=1; }
	$low -e 'bpf.map{ "hash", key = "u32", value = "u32", entries = 1 }[1] = 1' \
		>"$work/out" 2>"$work/err"; got=$?
	expect "no rights for maps" 3 '' '^perigee: '
fi

# SIGINT ends bpf.run cleanly: the rest of the script runs
"$P" -e 'bpf.on_exit(function() print "exit" end) print(bpf.run())' \
	>"$work/out" 2>"$work/err" </dev/null &
pid=$!
sleep 0.3
kill -TERM $pid
wait $pid; got=$?
expect signal 0 '^SIGTERM$' ''
expect "on_exit" 0 '^exit$' ''
exit $bad
