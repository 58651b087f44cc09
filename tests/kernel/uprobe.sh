#!/bin/sh
# Probes on programs built in every way there is: where a function is found, what is said when it is not,
# and that nothing stays in a process that was probed.
[ "$(id -u)" = 0 ] || exit 77
. tests/tap.sh
work=$(mktemp -d) || exit 1
pids=
trap '[ -z "$pids" ] || kill $pids 2>/dev/null; rm -rf "$work"' EXIT
chmod 755 "$work"
cp "$BUILD/perigee" "$work/" # where anybody may run it
cc() { ${CC:-gcc} -O1 -g0 "$@" || exit 1; }

cat >"$work/count.lua" <<'LUA'
-- How often is arg[1] called while the program arg[2] makes the call arg[3]? Or why not. One that makes its calls unasked
-- reads nothing: it may be gone before anything is written to it, and who writes then dies of SIGPIPE.
local st = bpf.state { n = "u64" }
local ok, why = pcall(bpf.uprobe, arg[1], function() st.n = st.n + 1 end)
if ok then
	local p = io.popen(arg[2] .. " >/dev/null", "w")
	if arg[3] then p:write(arg[3], "\n") end
	p:close()
end
print(ok and st.n or why)
LUA
count() { "$BUILD/perigee" "$work/count.lua" "$@" 2>&1; }
address() { nm "$1" | awk -v name="$2" '$3 == name { print "0x" $1 }'; }
says() { # what, words of it, point
	case $(count "$3" true) in *"$2"*) say 0 "$1" ;; *) same "$1" "$(count "$3" true)" "$2" ;; esac
}

# ---- ways to link ----

cc -fPIE -pie -o "$work/pie" tests/kernel/called_main.c
cc -no-pie -o "$work/nopie" tests/kernel/called_main.c
cc -static -o "$work/static" tests/kernel/called_main.c
for how in pie nopie static; do
	at=$work/$how
	same "$how: a function" "$(count "$at:add" "$at" 'add 1 2')" 1
	same "$how: a static one" "$(count "$at:twice" "$at" 'twice 1')" 1
	same "$how: by its address" "$(count "$at:$(address "$at" twice)" "$at" 'twice 1')" 1
	same "$how: and not another" "$(count "$at:$(address "$at" twice)" "$at" 'add 1 2')" 0
done
strip -o "$work/stripped" "$work/pie"
says "stripped: no function" "has no symbols (it is stripped)" "$work/stripped:add"
same "stripped: by its address" "$(count "$work/stripped:$(address "$work/pie" add)" "$work/stripped" 'add 1 2')" 1
# where the parts that run begin, in the file and in memory
set -- $(readelf -lW "$work/nopie" | awk '$1 == "LOAD" && / R E / { print $2, $3 }')
offset=$(printf '0x%x' $(($(address "$work/nopie" add) - $2 + $1)))
same "by its offset in the file" "$(count "$work/nopie+$offset" "$work/nopie" 'add 1 2')" 1
same "a link to it" "$(ln -s nopie "$work/link"; count "$work/link:add" "$work/nopie" 'add 1 2')" 1

# ---- names that are not one function ----

for one in 1 2; do
	printf '__attribute__((noipa)) static int helper(int a) { return a + %d; }\nint call%d(int a) { return helper(a); }\n' \
		$one $one >"$work/$one.c"
done
printf 'int call1(int), call2(int);\nint main(void) { return call1(1) + call2(2) + call2(3) - 11; }\n' >"$work/main.c"
cc -o "$work/two" "$work/1.c" "$work/2.c" "$work/main.c"
says "two static ones: said" "there are 2 functions 'helper' in '$work/two': 0x" "$work/two:helper"
second=$(nm "$work/two" | sed -n 's/^\([0-9a-f]*\) t helper$/0x\1/p' | sort | tail -n 1)
same "two static ones: chosen" "$(count "$work/two:$second" "$work/two")" 2

cat >"$work/version.map" <<'MAP'
V1 { global: f; local: *; };
V2 { global: f; } V1;
MAP
cat >"$work/versions.c" <<'C'
__asm__(".symver old, f@V1\n.symver new, f@@V2");
__attribute__((noipa)) int old(void) { return 1; }
__attribute__((noipa)) int new(void) { return 2; }
C
cc -shared -fPIC -Wl,--version-script="$work/version.map" -o "$work/libf.so" "$work/versions.c"
printf 'int f(void);\n__asm__(".symver f, f@V1");\nint main(void) { return f() - 1; }\n' >"$work/old.c"
printf 'int f(void);\nint main(void) { return f() - 2; }\n' >"$work/new.c"
for how in old new; do
	cc -o "$work/$how" "$work/$how.c" "$work/libf.so"
done
same "versions: the newest is meant" "$(count "$work/libf.so:f" "$work/new") $(count "$work/libf.so:f" "$work/old")" "1 0"
same "versions: the one that is named" "$(count "$work/libf.so:f@V1" "$work/new") $(count "$work/libf.so:f@V1" "$work/old")" "0 1"
says "versions: no such one" "there is no function 'f@V3'" "$work/libf.so:f@V3"

# ---- C++: names as its compilers mangle them ----

cat >"$work/cxx.c" <<'C'
#define F(name, symbol) __attribute__((noipa)) int name(int a) __asm__(symbol); int name(int a) { return a; }
F(number, "_ZN2ns5Class6methodEi")
F(text, "_ZN2ns5Class6methodEPKc")
F(only, "_ZNK2ns5Class4onlyEv")
F(most, "_ZN2ns4mostIiEET_S1_S1_")
F(plus, "_ZN2nsplERKNS_5ClassES2_")
F(made, "_ZN2ns5ClassC1Ev")
F(gone, "_ZN2ns5ClassD1Ev")
F(deleted, "_ZN2ns5ClassD0Ev")
F(hidden, "_ZN12_GLOBAL__N_16hiddenEv")
int main(void) { return number(0) + text(0) + only(0) + most(0) + plus(0) + made(0) + gone(0) + deleted(0) + hidden(0); }
C
cc -o "$work/cxx" "$work/cxx.c"
for name in 'ns::Class::only' 'ns::Class::only() const' 'ns::Class::method(int)' 'ns::Class::method(char const *)' \
	'ns::most<int>' 'int ns::most<int>(int, int)' 'ns::operator+' 'ns::Class::Class()' 'ns::Class::Class' \
	'(anonymous namespace)::hidden' '_ZN2ns5ClassD0Ev'; do
	same "C++: $name" "$(count "$work/cxx:$name" "$work/cxx")" 1
done
says "C++: two of one name" "there are 2 functions 'ns::Class::method' in '$work/cxx': ns::Class::method(" "$work/cxx:ns::Class::method"
says "C++: other parameters" "of that name there is: ns::Class::method(" "$work/cxx:ns::Class::method(long)"
says "C++: destructors, by symbol" "ns::Class::~Class() (_ZN2ns5ClassD0Ev)" "$work/cxx:ns::Class::~Class"
says "C++: a slip of the hand" "did you mean 'ns::Class::only'?" "$work/cxx:ns::Class::onyl()"

# ---- nothing stays ----

waits() { # what must come true...
	for _ in $(seq 100); do
		"$@" && return
		sleep 0.05
	done
	return 1
}
# the first byte of a function as a process has it in memory
byte() { dd if="/proc/$1/mem" bs=1 iflag=skip_bytes skip=$(($2)) count=1 2>/dev/null | od -An -tx1; }
changed() { [ "$(byte $target $place)" != "$was" ]; }
restored() { [ "$(byte $target $place)" = "$was" ]; }

mkfifo "$work/keys"
"$work/nopie" <"$work/keys" >"$work/answers" &
target=$!
pids=$target
exec 3>"$work/keys"
place=$(address "$work/nopie" add)
was=$(byte $target "$place")
cat >"$work/hold.lua" <<'LUA'
local st = bpf.state { n = "u64" }
local links = { bpf.uprobe(arg[1], function() st.n = st.n + 1 end), bpf.uretprobe(arg[1], function() end) }
if arg[2] then for _, l in ipairs(links) do l:detach() end print "detached" end
bpf.run()
LUA
"$BUILD/perigee" "$work/hold.lua" "$work/nopie:add" &
holder=$!
pids="$target $holder"
check "attached: the process that runs already is probed" waits changed
echo 'add 1 2' >&3
kill -9 $holder
wait $holder 2>/dev/null
check "killed: the probe is gone from it" waits restored
"$BUILD/perigee" "$work/hold.lua" "$work/nopie:add" detach >"$work/out" &
holder=$!
pids="$target $holder"
check "detached: it says so" waits grep -q detached "$work/out"
check "detached: the probe is gone" restored
kill $holder
wait $holder 2>/dev/null
echo 'add 3 4' >&3
exec 3>&-
wait $target
same "the process lives on, and is right" "$? $(tr '\n' ' ' <"$work/answers")" "0 3 7 "
pids=

# ---- examples/libc_latency.lua: 20 calls of 2 ms or more, 10 of 20 ms or more, and some in another process ----

mkfifo "$work/naps"
"$work/pie" <"$work/naps" >"$work/answers" &
target=$!
pids=$target
exec 3>"$work/naps"
"$BUILD/perigee" examples/libc_latency.lua usleep $target >"$work/out" 2>&1 3>&- &
holder=$!
pids="$target $holder"
check "libc_latency: starts" waits grep -q '^timing libc.so.6:usleep' "$work/out"
for _ in $(seq 20); do echo 'nap 2000'; done >&3
for _ in $(seq 10); do echo 'nap 20000'; done >&3
printf 'nap 1000\nnap 1000\n' | "$work/pie" >/dev/null
exec 3>&-
wait $target
kill -INT $holder
wait $holder
pids=
same "libc_latency: all calls" "$(sed -n 2p "$work/out")" "30 calls of libc.so.6:usleep"
# a sleep may take longer than it was to, and never less
long=$(awk '/ to / { all += $4 } / to / && $3 >= 2000 { two += $4 } / to / && $3 >= 20000 { twenty += $4 }
	END { print (all == 30 && two == 30 && twenty >= 10) }' "$work/out")
same "libc_latency: none shorter than it slept" "$long" 1
[ "$long" = 1 ] || sed 's/^/# /' "$work/out"
case $("$BUILD/perigee" examples/libc_latency.lua usleeep 2>&1) in
*"there is no function 'usleeep' in "*"did you mean 'usleep'?"*) say 0 "libc_latency: no such function" ;;
*) say 1 "libc_latency: no such function" ;;
esac

# ---- without rights ----

nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@" 2>&1; }
case $(nobody "$work/perigee" "$work/count.lua" "$work/pie:add" true) in
*CAP_BPF*) say 0 "without rights: what is missing" ;;
*) same "without rights: what is missing" "$(nobody "$work/perigee" "$work/count.lua" "$work/pie:add" true)" CAP_BPF ;;
esac
plan
