#!/bin/sh
# by_hand_package.sh DIR [BYTES]: what docs/VERIFY-BY-HAND.md starts from, in
# DIR: a package of two segments or more (BYTES: of its largest file), public
# keys, a recipient's key, a receipt.
set -eu
umask 077
dir=${1:?usage: by_hand_package.sh DIR [BYTES]}
bytes=${2:-17000000}
: "${BULLA_BIN:=$(cd "$(dirname "$0")/../.." && pwd)/build/release/bin}"
PATH=$BULLA_BIN:$PATH
cd "$dir"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for who in sealer second; do
	bulla-keygen sign -n "alpha.example/$who" -o "$work/$who.key" -q
	cat "$work/$who.key.pub" >>sealers.vkey
done >/dev/null
bulla-keygen sign -n bravo.example/receiver -o "$work/receiver.key" >/dev/null
cp "$work/receiver.key.pub" receiver.vkey
bulla-keygen age -o "$work/desk.age" >/dev/null
bulla-keygen age -o "$work/other.age" >/dev/null
mv "$work/desk.age" desk.age
mkdir -p "$work/logs/empty"
head -c "$bytes" /dev/urandom >"$work/logs/image.raw"
echo 'GET / 200' >"$work/logs/access log"
: >"$work/logs/50% done"
ln -s /etc/passwd "$work/logs/link"
bulla-seal -i "$work/sealer.key" -i "$work/second.key" \
    -R "$work/desk.age.pub" -R "$work/other.age.pub" \
    --to bravo.example -m Evid-Case-Id=7 -n case-7 -o package.bulla \
    "$work/logs" >/dev/null
bulla-receive --home "$work/home" -i "$work/receiver.key" -K sealers.vkey \
    package.bulla >receipt.note
