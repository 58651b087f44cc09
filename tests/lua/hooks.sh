# docs/hooks.md holds the table that the command prints, and a section for each hook.
P=${BUILD:-build}/perigee
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
"$P" dump --hooks >"$work/hooks" || exit 1
sed -n '/^| hook | packets/,/^$/p' docs/hooks.md | sed '/^$/d' | diff "$work/hooks" - || exit 1
sed -n 's/^| `bpf\.\([a-z_]*\)(.*/\1/p' "$work/hooks" | while read -r name; do
	grep -q "^## .*$name" docs/hooks.md || { echo "no section about $name"; exit 1; }
done
