#!/bin/sh
# Each system call but bpf(2) and perf_event_open(2), which are fault/calls, finds no memory or no rights, inside of libc
# and of the dynamic loader, too: every other one here, the rest in denied_rest.
without=
. tests/fault/denied
deny_calls 2
