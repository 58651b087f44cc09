#!/bin/sh
# The demo: a script stops a flood that it is told nothing of.
exec "$BUILD/stage" "$BUILD/perigee" examples/ddos.lua
