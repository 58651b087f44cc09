#!/bin/sh
# A pinned link of XDP whose process is killed while it attaches and pins, replaces, or detaches and unpins.
hook=xdp
. tests/net/pinned_killed
