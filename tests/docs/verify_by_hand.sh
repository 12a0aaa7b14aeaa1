#!/bin/sh
# The blocks of docs/VERIFY-BY-HAND.md, word for word, on a sound package and
# on damaged, forged and swapped ones: the first must pass all of them, the
# others must be stopped, and before anything is opened where the damage is
# outside.
set -eu
cd "$(dirname "$0")/../.."
TOP=$PWD
: "${BULLA_BIN:=$TOP/build/release/bin}"
export BULLA_BIN TOP
PATH=$BULLA_BIN:$PATH
. tests/lib/sign_note.sh
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cases=0 bad=0
LAST=13		# blocks of the recipe
RECEIPT=10	# the one that looks at the receipt
OPENS=11	# the one that unpacks plaintext
CUTS=12		# the one that compares the opening notes

mkdir -m 700 "$tmp/good"
sh tests/lib/by_hand_package.sh "$tmp/good"
{
	cat <<'END'
example()
{
	echo "$1" >"$AT"
	if [ "$1" = "${WHEN-}" ]; then eval "$DAMAGE"; fi
}
examples_done() { echo end >"$AT"; }
END
	awk -f tests/lib/examples.awk docs/VERIFY-BY-HAND.md |
		grep -vF 'by_hand_package.sh'
} >"$tmp/recipe"

# recipe DIR: runs it there; $at is the block where it ended, or "end"
recipe()
{
	AT=$tmp/at
	export AT
	(cd "$1" && sh "$tmp/recipe") >"$tmp/log" 2>&1 && rc=0 || rc=$?
	at=$(cat "$AT")
	cases=$((cases + 1))
}

fail()
{
	echo "FAILED: $*; ended at $at with status $rc:"
	tail -n 5 "$tmp/log"
	bad=$((bad + 1))
}

# fresh: a copy of what the recipe starts from, in $tmp/case
fresh()
{
	rm -rf "$tmp/case"
	cp -a "$tmp/good" "$tmp/case"
	cd "$tmp/case"
}

# refused NAME [BLOCK]: stops with an error, before BLOCK. The default is the
# receipt's: its digest of the whole file would find what others overlooked.
refused()
{
	cd "$TOP"
	recipe "$tmp/case"
	if [ "$rc" -eq 0 ] || [ "$at" = end ] ||
	    [ "$at" -ge "${2:-$RECEIPT}" ]; then
		fail "$1 was not noticed in time"
	fi
}

recipe "$tmp/good"
[ "$rc" -eq 0 ] && [ "$at" = end ] || fail "the sound package"
cd "$tmp/good"
rm -rf package opened receipt listing expected types time

# --- one byte
tar -tRf package.bulla | sed 's/^block \([0-9]*\): /\1 /' >"$tmp/blocks"
flip()
{
	fresh
	old=$(tail -c "+$(($1 + 1))" package.bulla | head -c 1 | xxd -p)
	printf '%02x' "$((0x$old ^ 1))" | xxd -r -p |
		dd of=package.bulla bs=1 seek="$1" conv=notrunc status=none
	refused "byte $1 ($2)"
}
while read -r block name; do
	case $name in
	*'**'*) ;;	# the end: below
	*)
		name=${name#*/}
		flip $((block * 512)) "$name: its name"
		flip $((block * 512 + 110)) "$name: its uid"
		flip $((block * 512 + 512)) "$name: first byte"
		;;
	esac
done <"$tmp/blocks"
size=$(stat -c %s "$tmp/good/package.bulla")
for at in 20000 16777216 16800000 $((size - 1100)) $((size - 1024)) \
    $((size - 1)); do
	flip "$at" 'somewhere'
done

# --- more and less
fresh; printf '\0' >>package.bulla; refused 'a byte appended'
fresh; head -c 1024 /dev/zero >>package.bulla; refused 'zeros appended'
for n in 1 512 1024 2000 17000000; do
	fresh
	truncate -s "-$n" package.bulla
	refused "$n bytes cut off"
done
id=$(tar -tf "$tmp/good/package.bulla" | head -n 1 | cut -d / -f 1)

# members LIST...: packs the case's package anew with these members
members()
{
	mkdir x
	tar -xf package.bulla -C x
	tar -c -b 1 --format=ustar --mode=0644 --owner=0 --group=0 \
	    --numeric-owner --no-recursion -C x "$@" >package.bulla
}
a=$id/bagit.txt b=$id/opening.note c=$id/data/00000000.age
d=$id/data/00000001.age e=$id/data/00000002.age
f=$id/manifest-sha256.txt g=$id/closing.note
fresh; members "$a" "$b" "$c" "$d" "$e" "$f" "$g"
cmp -s package.bulla "$tmp/good/package.bulla" || fail 'packing it anew'
fresh; members "$a" "$b" "$c" "$d" "$f" "$g"; refused 'a segment dropped'
fresh; members "$a" "$b" "$c" "$e" "$f" "$g"; refused 'the first dropped'
fresh; members "$a" "$b" "$c" "$e" "$d" "$f" "$g"; refused 'order'
fresh; members "$a" "$b" "$c" "$d" "$d" "$e" "$f" "$g"; refused 'doubled'
fresh; members "$a" "$b" "$c" "$d" "$e" "$f"; refused 'no closing note'
fresh; members "$a" "$c" "$d" "$e" "$f" "$g"; refused 'no opening note'
fresh; echo x >extra; members "$a" "$b" "$c" "$d" "$e" "$f" "$g" -C .. extra
refused 'an extra file'
fresh; members --format=pax "$a" "$b" "$c" "$d" "$e" "$f" "$g"
refused 'another kind of tar'
fresh; mkdir y; tar -xf package.bulla -C y
mv "y/$d" "y/$id/t"; mv "y/$e" "y/$d"; mv "y/$id/t" "y/$e"
tar -c -b 1 --format=ustar --mode=0644 --owner=0 --group=0 --numeric-owner \
    --no-recursion -C y "$a" "$b" "$c" "$d" "$e" "$f" "$g" >package.bulla
refused 'segments swapped'

# --- keys and notes
fresh; head -n 1 sealers.vkey >k; mv k sealers.vkey
refused 'one sealer of two'
fresh; tac sealers.vkey >k; mv k sealers.vkey; refused 'the other order'
fresh; cp receiver.vkey sealers.vkey; refused 'a key of somebody else'
fresh; sed 's/+[0-9a-f]*+/+01234567+/' sealers.vkey >k; mv k sealers.vkey
refused 'a key with a false id'
fresh; head -n 1 sealers.vkey >receiver.vkey
refused 'a receipt of another key' "$OPENS"
fresh; sed 's/^match: yes/match: no/' receipt.note >k; mv k receipt.note
refused 'a receipt that was changed' "$OPENS"

# --- stripped of its seal and signed by somebody else, who takes part in no
# secret: all outside holds under the wrong key, the note inside does not
fresh
mkdir m
tar -xf package.bulla -C m
bulla-keygen sign -n alpha.example/mallory -o mallory.key >/dev/null
sed '/^$/,$d; /^sealer: /d' "m/$b" | awk -v key="$(cat mallory.key.pub)" '
	/^to: / { print; print "sealer: " key; next }
	{ print }' >text
cp text otext
sign_note text mallory.key >"m/$b.new"
touch -r "m/$a" "m/$b.new"
mv "m/$b.new" "m/$b"
sed '/^$/,$d' "m/$g" | sed "s/^opening: .*/opening: $(sha256sum <otext |
	cut -d ' ' -f 1)/" >text
sign_note text mallory.key >"m/$g.new"
touch -r "m/$a" "m/$g.new"
mv "m/$g.new" "m/$g"
tar -c -b 1 --format=ustar --mode=0644 --owner=0 --group=0 --numeric-owner \
    --no-recursion -C m "$a" "$b" "$c" "$d" "$e" "$f" "$g" >package.bulla
cp mallory.key.pub sealers.vkey
bulla-verify -q -K sealers.vkey package.bulla || fail 're-signing'
bulla-keygen sign -n bravo.example/receiver -o r.key >/dev/null
bulla-receive --home home -i r.key -K sealers.vkey package.bulla >receipt.note
mv r.key.pub receiver.vkey
refused 'a package signed anew' $((CUTS + 1))
[ "$at" = "$CUTS" ] || fail 'a package signed anew stopped elsewhere'

# --- what is wrong inside
fresh
bulla-keygen age -o new.age >/dev/null
mv new.age desk.age
refused 'a key of no recipient' $((OPENS + 1))
WHEN=$LAST
export WHEN DAMAGE
for DAMAGE in ': >data/extra' ': >extra.txt' 'ln -s x data/link' \
    'echo x >>data/logs/image.raw' 'rm "data/logs/access log"' \
    'echo Evid-Case-Id: 8 >bag-info.txt' 'mkfifo data/fifo' \
    'rm metadata.tsv'; do
	fresh
	refused "in the bag: $DAMAGE" $((LAST + 1))
	[ "$at" = "$LAST" ] || fail "stopped too early: $DAMAGE"
done

echo "COUNT verify-by-hand $cases $bad"
[ "$bad" -eq 0 ]
