#!/bin/sh
# The same where programs are attached as on older kernels: by netlink, filters of clsact, and ioctl(2).
without=' --without=tcx --without=xdp_link --without=perf_link'
. tests/fault/denied
deny_calls 3
