#!/bin/sh
# Each system call for programs, maps and links finds no memory, one at a time; some find no room.
. tests/fault/refused

each_call 1 12 # ENOMEM
some_calls 28  # ENOSPC
plan
