#!/bin/sh
# Each system call for programs, maps and links is forbidden, one at a time, and all from some on.
. tests/fault/refused

each_call 3 1 # EPERM
some_calls 24 # EMFILE
for n in $(seq 1 15 "$calls"); do
	what="calls from $n on"
	refused 3 env FAIL_MORE=1 FAIL_CALL="$n" FAIL_ERRNO=1 "$BUILD/perigee" "$work/all.lua"
done
result "all calls refused from one on"
plan
