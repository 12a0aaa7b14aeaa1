#!/bin/sh
# run_examples.sh FILE...: runs the examples of each man page or Markdown
# file in one shell per file, in an empty directory that is also HOME, with
# our tools first in PATH. One that fails ends its file.
# BULLA_BIN: where the tools are.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
: "${BULLA_BIN:=$top/build/release/bin}"
export BULLA_BIN
scratch=$(mktemp -d)
failed=0

# away DIR: a server that an example has started may be ending in it
away()
{
	for _ in 1 2 3 4 5 6 7 8 9; do
		! rm -rf "$1" 2>/dev/null || return 0
		sleep 1
	done
	rm -rf "$1"
}
trap 'away "$scratch"' EXIT

# Each command stands in the rendered page as in the source: an escape that
# was forgotten would show the reader something else than what ran here.
as_shown()
{
	case $1 in
	*.[1-9]) mandoc -T utf8 -O width=400 "$1" | sed 's/.\x08//g' ;;
	*) cat "$1" ;;
	esac >"$scratch/page"
	sed -n 's/^#: //p' "$scratch/script" | while IFS= read -r line; do
		[ -n "$line" ] || continue
		grep -qF -e "$line" "$scratch/page" && continue
		echo "$1: shown differently to the reader: $line"
		exit 1
	done
}

run_file()
{
	awk -f "$top/tests/lib/examples.awk" "$1" >"$scratch/examples" ||
		return 1
	{
		cat <<-'END'
		example() { EXAMPLE="example $1, line $2"; echo "# $EXAMPLE"; }
		expect() {
			[ "$1" -eq "$2" ] && return
			echo "exit status $2, not $1"
			exit 1
		}
		examples_done() { EXAMPLE=; echo "ran $1 examples"; }
		trap '[ -z "${EXAMPLE-}" ] || echo "FAILED: $EXAMPLE"' EXIT
		set -eux
		END
		cat "$scratch/examples"
	} >"$scratch/script"
	as_shown "$1" || return 1
	away "${scratch:?}/home"
	mkdir -m 700 "$scratch/home"
	(cd "$scratch/home" && HOME=$PWD PATH=$BULLA_BIN:$PATH TOP=$top \
	    timeout 300 sh ../script </dev/null 2>&1)
}

for file; do
	echo "== $file"
	case $file in
	*.[1-9]) family=examples-man ;;
	*) family=examples-$(basename "$file" .md) ;;
	esac
	if run_file "$file" >"$scratch/out" &&
	    grep -Eq '^(ran [1-9]|SKIP: )' "$scratch/out"; then
		f=0
	else
		f=1
		failed=1
	fi
	cat "$scratch/out"
	n=$(sed -n 's/^ran \([0-9]*\) examples$/\1/p' "$scratch/out")
	echo "COUNT $family ${n:-1} $f"
done
exit "$failed"
