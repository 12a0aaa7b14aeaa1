#!/usr/bin/env bats
# bulla-receive: stored and receipted, or not stored at all.
bats_require_minimum_version 1.5.0
load ../lib/package

setup() {
	package_setup
	bulla-keygen sign -n beta/receiver -o recv.key >/dev/null
	echo alpha >a.txt
	sealed p.bulla a.txt
	id=$(tar -tf p.bulla | head -n 1)
	id=${id%%/*}
	sum=$(sha256sum <p.bulla)
	sum=${sum%% *}
}

receive() {
	bulla-receive --home home -i recv.key -k "$seal" "$@"
}

# stored N: so many packages, and as many custody directories
stored() {
	[ "$(find home/packages -type f 2>/dev/null | wc -l)" -eq "$1" ]
	[ "$(find home/custody -mindepth 1 -type d 2>/dev/null | wc -l)" -eq "$1" ]
}

@test "stored, with a receipt on standard output" {
	ok receive p.bulla
	receive p.bulla >note
	head -n 1 note | grep -qx 'bulla custody v1'
	grep -qx "package: $id" note
	grep -qx 'event: receive' note
	grep -qx "package-sha256: $sum" note
	grep -qx 'match: yes' note
	grep -q '^— beta/receiver ' note
	cmp note "home/custody/$id/0001-receive.note"
	cmp note "home/receipts/$sum.note"
	cmp p.bulla "home/packages/$id.bulla"
	[ "$(stat -c %a home)" = 700 ]
	[ "$(stat -c %a "home/packages/$id.bulla")" = 600 ]
	stored 1
}

@test "from a pipe, in BULLA_HOME or ~/.bulla" {
	BULLA_HOME=$PWD/h1 bulla-receive -i recv.key -k "$seal" \
	    <p.bulla >/dev/null
	cmp p.bulla "h1/packages/$id.bulla"
	bulla-receive -i recv.key -k "$seal" p.bulla >/dev/null
	cmp p.bulla ".bulla/packages/$id.bulla"
	# shellcheck disable=SC2002 # a pipe is what is wanted
	cat p.bulla | receive - >/dev/null
	stored 1
	no 2 "no home" env -u HOME "$BIN/bulla-receive" -i recv.key \
	    -k "$seal" p.bulla
}

@test "the same package, the same receipt" {
	receive p.bulla >one
	sleep 1.1
	receive p.bulla >two
	cmp one two
	run --separate-stderr receive -v p.bulla
	[ "$status" -eq 0 ]
	[[ $stderr == *"was here already"* ]]
	receive --json p.bulla | jq -e --rawfile n one '.ok and .existed and
	    .receipt == $n'
	stored 1
}

@test "the same id with other bytes" {
	receive p.bulla >/dev/null
	cp p.bulla q.bulla
	at=$(($(grep -abo 00000001.age p.bulla | head -n 1 | cut -d: -f1) + 600))
	printf overlaid | dd of=q.bulla bs=1 seek=$at conv=notrunc status=none
	run --separate-stderr receive q.bulla
	[ "$status" -eq 1 ]
	[[ $output == *"event: reject"* ]]
	[[ $output == *"reason: duplicate-id"* ]]
	[[ $stderr == *"is rejected (duplicate-id)"* ]]
	cmp p.bulla "home/packages/$id.bulla"
	stored 1
	run receive --json q.bulla
	[ "$status" -eq 1 ]
	jq -e '.ok == false and .reason == "duplicate-id"' \
	    <<<"${lines[-1]}"
}

@test "a broken seal: a signed reject, nothing stored" {
	at=$(($(grep -abo 00000001.age p.bulla | head -n 1 | cut -d: -f1) + 600))
	printf overlaid | dd of=p.bulla bs=1 seek=$at conv=notrunc status=none
	run --separate-stderr receive p.bulla
	[ "$status" -eq 1 ]
	[[ $output == *"reason: seal-broken"* ]]
	[[ $stderr == *"manifest-sha256.txt: line 2"* ]]
	stored 0
}

@test "an unknown sealer, no key, no package" {
	bulla-keygen sign -n gamma/x -o other.key
	no 2 "none of the known keys" bulla-receive --home home \
	    -i recv.key -k "$(cat other.key.pub)" p.bulla
	stored 0
	[ -z "$(find home -type f)" ]
	no 2 "no key to verify with" bulla-receive --home h2 -i recv.key p.bulla
	no 2 "no key to sign the receipt" \
	    bulla-receive --home h2 -k "$seal" p.bulla
	no 3 "nokey" bulla-receive --home h2 -i nokey -k "$seal" p.bulla
	no 3 "missing" receive missing
	[ ! -e h2 ]
	no 1 "not a bulla package" sh -c "seq 1000 | bulla-receive --home home \
	    -i recv.key -k $seal"
	echo hello >short
	no 1 "short: not a bulla package: one begins with" receive short
	no 2 "one PACKAGE" receive p.bulla p.bulla
	stored 0
	[ -z "$(find home -type f)" ]
}

@test "cut short: exit 4, nothing stored, and whole it is welcome" {
	size=$(stat -c %s p.bulla)
	: >q.bulla
	no 4 "q.bulla: is empty: no package" receive q.bulla
	for n in 1 100 512 5000 10000 $((size - 1024)) $((size - 1)); do
		head -c "$n" p.bulla >q.bulla
		no 4 "q.bulla: ends early" receive q.bulla
		[ -z "$(find home -type f)" ]
	done
	ok receive p.bulla
	stored 1
}

@test "exercises" {
	bulla-seal -q --exercise -i seal.key -r "$desk" -o e.bulla a.txt
	run --separate-stderr receive e.bulla
	[ "$status" -eq 1 ]
	[[ $output == *"reason: out-of-scope"* ]]
	stored 0
	ok receive --exercise e.bulla
	[[ $output == *"event: receive"* ]]
	stored 1
	sum=$(sha256sum <e.bulla)
	grep -qx 'event: receive' "home/receipts/${sum%% *}.note"
}

@test "addressed to somebody else: a signed reject, nothing stored" {
	bulla-seal -q --to gamma/desk -i seal.key -r "$desk" -o g.bulla a.txt
	run --separate-stderr receive g.bulla
	[ "$status" -eq 1 ]
	[[ $output == *"reason: wrong-recipient"* ]]
	[[ $stderr == *"addressed to gamma/desk"* ]]
	[ -z "$(find home/packages -type f)" ]
	# to several, and one of them is us; beta alone is one of us
	bulla-seal -q --to gamma/desk --to beta -i seal.key -r "$desk" \
	    -o b.bulla a.txt
	ok receive b.bulla
	bulla-seal -q --to betanot/desk -i seal.key -r "$desk" -o n.bulla a.txt
	run receive n.bulla
	[ "$status" -eq 1 ]
	stored 1
}

@test "a crash between the package and its notes" {
	receive p.bulla >one
	rm -r home/custody "home/receipts/$sum.note"
	ok receive p.bulla
	[[ $output == *"event: receive"* ]]
	stored 1
	cmp "home/custody/$id/0001-receive.note" "home/receipts/$sum.note"
	rm "home/receipts/$sum.note"
	receive p.bulla >two
	cmp two "home/custody/$id/0001-receive.note"
	cmp two "home/receipts/$sum.note"
}

@test "nothing is acknowledged that is not stored" {
	no 3 "" sh -c "bulla-receive --home home -i recv.key -k $seal p.bulla \
	    >/dev/full"
	# it is stored all the same: asked again, the receipt comes
	ok receive p.bulla
	[[ $output == *"event: receive"* ]]
	[ "$(id -u)" -eq 0 ] || return 0
	mkdir full
	mount -t tmpfs -o size=16k tmpfs full 2>/dev/null || return 0
	run --separate-stderr bulla-receive --home full/h -i recv.key \
	    -k "$seal" p.bulla
	left=$(find full -type f)
	umount full
	[ "$status" -eq 3 ]
	[ -z "$output" ]
	[[ $stderr == *"No space left"* ]]
	[ -z "$left" ]
}
