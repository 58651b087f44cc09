#!/bin/sh
# Each system call for programs, maps and links is refused, one at a time, and all from some on.
. tests/fault/refused

# EPERM 1, ENOMEM 12, EMFILE 24, ENOSPC 28, in turn
set -- 1 12 24 28
for n in $(seq "$calls"); do
	errno=$1
	shift
	set -- "$@" "$errno"
	what="call $n gives $errno"
	[ "$errno" = 1 ] && status=3 || status=1
	refused $status env FAIL_CALL="$n" FAIL_ERRNO="$errno" "$BUILD/perigee" "$work/all.lua"
done
result "each call refused"
for n in $(seq 1 15 "$calls"); do
	what="calls from $n on"
	refused 3 env FAIL_MORE=1 FAIL_CALL="$n" FAIL_ERRNO=1 "$BUILD/perigee" "$work/all.lua"
done
result "all calls refused from one on"
plan
