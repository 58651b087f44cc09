# docs/language.md ends with the table of what is refused, as the command prints it.
P=${BUILD:-build}/perigee
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
"$P" dump --refusals >"$work/rows" || exit 1
[ "$(grep -c '^| .* |$' "$work/rows")" -gt 100 ] || { echo "fewer rows than there are"; exit 1; }
sed '1,/^## What is refused/d' docs/language.md | sed 1d | diff "$work/rows" -
