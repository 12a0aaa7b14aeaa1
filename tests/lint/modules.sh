#!/bin/sh
# docs/HACKING.md names each module of the library and of cmd, and no others.
set -u
cd "$(dirname "$0")/../.." || exit 3
n=0
bad=0
for dir in lib/*/ cmd/; do
	dir=${dir%/}
	named=$(sed -n "\\,^| .$dir. |,,/^\$/p" docs/HACKING.md | sed 1d |
		cut -d '|' -f 2 | tr -d '` ' | tr ',' '\n')
	there=$(find "$dir" -name '*.c' | sed 's|.*/||; /^bulla/d; s/\.c$//; s/_.*//' |
		sort -u)
	for module in $there; do
		n=$((n + 1))
		echo "$named" | grep -qx "$module" && continue
		echo "docs/HACKING.md: nothing about the module $dir/$module"
		bad=$((bad + 1))
	done
	for module in $named; do
		case $module in -* | bulla-*) continue ;; esac
		echo "$there" | grep -qx "$module" && continue
		echo "docs/HACKING.md: there is no module $dir/$module"
		bad=$((bad + 1))
	done
done
echo "COUNT modules $n $bad"
[ "$bad" -eq 0 ] && [ "$n" -gt 0 ]
