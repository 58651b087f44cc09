#!/bin/sh
# perigee test: a script's programs tested in the kernel and by their twins, with the lines that ran; what
# fails, differs, cannot be run, and what makes packets and reads captures.
. tests/tap.sh
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
here=tests/lua/testing

run() { "$BUILD/perigee" test "$@" >"$work/out" 2>"$work/err" || echo "status $?"; }

same "all pass: status, errors" "$(run $here/filter_test.lua; cat "$work/err")" ""
same "all pass" "$(cat "$work/out")" "ok 1 - telnet is dropped and counted
ok 2 - what is no TCP passes
ok 3 - an error
1..3
$here/filter.lua: 12 of 14 lines of kernel functions ran; not lines 23, 26
3 passed, 0 failed, in the kernel and by the twins"

{ echo 'FAILING = true'; cat $here/filter_test.lua; } >"$work/failing.lua"
same "some fail: status" "$(run "$work/failing.lua")" "status 1"
check "what an assertion says" grep -q "^    .*failing.lua:2[0-9]: udp is not dropped" "$work/out"
check "where it failed" grep -q "^    (in the kernel)" "$work/out"
check "kernel and twin differ" grep -q "failing.lua:[0-9]*: kernel and twin differ" "$work/out"
check "... in what" grep -q "^      kernel: PASS, packet [0-9a-f]*" "$work/out"
check "an error that is no text" grep -q "not ok 6 - raises" "$work/out"
same "and how many" "$(tail -n 1 "$work/out")" "3 passed, 3 failed, in the kernel and by the twins"

same "packets and captures" "$(run $here/kit.lua; cat "$work/err"; grep -v "^ok" "$work/out")" \
	"1..10
10 passed, 0 failed, in the kernel and by the twins"
same "the example: status, errors" "$(run examples/sni_test.lua; cat "$work/err")" ""
same "... and what docs/unit-tests.md says of it" "$(grep -v "^dropped\|^looking for\|^split and\|^of no host" "$work/out" | sed 's/^/    /')" \
	"$(sed -n '/\$ perigee test/,/^$/{/^    [^$]/p}' docs/unit-tests.md)"
same "two files" "$(run $here/kit.lua $here/filter_test.lua; tail -n 1 "$work/out")" \
	"13 passed, 0 failed, in the kernel and by the twins"

echo 'print "hello"' >"$work/none.lua"
same "no tests" "$(run "$work/none.lua"; tail -n 1 "$work/err")" \
	"status 1
perigee: $work/none.lua has no tests: bpf.test(name, function() ... end)"
echo 'bpf.test("x", print) oops()' >"$work/broken.lua"
same "a broken file" "$(run "$work/broken.lua"; grep -c "broken.lua:1: attempt to call a nil value" "$work/err")" "status 1
1"
same "a file that is not there" "$(run "$work/nothing.lua"; grep -c nothing.lua "$work/err")" "status 1
1"
echo 'bpf.test("one", function() bpf.test("two", print) end) pcall(bpf.test, "x")' >"$work/nested.lua"
run "$work/nested.lua" >/dev/null
check "a test within a test" grep -q "a test within a test" "$work/out"
same "wrong usage" "$(run; run --what; grep -c "^usage: perigee test FILE" "$work/err")" "status 2
status 2
1"

cp "$BUILD/perigee" "$work/"
cp -r $here "$work/testing"
sed -i "s,tests/lua/testing,$work/testing," "$work/testing/filter_test.lua"
chmod -R a+rX "$work"
same "without rights" "$(cd / && setpriv --reuid 65534 --regid 65534 --clear-groups "$work/perigee" test \
	"$work/testing/filter_test.lua" 2>&1 | tail -n 2)" "$work/testing/filter.lua: 12 of 14 lines of kernel functions ran; not lines 23, 26
3 passed, 0 failed, by the twins alone: programs cannot be loaded here"
plan
