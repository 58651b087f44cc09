#!/bin/sh
# Allocations and descriptors are refused, one at a time, and all from some on.
. tests/fault/refused

# ever closer to the end, where the script's own allocations are
n=30
while [ $n -lt "$allocations" ]; do
	what="allocation $n"
	refused 1 env FAIL_MALLOC=$n "$BUILD/perigee" "$work/all.lua"
	what="allocations from $n on"
	refused 1 env FAIL_MORE=1 FAIL_MALLOC=$n "$BUILD/perigee" "$work/all.lua"
	n=$((n + 23 + (allocations - n) / 8))
done
result "allocations refused"

for n in $(seq 5 3 26); do # below, the command's libraries cannot be opened
	what="$n descriptors"
	refused 1 sh -c "ulimit -n $n && exec '$BUILD/perigee' '$work/all.lua'"
done
result "descriptors refused"
plan
