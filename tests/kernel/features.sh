#!/bin/sh
# What `perigee features` says of this kernel: nothing is there before the version that brought it, and
# from then on it is. A feature that somebody took back into an older kernel is a skip, to be listed.
[ "$(id -u)" = 0 ] || exit 77
. tests/tap.sh
XDG_CACHE_HOME=$(mktemp -d) || exit 1
export XDG_CACHE_HOME # what earlier runs learnt is not asked here
trap 'rm -rf "$XDG_CACHE_HOME"' EXIT
"$BUILD/perigee" features >"$XDG_CACHE_HOME/said"
check "there are some" test -s "$XDG_CACHE_HOME/said"

number() { echo "$1" | awk -F. '{ print $1 * 1000 + $2 }'; }
here=$(number "$(uname -r)")
while read -r there name words; do
	since=${words##*(Linux }
	case $there,$([ "$here" -lt "$(number "${since%)}")" ] && echo old) in
	yes, | no,old) say 0 "$name: $there" ;;
	yes,old)
		count=$((count + 1))
		echo "ok $count - $name # SKIP $name is older here" ;;
	*) say 1 "$name: $there, and this is Linux $(uname -r)" ;;
	esac
done <"$XDG_CACHE_HOME/said"
plan
