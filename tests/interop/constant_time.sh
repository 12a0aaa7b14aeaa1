#!/bin/sh
# Comparing secrets and deriving keys must not branch on secret bytes nor
# index memory by them: valgrind watches, with the secrets marked undefined.
# memcmp is the control, which it must report. Skipped (77) without valgrind.
set -eu
cd "$(dirname "$0")/../.."
: "${CC:=cc}" "${BULLA_BIN:=build/release/bin}"
lib=$BULLA_BIN/../libbulla.a

skip()
{
	echo "SKIP: constant-time: $1"
	exit 77
}

command -v valgrind >/dev/null || skip "no valgrind"
[ -f /usr/include/valgrind/memcheck.h ] || skip "no valgrind/memcheck.h"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck disable=SC2046 # flags are words
"$CC" -std=c11 -O2 -g -Wall -Wextra -Iinclude \
    tests/interop/constant_time.c "$lib" -o "$dir/probe" \
    $(pkg-config --libs libsodium libcrypto)

# 0: right answer and nothing reported; 99: reported
watch()
{
	rc=0
	valgrind -q --error-exitcode=99 --log-file="$dir/$1.log" \
	    "$dir/probe" "$1" || rc=$?
	echo "$rc"
}

n=0 bad=0
for what in eq mac hkdf; do
	n=$((n + 1))
	rc=$(watch "$what")
	[ "$rc" -eq 0 ] && continue
	bad=$((bad + 1))
	echo "$what: exit status $rc"
	cat "$dir/$what.log"
done
n=$((n + 1))
rc=$(watch memcmp)
if [ "$rc" -ne 99 ] || ! grep -q 'depends on uninitialised' \
    "$dir/memcmp.log"; then
	bad=$((bad + 1))
	echo "memcmp, the control, was not reported: exit status $rc"
fi
echo "COUNT constant-time $n $bad"
[ "$bad" -eq 0 ]
