#!/bin/sh
# The same of tc.
hook=tc
. tests/net/pinned_killed
