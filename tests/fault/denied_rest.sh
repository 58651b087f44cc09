#!/bin/sh
# The calls that denied.sh leaves out.
without=
. tests/fault/denied
[ -n "${FAULT_ALL:-}" ] || deny_calls 2 2
