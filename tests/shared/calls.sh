# What is called several times is one function of the program, its lines with it; without --share each call has a copy.
. tests/tap.sh
script='local function mix(a, b)
	local x = a * 31 + b
	return x ~ (x << 7)
end
bpf.xdp("lo", function(pkt)
	local s = mix(pkt.len, 3)
	s = mix(s, pkt.len) + mix(s, 5)
	return s == 0 and bpf.DROP or bpf.PASS
end)'
P=${BUILD:-build}/perigee
dump() { "$P" dump "$@" -e "$script" 2>/dev/null; }
same "three calls" "$(dump --share=1 | grep -c ': call pc+')" 3
same "no call" "$(dump | grep -c ': call pc')" 0
same "one of so many instructions is copied" "$(dump --share=1000 | grep -c ': call pc')" 0
same "its lines are behind main's" "$(dump --share=1 | grep -o '^; (command line):[0-9]*' | tail -3 | tr -d '\n')" \
	"; (command line):1; (command line):2; (command line):3"
same "one body" "$(dump --share=1 | grep -c '<<= 7')" 1
same "a copy for each call" "$(dump | grep -c '<<= 7')" 3
same "a wrong size" "$("$P" dump --share=few -e "" 2>&1 | head -1)" \
	"perigee: --share=few: a number of instructions from 1 on, or none, is expected"

# Without being asked for, where the program would be much bigger: so many lines, so many calls.
big() {
	printf 'local function mix(s, a)\n'
	for i in $(seq "$1"); do printf 'if s & %d == a then s = (s ~ s << 3) + %d end\n' "$i" "$i"; done
	printf 'return s end\nbpf.xdp("lo", function(pkt)\nlocal s = pkt.len\n'
	for i in $(seq "$2"); do printf 's = mix(s, s + %d)\n' "$i"; done
	printf 'return s == 0 and bpf.DROP or bpf.PASS end)'
}
called() { # dump's options; lines and calls
	"$P" dump $1 -e "$(big "$2" "$3")" 2>&1 | grep -c ': call pc+\|too big'
}
same "a small one is copied" "$(called "" 4 20)" 0
same "one of two calls" "$(called "" 40 2)" 0
same "a big one is called" "$(called "" 100 20)" 20
same "not where none is to be" "$(called --share=none 100 4)" 0
same "copied it would be too big" "$(called --share=none 300 30)" 1
same "called it is not" "$(called "" 300 30)" 30
plan
