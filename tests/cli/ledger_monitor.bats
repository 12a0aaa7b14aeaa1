#!/usr/bin/env bats
# shellcheck disable=SC2154 # bats sets stderr
bats_require_minimum_version 1.5.0
load ../lib/sides.sh

# Two sides, each with rosters, a ledger and a witness, made once.
setup_file() {
	: "${BULLA_BIN:=$BATS_TEST_DIRNAME/../../build/release/bin}"
	BULLA_BIN=$(cd "$BULLA_BIN" && pwd)
	export PATH=$BULLA_BIN:$PATH
	unset BULLA_HOME
	cd "$BATS_FILE_TMPDIR" || return
	mkdir -p src both
	echo evidence >src/file
	cd both || return
	two_sides
	cosign a b
	cosign b a
}

# cosign A B: the witness of B cosigns the ledger of A
cosign() {
	bulla-ledger --home "$1" prove -f -o request --old 0
	if ! bulla-ledger --home "$2" cosign request >reply 2>err; then
		old=$(cat reply)
		bulla-ledger --home "$1" prove -f -o request --old "$old"
		bulla-ledger --home "$2" cosign request >reply
	fi
	bulla-ledger --home "$1" keep request reply >/dev/null
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	cp -a "$BATS_FILE_TMPDIR/both/." .
	cp -a "$BATS_FILE_TMPDIR/src" .
}

# expect STATUS KIND-AND-TEXT COMMAND...
expect() {
	want=$1 text=$2
	shift 2
	run --separate-stderr "$@"
	[ "$status" -eq "$want" ] || {
		echo "exit status $status, not $want: $output $stderr"
		return 1
	}
	[[ $output == *"$text"* ]] || {
		echo "not \"$text\": $output"
		return 1
	}
}

monitor() {
	bulla-ledger --home "$@"
}

# package NAME: sealed by a for b, its id on stdout
package() {
	bulla-seal --home a --to b.example -r b.example/desk -o "$1" src
}

@test "nothing to report: what was cosigned, and when" {
	run --separate-stderr bulla-ledger --home a monitor
	[ "$status" -eq 0 ]
	[[ $output =~ ^ok\ a.example/log,\ 2\ records,\ 2\ of\ them\ last\ cosigned\ (less than a|[0-9]+)\ minutes?\ ago$ ]]
	[ "$stderr" = "" ]
	run --separate-stderr bulla-ledger --home a monitor b/ledger/public
	[ "$status" -eq 0 ]
	[ "${lines[1]}" = "ok b.example/log, 2 records" ]
	[ "$stderr" = "" ]
	run --separate-stderr bulla-ledger --home a --json monitor b/ledger/public
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.ok,.status,.ours.size,.ours.cosigned,.theirs.size]' <<<"$output")" = \
	    "[true,0,2,2,2]" ]
	run --separate-stderr bulla-ledger --home none monitor
	[ "$status" -eq 3 ]
	run --separate-stderr bulla-ledger --home a monitor --max-age 7x
	[ "$status" -eq 2 ]
	[ "$output" = "" ]
	[[ $stderr == *"--max-age takes a number"* ]]
}

@test "stale: never cosigned, or not for too long" {
	sleep 1.1
	expect 12 "stale: our ledger was last cosigned " \
	    monitor a monitor --max-age 0
	expect 0 "ok" monitor a monitor --max-age 1h
	expect 12 "stale: we have last cosigned their ledger" \
	    monitor a monitor --max-age 0s b/ledger/public
	rm -r a/ledger/cosigned
	expect 12 "stale: our ledger was never cosigned" monitor a monitor
}

@test "stale: in hours, in days and hours" {
	[[ $BULLA_BIN != */asan/* ]] || skip "no preloading under a sanitizer"
	expect 0 "2 of them last cosigned 36 hours ago" \
	    faketime -f +36h bulla-ledger --home a monitor
	# A little over the seven days that are allowed
	expect 12 "stale: our ledger was last cosigned 7 days 3 hours ago, at 2 of 2" \
	    faketime -f +171h bulla-ledger --home a monitor
	expect 12 "stale: we have last cosigned their ledger 7 days 3 hours ago" \
	    faketime -f +171h bulla-ledger --home a monitor b/ledger/public
}

@test "rollback: an older ledger, also with an older state" {
	cp -a a old
	echo more | bulla-ledger --home a append
	cosign a b
	cp -a a new
	rm -r a/ledger
	cp -a old/ledger a
	expect 10 "rollback: our ledger: restored backup" monitor a monitor
	# all of it but the cosignatures that came later
	cp old/keys/log.state a/keys
	expect 0 "ok" monitor a monitor
	rm -r a/ledger/cosigned
	cp -a new/ledger/cosigned a/ledger
	expect 10 "rollback: our ledger has 2 records, but a checkpoint of 3 was cosigned" \
	    monitor a monitor
	# what their witness has seen tells them, too
	expect 10 "rollback: their ledger has 2 records, but we have cosigned 3" \
	    monitor b monitor a/ledger/public
	expect 10 "rollback: their ledger has 2" \
	    monitor b monitor a/ledger/public/checkpoint
}

@test "fork: another ledger with the same key" {
	cp -a a other
	echo one | bulla-ledger --home a append
	cosign a b
	echo two | bulla-ledger --home other append
	cp -a a/ledger/cosigned/. other/ledger/cosigned
	expect 11 "fork: the checkpoint of 3 records that was cosigned is not of our ledger" \
	    monitor other monitor
	expect 11 "fork: their ledger of 3 records has another root" \
	    monitor b monitor other/ledger/public
	expect 11 "fork: " monitor b monitor other/ledger/public/checkpoint
	seq 300 | bulla-ledger --home other append --lines >/dev/null
	expect 11 "fork: their ledger of 303 records does not continue the one of 3" \
	    monitor b monitor other/ledger/public
	# a checkpoint alone cannot tell
	run --separate-stderr bulla-ledger --home b monitor \
	    other/ledger/public/checkpoint
	[ "$status" -eq 0 ]
	[[ $stderr == *"give the directory"* ]]
	# the older ledger beside the newer key
	rm -r other/ledger
	cp -a a/ledger other
	echo three | bulla-ledger --home a append
	expect 10 "rollback" monitor other monitor
}

@test "damage: a flipped byte of ours, of theirs, of a cosigned checkpoint" {
	seq 300 | bulla-ledger --home a append --lines >/dev/null
	cosign a b
	cp -a a good
	for f in ledger/journal ledger/public/tile/0/000 \
	    ledger/public/tile/entries/000 ledger/public/checkpoint \
	    ledger/cosigned/newest.note ledger/index; do
		at=$(($(stat -c %s "a/$f") / 2))
		# in the root: a flipped key id would be another, unknown key
		case $f in *checkpoint | *.note) at=25 ;; esac
		byte=$(od -An -tu1 -j "$at" -N 1 "a/$f")
		# shellcheck disable=SC2059 # an escape is the format
		printf "\\x$(printf %x $((byte ^ 1)))" |
			dd of="a/$f" bs=1 seek="$at" conv=notrunc status=none
		expect 1 "damage: " monitor a monitor
		case $f in
		*public*) expect 1 "damage: their" monitor b monitor a/ledger/public ;;
		esac
		cp -a "good/$f" "a/$f"
	done
	expect 0 ok monitor a monitor
	rm a/ledger/public/tile/entries/000
	expect 1 "damage: their ledger: tile/entries/000 is missing" \
	    monitor b monitor a/ledger/public
}

@test "gap: an opening that another names is missing; a void number is none" {
	first=$(package p1)
	run --separate-stderr bulla-seal --home a --to b.example \
	    -r b.example/desk -o none absent
	[ "$status" -ne 0 ]
	third=$(package p3)
	fourth=$(package p4)
	for p in p1 p3; do
		bulla-receive -q --home b $p >/dev/null
	done
	cosign b a
	expect 0 ok monitor b monitor
	bulla-receive -q --home b p4 >/dev/null
	expect 0 ok monitor b monitor
	rm "b/packages/$third.bulla"
	expect 13 "gap: number 4 from a.example to b.example: the one before it, which it names, is not here" \
	    monitor b monitor
	rm "b/packages/$first.bulla" "b/packages/$fourth.bulla"
	expect 0 ok monitor b monitor
	cp p3 "b/packages/$third.bulla"
	expect 13 "gap: number 3" monitor b monitor
	expect 0 ok monitor a monitor
}

@test "gap: one number for two packages" {
	cp -a a a2
	package p1 >/dev/null
	bulla-seal -q --home a2 --to b.example -r b.example/desk -o p2 src
	bulla-receive -q --home b p1 >/dev/null
	bulla-receive -q --home b p2 >/dev/null
	expect 13 "gap: number 1 from a.example to b.example: given to two packages" \
	    monitor b monitor
}

@test "a package under another name, and what is none" {
	id=$(package p)
	bulla-receive -q --home b p >/dev/null
	mv "b/packages/$id.bulla" b/packages/00000000000000000000000000000000.bulla
	expect 1 "damage: packages/0000" monitor b monitor
	echo junk >"b/packages/$id.bulla"
	expect 1 "damage: packages/$id.bulla" monitor b monitor
}

@test "unknown key: a note signed by nobody of a roster" {
	package p >/dev/null
	bulla-keygen sign -n c.example/receiver -o c.key >/dev/null
	mkdir -m 700 c
	# addressed to somebody else: a signed reject
	run ! bulla-receive --home c -i c.key -K a/keys/sealer.key.pub p
	cp c/receipts/*.note c.note
	bulla-ledger --home a append c.note >/dev/null
	expect 14 "unknown-key: record 3: signed by c.example/receiver, whose key stands in no roster" \
	    monitor a monitor
	run --separate-stderr bulla-ledger --home a monitor \
	    -k "$(cat c.key.pub)"
	[ "$status" -eq 0 ]
	mkdir -p b/receipts
	cp c.note b/receipts/x.note
	expect 14 "unknown-key: receipts/x.note: signed by c.example/receiver" \
	    monitor b monitor
	sed 's/^event: .*/event: reject/' c.note >b/receipts/x.note
	expect 14 "unknown-key" monitor b monitor
}

@test "unrecorded: what our keys signed without our ledger" {
	id=$(package p)
	mkdir -m 700 thief
	bulla-receive -q --home thief -i b/keys/receiver.key \
	    -K a/keys/sealer.key.pub p >stolen.note
	mkdir -p b/receipts
	cp stolen.note b/receipts/x.note
	expect 15 "unrecorded: receipts/x.note: signed with our key b.example/receiver, and not in our ledger" \
	    monitor b monitor
	rm b/receipts/x.note
	# sealed with our key, elsewhere
	stolen=$(bulla-seal --home none -i a/keys/sealer.key \
	    -r "$(cat b/keys/desk.age.pub)" -o q src)
	mkdir -p a/packages
	cp q "a/packages/$stolen.bulla"
	expect 15 "unrecorded: packages/$stolen.bulla: sealed with our key a.example/sealer" \
	    monitor a monitor
	mv "a/packages/$stolen.bulla" x
	cp p "a/packages/$id.bulla"
	expect 0 ok monitor a monitor
}

@test "a known key's signature that is wrong" {
	package p >/dev/null
	bulla-receive -q --home b p >/dev/null
	sed -i 's/^result: .*/result: lost/' b/receipts/*.note
	expect 1 "damage: receipts/" monitor b monitor
}

@test "alarms of an exchange stay, the lowest status wins, all are told" {
	mkdir -p a/ledger/alarm/20261122T030405Z-fork
	expect 11 "fork: an exchange has raised an alarm: ledger/alarm/20261122T030405Z-fork" \
	    monitor a monitor
	mkdir a/ledger/alarm/20261122T030406Z-rollback
	rm -r a/ledger/cosigned
	run --separate-stderr bulla-ledger --home a --json monitor
	[ "$status" -eq 10 ]
	[ "$stderr" = "" ]
	[ "$(jq -c '[.ok,.status,[.findings[].status]]' <<<"$output")" = \
	    "[false,10,[12,11,10]]" ]
	[ "$(jq -r '.findings[0].kind' <<<"$output")" = stale ]
}

@test "cosign and keep: by the rosters, or by -k" {
	echo x | bulla-ledger --home a append
	bulla-ledger --home a prove --old 2 -o request2
	# the rosters of a know no log of a as theirs
	run --separate-stderr bulla-ledger --home a cosign request2
	[ "$status" -eq 2 ]
	[ "$output" = "" ]
	run --separate-stderr bulla-ledger --home b cosign -k \
	    "$(cat b/keys/log.key.pub)" request2
	[ "$status" -eq 2 ]
	bulla-ledger --home b cosign -i b/keys/witness.key -o reply2 request2
	run --separate-stderr bulla-ledger --home a keep request2 reply2
	[ "$status" -eq 0 ]
	[ "$output" = "ok 3 records are cosigned" ]
	[ "$stderr" = "" ]
	run --separate-stderr bulla-ledger --home a --json keep -k \
	    "$(cat b/keys/witness.key.pub)" request2 reply2
	[ "$status" -eq 0 ]
	[ "$(jq -c . <<<"$output")" = '{"ok":true,"size":3}' ]
	run --separate-stderr bulla-ledger --home a keep -k \
	    "$(cat a/keys/witness.key.pub)" request2 reply2
	[ "$status" -eq 2 ]
	[[ $stderr == *"no cosignature of a known witness"* ]]
	run --separate-stderr bulla-ledger --home a keep request2
	[ "$status" -eq 2 ]
	# a reply to another request
	echo y | bulla-ledger --home a append
	bulla-ledger --home a prove --old 3 -o request3
	run --separate-stderr bulla-ledger --home a keep request3 reply2
	[ "$status" -eq 1 ]
	[[ $stderr == *"does not verify"* ]]
	# of another ledger with the same key
	cp -a a other
	bulla-ledger --home b cosign -o reply3 request3
	rm -r other/ledger/public other/ledger/journal other/ledger/index
	cp -a "$BATS_FILE_TMPDIR/both/a/ledger/." other/ledger
	cp "$BATS_FILE_TMPDIR/both/a/keys/log.state" other/keys
	run --separate-stderr bulla-ledger --home other keep request3 reply3
	[ "$status" -eq 1 ]
	[[ $stderr == *"rolled back"* ]]
}

@test "rosters stand in the ledger in clear, other records do not" {
	grep -aq 'bulla roster v1' a/ledger/public/tile/entries/000.p/2
	grep -aq 'side: b.example' a/ledger/public/tile/entries/000.p/2
	cp a/roster/ours.note public.note
	bulla-ledger --home a prove -o proof public.note
	[ "$(grep -c '^extra' proof)" -eq 0 ]
	run --separate-stderr bulla-ledger --home none check \
	    -k "$(cat a/keys/log.key.pub)" proof public.note
	[ "$status" -eq 0 ]
	[[ $output == "ok record 0 of 2 in a.example/log"* ]]
	# a record that only looks like one stays private
	printf 'bulla roster v1\nthis is a secret\n' >record
	bulla-ledger --home a append record
	bulla-ledger --home a check
	run ! grep -raq 'this is a secret' a/ledger/public
}
