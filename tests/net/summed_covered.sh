#!/bin/sh
# The same of headers within UDP and TCP.
[ -z "${SANITIZE:-}" ] || { echo "skip sanitizer"; echo 1..1; exit 0; }
export LD_PRELOAD="$BUILD/tests/summed_preload.so"
exec "$BUILD/perigee" tests/lang/covered.lua
