#!/bin/sh
# Allocations and descriptors are refused, one at a time, and all from some on. FAULT_ALL=1: each allocation in turn, which
# takes minutes (make faults).
. tests/fault/refused

next() { # of allocation $1: ever closer to the end, where the script's own allocations are
	[ -n "${FAULT_ALL:-}" ] && echo $(($1 + 1)) || echo $(($1 + 23 + (allocations - $1) / 8))
}
[ -n "${FAULT_ALL:-}" ] && n=1 || n=30
while [ $n -lt "$allocations" ]; do
	what="allocation $n"
	refused 1 env FAIL_MALLOC=$n "$BUILD/perigee" "$work/all.lua"
	what="allocations from $n on"
	refused 1 env FAIL_MORE=1 FAIL_MALLOC=$n "$BUILD/perigee" "$work/all.lua"
	n=$(next $n)
done
result "allocations refused"
[ -z "${FAULT_ALL:-}" ] || echo "# $allocations allocations, each refused by itself, and all from it on"

for n in $(seq 5 3 26); do # below, the command's libraries cannot be opened
	what="$n descriptors"
	refused 1 sh -c "ulimit -n $n && exec '$BUILD/perigee' '$work/all.lua'"
done
result "descriptors refused"
plan
