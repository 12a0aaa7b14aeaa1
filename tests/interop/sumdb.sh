#!/bin/sh
# golang.org/x/mod/sumdb, as Debian packages it, verifies what bulla-ledger
# writes: signed checkpoints, bundles, tiles byte for byte, proofs, at sizes
# around the edges of tiles; and refuses each after a flip. Offline.
set -eu
cd "$(dirname "$0")/../.."
: "${BULLA_BIN:=build/release/bin}"
BIN=$(cd "$BULLA_BIN" && pwd)
gopath=/usr/share/gocode

skip()
{
	echo "SKIP: sumdb: $1"
	exit 77
}

command -v go >/dev/null || skip "no go"
[ -d "$gopath/src/golang.org/x/mod/sumdb" ] ||
	skip "no golang-golang-x-mod-dev"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
GO111MODULE=off GOPATH=$gopath GOCACHE=$dir/cache GOFLAGS="" \
	go build -o "$dir/sumdb" tests/interop/sumdb/main.go

export BULLA_HOME="$dir/home"
vkey=$("$BIN/bulla-ledger" init -n a.example/log)
public=$BULLA_HOME/ledger/public
cases=0 failures=0

# expect yes|no COMMAND...
expect()
{
	want=$1 got=yes
	shift
	cases=$((cases + 1))
	"$@" >"$dir/out" 2>&1 || got=no
	[ "$got" = "$want" ] && return
	failures=$((failures + 1))
	echo "case $cases: wanted $want:"
	cat "$dir/out"
}

have=0
for size in 1 2 255 256 257 300 511 512 1000 66000; do
	seq $((have + 1)) "$size" | "$BIN/bulla-ledger" append --lines \
		>/dev/null
	have=$size
	set --
	for i in 0 $((size / 2)) $((size - 1)); do
		"$BIN/bulla-ledger" prove -f -o "$dir/proof.$i" --index "$i"
		set -- "$@" "$dir/proof.$i"
	done
	expect yes "$dir/sumdb" "$public" "$vkey" "$@"
	tail -n 1 "$dir/out"
done

# flip FILE: its middle byte
flip()
{
	at=$(($(wc -c <"$1") / 2))
	byte=$(od -An -tu1 -j "$at" -N 1 "$1")
	# shellcheck disable=SC2059 # an octal escape is the format
	printf "\\$(printf %03o $((byte ^ 1)))" |
		dd of="$1" bs=1 seek="$at" conv=notrunc 2>/dev/null
}

# rosters are entries in clear: other bytes, the same tree
"$BIN/bulla-trust" --home "$dir/a" init -n b.example --person Bo >"$dir/out"
"$BIN/bulla-ledger" --home "$dir/a" prove --index 0 -o "$dir/proof.clear"
expect yes "$dir/sumdb" "$dir/a/ledger/public" \
	"$(cat "$dir/a/keys/log.key.pub")" "$dir/proof.clear"

for f in checkpoint tile/0/000 tile/0/257.p/208 tile/1/000 tile/2/000.p/1 \
    tile/entries/100; do
	flip "$public/$f"
	expect no "$dir/sumdb" "$public" "$vkey"
	flip "$public/$f"
done
flip "$dir/proof.0"
expect no "$dir/sumdb" "$public" "$vkey" "$dir/proof.0"
expect yes "$dir/sumdb" "$public" "$vkey"
echo "COUNT sumdb $cases $failures"
[ "$failures" -eq 0 ]
