# docs/ir.md holds the table that the command prints.
P=${BUILD:-build}/perigee
sed -n '/^| operation /,$p' docs/ir.md >"${TMPDIR:-/tmp}/operations.$$"
"$P" dump --operations | diff - "${TMPDIR:-/tmp}/operations.$$"
status=$?
rm -f "${TMPDIR:-/tmp}/operations.$$"
exit $status
