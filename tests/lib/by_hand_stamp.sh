#!/bin/sh
# by_hand_stamp.sh DIR: what the last part of docs/VERIFY-BY-HAND.md starts
# from: a note, the reply of a time-stamp authority, and its CA.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:?usage: by_hand_stamp.sh DIR}"
tsa=$(mktemp -d)
trap 'rm -rf "$tsa"' EXIT
sh "$here/tsa.sh" "$tsa"
cp receipt.note stamped.note
at=$(grep -n '^$' stamped.note | tail -n 1 | cut -d : -f 1)
head -n "$((at - 1))" stamped.note >"$tsa/text"
openssl ts -query -data "$tsa/text" -sha256 -cert -out "$tsa/query" 2>/dev/null
sh "$here/tsa.sh" "$tsa" reply p256 "$tsa/query" stamped.note.tsr
cp "$tsa/ca.pem" tsa.pem
