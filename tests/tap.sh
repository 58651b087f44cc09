# tap.sh - for shell tests to source: cases by the exit status of a command, said in TAP.
count=0
bad=0

say() { # status, what
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
		bad=1
	fi
}

check() { # what, command...
	what=$1
	shift
	if "$@" >/dev/null 2>&1; then say 0 "$what"; else say 1 "$what"; fi
}

refuse() { # what, command that must fail...
	what=$1
	shift
	if "$@" >/dev/null 2>&1; then say 1 "$what"; else say 0 "$what"; fi
}

same() { # what, got, want
	if [ "$2" = "$3" ]; then
		say 0 "$1"
	else
		say 1 "$1"
		printf '# got:\n%s\n# want:\n%s\n' "$2" "$3"
	fi
}

skip() { # what there is not: a row of tests/skips
	count=$((count + 1))
	echo "skip $1"
}

has() { # a feature of the kernel
	"${BUILD:-build}/perigee" features | grep -q "yes  *$1 "
}

wants() { # a feature, without which nothing of the test is left
	has "$1" || { skip "$1"; plan; }
}

plan() { # the last call of a test
	echo "1..$count"
	exit $bad
}

# So many moments, in seconds, up to a tenth each; others each time (MOMENTS, which is printed, says which).
moments() {
	seed=${MOMENTS:-$(date +%s)}
	echo "# MOMENTS=$seed" >&2
	awk -v n="$1" -v seed="$seed" 'BEGIN { srand(seed); while (n-- > 0) printf "%.4f\n", rand() / 10 }'
}
