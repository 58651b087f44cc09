#!/bin/sh
# The writes of tests/lang once more, to packets whose bytes a card has summed: what is written is told to the kernel,
# or evened out by a checksum within what it sums.
[ -z "${SANITIZE:-}" ] || { echo "skip sanitizer"; echo 1..1; exit 0; }
export LD_PRELOAD="$BUILD/tests/summed_preload.so"
exec "$BUILD/perigee" tests/lang/writes.lua
