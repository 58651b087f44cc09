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
plan
