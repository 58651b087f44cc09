#!/bin/sh
# ./bootstrap on machines that have next to nothing: a tree of its own, and a PATH with the tools that
# every Debian has and with a dpkg-query and an apt-get that keep their packages in a file. What they
# "install" is a make that says what it was called for. `make fresh` does it all in a real Debian.
[ "$(id -u)" = 0 ] || exit 77
[ -n "${PRIVATE:-}" ] || PRIVATE=1 exec unshare -m sh "$0"
. tests/tap.sh
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"

# ---- the machines ----

mkdir -p "$work/tree/tests" "$work/bin" "$work/debian" "$work/tools"
cp bootstrap "$work/tree/"
echo 'echo "the tests run"' >"$work/tree/tests/run"
chmod +x "$work/tree/tests/run"
for tool in sh cat chmod dirname grep id nproc; do
	ln -s "$(command -v $tool)" "$work/bin/$tool"
done

cat >"$work/debian/dpkg-query" <<QUERY
#!/bin/sh
for package; do :; done # the last word
grep -qx "\$package" "$work/installed" && printf installed
QUERY
cat >"$work/debian/apt-get" <<APT
#!/bin/sh
echo "apt-get \$*" >>"$work/log"
case " \$* " in *' update '*) exit 0 ;; esac
[ ! -e "$work/broken" ] || { echo 'E: the mirror is away'; exit 100; }
for word; do
	case \$word in -* | install) continue ;; esac
	echo "\$word" >>"$work/installed"
	[ "\$word" = make ] || continue
	printf '#!/bin/sh\necho "make \$*"\n' >"$work/bin/make"
	chmod +x "$work/bin/make"
done
APT
for tool in gcc make pkg-config ping lua5.4; do
	printf '#!/bin/sh\necho "%s $*"\n' "$tool" >"$work/tools/$tool"
done
chmod +x "$work"/debian/* "$work"/tools/*

machine() { # directories of its PATH besides bin; nothing is installed yet
	path=$work/bin
	for dir; do path=$path:$work/$dir; done
	rm -f "$work/bin/make" "$work/broken"
	: >"$work/installed"
	: >"$work/log"
}
as=
run() { # words of bootstrap
	# shellcheck disable=SC2086 # a list
	$as env -i PATH="$path" HOME=/ /bin/sh "$work/tree/bootstrap" "$@" >"$work/out" 2>"$work/err"
	got=$?
}
ends() { # what, exit code, last line of stdout
	same "$1" "$got, $(tail -n 1 "$work/out")" "$2, $3"
}
says() { check "$1" grep -q -- "$2" "$work/err"; }

# ---- Debian ----

build='gcc make libc6-dev linux-libc-dev pkg-config liblua5.4-dev libelf-dev'
check_also='iproute2 iputils-ping lua5.4 libcmocka-dev tcpdump tshark openssl bpftool'
jobs=-j$(nproc)

for command in build demo check; do
	case $command in
	build) want=$build last="make -s $jobs" ;;
	demo) want="$build iproute2" last='make -s demo' ;;
	check) want="$build $check_also" last='the tests run' ;;
	esac
	machine debian
	run $command
	ends "$command: gets there from nothing" 0 "$last"
	check "$command: says what it installs" grep -qx "bootstrap: installing $want " "$work/out"
	same "$command: asks apt-get for that" "$(cat "$work/log")" "apt-get -qq update
apt-get -qq install -y --no-install-recommends $want"
	: >"$work/log"
	run $command
	ends "$command: again" 0 "$last"
	same "$command: nothing to install then" "$(cat "$work/log")" ''
done
# shellcheck disable=SC2086 # lists
check "these are packages of this Debian" dpkg-query -W $build $check_also

machine debian
: >"$work/broken"
run build
ends "apt-get fails" 3 "bootstrap: installing $build "
says "apt-get fails: its own words" '^E: the mirror is away$'
says "apt-get fails: the packages" "^bootstrap: these packages could not be installed: $build $"

machine debian
as='setpriv --reuid 65534 --regid 65534 --clear-groups'
run build
ends "no root: build" 3 ''
says "no root: build: what to do" "^run this as root, or first: sudo apt-get install $build $"
for command in demo check; do
	run $command
	ends "no root: $command" 3 ''
	says "no root: $command: what to do" "(sudo ./bootstrap $command)$"
done
as=

# ---- other systems ----

machine
run build
ends "another system: stops" 3 ''
says "another system: what is missing" 'these are missing: gcc make pkg-config lua5.4.pc$'
says "another system: what Debian calls it" "^  $build$"
run check
says "another system: what the tests need" 'missing: gcc make pkg-config lua5.4.pc.* ping lua5.4 cmocka.pc$'
machine tools
run build
ends "another system that has it all" 0 "make -s $jobs"

echo 'ID=fedora' >"$work/os-release"
mount --bind "$work/os-release" "$(readlink -f /etc/os-release)" || exit 1
machine debian
run build
ends "another system that has an apt-get: stops" 3 ''
same "another system that has an apt-get: it is not called" "$(cat "$work/log")" ''

# ---- usage ----

machine debian
for words in '' nonsense 'build demo'; do
	# shellcheck disable=SC2086 # words
	run $words
	ends "usage '$words'" 2 ''
	says "usage '$words': says how" '^usage: ./bootstrap demo'
done
run --help
check "--help" grep -q '^usage: ./bootstrap demo' "$work/out"
same "nothing is installed for these" "$(cat "$work/log")" ''
plan
