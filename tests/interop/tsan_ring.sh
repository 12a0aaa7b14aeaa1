#!/bin/sh
# The ring, packing, sealing, verifying and opening under ThreadSanitizer.
# Criterion dies with it, so this is a plain program on a copy of the library
# that is built for it. Skipped (77) where the compiler has none.
set -eu
cd "$(dirname "$0")/../.."
: "${BULLA_BUILD:=build}"
cc=${TSAN_CC:-clang}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

echo 'int main(void) { return 0; }' >"$dir/x.c"
if ! "$cc" -fsanitize=thread "$dir/x.c" -o "$dir/x" 2>/dev/null ||
    ! "$dir/x" 2>/dev/null; then
	echo "SKIP: thread-sanitizer: $cc cannot build or run it"
	exit 77
fi
b=$BULLA_BUILD/tsan
make -s -j2 CC="$cc" B="$b" V=tsan OPT.tsan='-O1 -g -fsanitize=thread' \
    LD.tsan=-fsanitize=thread lib
# shellcheck disable=SC2046 # flags are words
"$cc" -std=c11 -D_GNU_SOURCE -O1 -g -fsanitize=thread -Iinclude -Ilib \
    -Wno-unused-function tests/interop/tsan_ring.c "$b/libbulla.a" \
    -o "$dir/probe" $(pkg-config --libs libsodium libcrypto libarchive \
    libzstd jansson) -lpthread

mkdir -p "$dir/evidence/many"
head -c 40000000 /dev/zero >"$dir/evidence/large"
head -c 3000000 /dev/urandom >"$dir/evidence/noise"
i=0
while [ $i -lt 300 ]; do
	echo "$i" >"$dir/evidence/many/$i"
	i=$((i + 1))
done
TSAN_OPTIONS="exitcode=66 halt_on_error=1" "$dir/probe" "$dir/evidence"
