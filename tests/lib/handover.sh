#!/bin/sh
# handover.sh DIR: two sides a and b in DIR, and a package that went from a to
# b, with its seizure, a countersigned handover, cosigned ledgers, and a time
# stamp by an authority in DIR/tsa that a trusts. The id is in DIR/id, the
# package in DIR/ID.bulla, a's archive in DIR/custody.tar; an opened copy of
# the bag is DIR/opened/bag. Our tools are in PATH.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "${1:?usage: handover.sh DIR}"
cd "$1"
unset BULLA_HOME
HOME=$PWD
export HOME

side()	# DIR NAME PERSON
{
	bulla-trust --home "$1" init -n "$2" --person "$3" >/dev/null
}
side a alpha.example 'Ada Okafor'
side b bravo.example 'Chen Wei'
bulla-trust --home a pin --fingerprint \
    "$(bulla-trust --home b fingerprint ours)" b/roster/ours.note >/dev/null
bulla-trust --home b pin --fingerprint \
    "$(bulla-trust --home a fingerprint ours)" a/roster/ours.note >/dev/null

mkdir -p evidence/logs
seq 2000 >evidence/disk.img
echo 'GET / 200' >evidence/logs/access.log
printf x >'evidence/<script>alert(1)<'
bulla-seal -q --home none -i a/keys/sealer.key -R b/keys/desk.age.pub \
    -r "$(cat a/keys/desk.age.pub)" --from alpha.example --to bravo.example \
    --ref REQ-7 -m Evid-Case-Id=2026-7 -m Evid-Exhibit-Id=A-1 \
    -m Evid-Legal-Basis=MLA-22 -m 'Evid-Holder=<b>Acme</b> & "Sons"' \
    --time 2026-11-22T03:00:00Z -o p.bulla evidence/disk.img evidence/logs \
    'evidence/<script>alert(1)<'
id=$(tar -tf p.bulla | sed 's|/.*||;q')
echo "$id" >id
mv p.bulla "$id.bulla"
mkdir -p a/packages
cp "$id.bulla" a/packages/

say()	# HOME EVENT ARG...
{
	h=$1 e=$2
	shift 2
	bulla-custody --home "$h" add -s place=Rotterdam -s authority=REQ-7 \
	    -s result=done -s purpose=case "$@" "$id" "$e"
}
say a seal --package "$id.bulla" -s officer='Ada Okafor' \
    -s remarks='a <b>bold</b> remark & "more" of it' >seal
say a relinquish -s to=bravo.example -s transport=network \
    -s recipients=desk >relinquish
bulla-custody --home b take -q relinquish
bulla-custody --home b take -q seal
bulla-receive --home b -i b/keys/receiver.key -K a/keys/sealer.key.pub \
    "$id.bulla" >receipt
bulla-custody --home a take -q receipt
bulla-custody --home a countersign "$id" receipt >note
bulla-custody --home b take -q note
say b store -s storage='shelf 7' >store
bulla-custody --home a take -q store

sh "$here/tsa.sh" tsa
mkdir a/tsa
cp tsa/ca.pem a/tsa/
bulla-custody --home a stamp --query q "$id"
sh "$here/tsa.sh" tsa reply p256 q r
bulla-custody --home a stamp -q --reply r "$id"
bulla-custody --home a export -o custody.tar "$id"
bulla-open -q --home none -i b/keys/desk.age -K a/keys/sealer.key.pub \
    -d opened "$id.bulla"
