#!/usr/bin/env bats
# bulla-custody: who had it, said by both sides, and what does not hold.
# shellcheck disable=SC2154 # bats sets stderr
bats_require_minimum_version 1.5.0
load ../lib/package

# Two sides set up once, each with three persons; every test has a copy.
setup_file() {
	: "${BULLA_BIN:=$BATS_TEST_DIRNAME/../../build/release/bin}"
	PATH=$(cd "$BULLA_BIN" && pwd):$PATH
	unset BULLA_HOME
	cd "$BATS_FILE_TMPDIR" || return
	side a 'Ada Okafor' 'Bram Visser' 'Carla Moreau'
	side b 'Chen Wei' 'Dana Petrov' 'Emil Sato'
	bulla-trust --home a pin --fingerprint \
	    "$(bulla-trust --home b fingerprint ours)" b/roster/history/b* >/dev/null
	bulla-trust --home b pin --fingerprint \
	    "$(bulla-trust --home a fingerprint ours)" a/roster/history/a* >/dev/null
	head -c 50000 /dev/urandom >disk.img
	bulla-seal -q --home none -i a/keys/sealer.key \
	    -r "$(cat b/keys/desk.age.pub)" -o p.bulla disk.img
	id=$(tar -tf p.bulla | head -n 1)
	echo "${id%%/*}" >id
}

# side S PERSON...: a home with custodian.key, lab.key and archive.key
side() {
	bulla-keygen sign -n "$1.example/lab" -o "$1.lab" >/dev/null
	bulla-keygen sign -n "$1.example/archive" -o "$1.archive" >/dev/null
	bulla-trust --home "$1" init -n "$1.example" --person "$2" \
	    --add "custodian=$(cat "$1.lab.pub")" --person "$3" \
	    --add "custodian=$(cat "$1.archive.pub")" --person "$4" >/dev/null
	mv "$1.lab" "$1/keys/lab.key"
	mv "$1.archive" "$1/keys/archive.key"
}

setup() {
	: "${BULLA_BIN:=$BATS_TEST_DIRNAME/../../build/release/bin}"
	PATH=$(cd "$BULLA_BIN" && pwd):$PATH
	unset BULLA_HOME
	cd "$BATS_TEST_TMPDIR" || return
	cp -a "$BATS_FILE_TMPDIR/." .
	id=$(cat id)
	sum=$(sha256sum <p.bulla)
	sum=${sum%% *}
}

custody() {
	local home=$1
	shift
	bulla-custody --home "$home" "$@"
}

# said HOME EVENT [ARG...]: a note with all that a person says
said() {
	local home=$1 event=$2
	shift 2
	custody "$home" add -s place=Here -s purpose=test -s authority=REQ-7 \
	    -s result=done "$@" "$id" "$event"
}

other() {
	[ "$1" = a ] && echo b || echo a
}

# both HOME EVENT ARG...: added there, kept at the other side, left in ./note.
# A seal note waits for the relinquish note that announces the package.
both() {
	said "$@" >note
	if [ "$2" = seal ] && [ ! -e "$(other "$1")/packages/$id.bulla" ]; then
		cp note "seal.$1"
		return
	fi
	custody "$(other "$1")" take -q note
	if [ "$2" = relinquish ] && [ -e "seal.$1" ]; then
		custody "$(other "$1")" take -q "seal.$1"
		rm "seal.$1"
	fi
}

# has HOME: the package lies there, so that notes about it are taken
has() {
	mkdir -p "$1/packages"
	cp p.bulla "$1/packages/$id.bulla"
}

# a seals and hands over; b receives; a countersigns
hand_over() {
	both a seal --package p.bulla -s officer=Ada
	both a relinquish -s to=b.example -s transport=courier \
	    -s recipients=desk
	bulla-receive --home b -i b/keys/receiver.key \
	    -k "$(cat a/keys/sealer.key.pub)" p.bulla >receipt
	custody a take -q receipt
	custody a countersign "$id" receipt >note
	custody b take -q note
}

@test "add: the note on stdout, in the chain and in the ledger" {
	ok said a seal --package p.bulla -s officer=Ada
	said a store -s 'storage=shelf 7' >note
	cmp note "a/custody/$id/0002-store.note"
	grep -qx 'officer: Ada Okafor' note
	grep -qx 'actor: a.example/custodian' note
	grep -qx "previous: $(sed '/^$/,$d' "a/custody/$id/0001-seal.note" |
		sha256sum | cut -d ' ' -f 1)" note
	grep -qx "package-sha256: $sum" "a/custody/$id/0001-seal.note"
	grep -qx "bytes: $(stat -c %s p.bulla)" "a/custody/$id/0001-seal.note"
	bulla-ledger --home a prove note >/dev/null
	custody a check "$id"
	run --separate-stderr said a store --json -s storage=x
	[ "$status" -eq 0 ]
	jq -e '.ok and (.digest | length) == 64 and
	    (.note | contains("storage: x"))' <<<"$output"
	custody a add -o out.note -s place=- -s purpose=- -s authority=- \
	    -s result=- -s justification=why "$id" access
	grep -qx 'place: -' out.note
}

@test "add: all that is missing is listed, and nothing is written" {
	both a seal --package p.bulla -s officer=-
	no 2 "relinquish needs place (text, or -), purpose (text, or -), \
authority (text, or -), result (text, or -), to (a key name or an agency), \
transport (text), recipients (text): give each with -s" \
	    custody a add "$id" relinquish
	no 2 "open needs after (64 hex digits), justification (text)" \
	    said a open
	no 2 "-s: match must be yes or no, and not \"maybe\"" \
	    said a verify -s match=maybe
	no 2 "-s: \"colour\" is no field of store, which has officer, place, \
purpose, authority, result, tool, seal-no, storage, condition, remarks" \
	    said a store -s colour=red
	no 2 "given twice" said a store -s storage=a -s storage=b
	no 2 "given twice" said a store -s place=a -s storage=b
	no 2 "is not LABEL=VALUE" said a store -s storage
	no 2 "one line of plain text" custody a add -s place=$'a\nb' "$id" store
	no 2 "one EVENT of: seize, acquire, verify" custody a add "$id" eat
	no 2 "32 hex digits" custody a add 123 store
	no 2 "which seal?" custody a add -s place=- -s purpose=- \
	    -s authority=- -s result=- -s storage=x \
	    ffffffffffffffffffffffffffffffff store
	[ "$(find a/custody -name '*.note' | wc -l)" -eq 1 ]
}

@test "add: by who may, and in an order that can be" {
	has b
	both a seal --package p.bulla -s officer=-
	no 1 "a.example/receiver" said a store -i a/keys/receiver.key \
	    -s storage=x -s officer=-
	for more in "" "-i a/keys/custodian.key"; do
		# shellcheck disable=SC2086 # an option and its argument
		no 1 "two different persons" said a dispose $more \
		    -i a/keys/custodian.key -s justification=order \
		    -s second-officer=x
	done
	no 1 "b.example does not hold the package" said b relinquish \
	    -s to=a.example -s transport=t -s recipients=r
	said a dispose -i a/keys/custodian.key -i a/keys/lab.key \
	    -s justification=order >note
	grep -qx 'officer: Ada Okafor' note
	grep -qx 'second-officer: Bram Visser' note
	[ "$(grep -c '^— ' note)" -eq 2 ]
	no 1 "disposed of it" said a store -s storage=x
	run --separate-stderr custody a check "$id"
	[ "$status" -eq 0 ]
	[ "$output" = "ok $id, 2 notes, held by nobody (disposed)" ]
}

@test "verify and receive say what was recomputed, not what was said" {
	both a seal --package p.bulla -s officer=-
	said a verify --package p.bulla >note
	grep -qx 'match: yes' note
	both a relinquish -s to=b.example -s transport=usb -s recipients=desk
	cp p.bulla q.bulla
	at=$(($(grep -abo 00000001.age p.bulla | head -n 1 | cut -d: -f1) + 600))
	printf overlaid | dd of=q.bulla bs=1 seek=$at conv=notrunc status=none
	no 1 "is not the one that was relinquished" said b receive --package q.bulla -s officer=x
	no 2 "package-sha256 is not that of the package file" \
	    said b receive --package p.bulla -s officer=x \
	    -s package-sha256="$(sha256sum <q.bulla | cut -d ' ' -f 1)"
	bulla-seal -q --home none -i a/keys/sealer.key \
	    -r "$(cat b/keys/desk.age.pub)" -o r.bulla id
	no 1 "this is package" said b receive --package r.bulla -s officer=x
	said b receive --package p.bulla -s officer=x >note
	grep -qx "package-sha256: $sum" note
	grep -qx 'match: yes' note
	grep -qx 'seal-intact: yes' note
	grep -qx "relinquish: $(sed '/^$/,$d' \
	    "a/custody/$id/0003-relinquish.note" | sha256sum |
	    cut -d ' ' -f 1)" note
}

@test "a handover is three signatures, and both sides see it" {
	hand_over
	for home in a b; do
		run --separate-stderr custody $home check "$id"
		echo "$output $stderr"
		[ "$status" -eq 0 ]
		[ "$output" = "ok $id, 3 notes, held by b.example" ]
		[ "$stderr" = "" ]
		custody $home show --json "$id" | jq -e '.ok and
		    .holder.agency == "b.example" and
		    .holder.countersigned and (.findings | not) and
		    [.notes[].event] == ["seal", "relinquish", "receive"] and
		    [.notes[2].signatures[].verdict] == ["good", "good"] and
		    .notes[2].fields["package-sha256"] == "'"$sum"'"'
	done
	cmp "a/custody/$id/theirs/0001-receive.note" \
	    "b/custody/$id/0001-receive.note"
	grep -q '^— a.example/custodian ' "b/custody/$id/0001-receive.note"
	# what was acknowledged stays as it was
	bulla-receive --home b -i b/keys/receiver.key \
	    -k "$(cat a/keys/sealer.key.pub)" p.bulla | cmp - receipt
}

@test "countersign: by its digest, by the right role, once" {
	has b
	both a seal --package p.bulla -s officer=-
	digest=$(sed '/^$/,$d' note | sha256sum | cut -d ' ' -f 1)
	no 1 "this takes a custodian" custody b countersign \
	    -i b/keys/sealer.key "$id" "$digest"
	no 2 "in no roster of that side" custody b countersign \
	    -i a/keys/custodian.key "$id" "$digest"
	custody b countersign "$id" "$digest" >one
	custody b countersign "$id" one >two
	cmp one two
	no 1 "no note with this digest" custody b countersign "$id" "$sum"
	no 2 "which note?" custody b countersign "$id"
	no 3 "nofile" custody b countersign "$id" nofile
}

@test "take: theirs alone, and two of one number are both kept" {
	has b
	both a seal --package p.bulla -s officer=-
	cp -r a fork
	said a store -s storage=here >one
	said fork access -s justification=there >two
	run --separate-stderr custody b take one
	[ "$status" -eq 0 ]
	[[ $output == "kept $id, note 2 of a.example/custodian: store, "* ]]
	no 1 "is kept already" custody b take two
	cmp one "b/custody/$id/theirs/0002-store.note"
	cmp two "b/custody/$id/theirs/0002-access.conflict.note"
	run --separate-stderr custody b check "$id"
	[ "$status" -eq 1 ]
	[ "$stderr" = "" ]
	[ "$output" = "a.example note 2 access: another note with this number \
is in the chain: both are kept" ]
	custody b show "$id" | grep -q 'A SECOND NOTE WITH THIS NUMBER'
	custody b show --json "$id" | jq -e '[.notes[].conflict] | sort ==
	    [false, false, true]'
	no 2 "no signature of a key of theirs" custody a take one
	sed 's/here/there/' one >changed
	no 1 "does not verify" custody b take changed
	no 1 "" custody b take p.bulla
}

@test "take: only of packages that are known, and only what verified" {
	said a seal --package p.bulla -s officer=- >seal.note
	no 1 "is not known here" custody b take seal.note
	[ ! -e "b/custody/$id" ]
	said a relinquish --package p.bulla -s to=c.example -s transport=x \
	    -s recipients=desk >note
	no 1 "is not known here" custody b take note
	said a relinquish --package p.bulla -s to=b.example/desk \
	    -s transport=x -s recipients=desk >note
	cp note more
	printf '\342\200\224 a.example/new %s\n' \
	    "$(head -c 68 /dev/zero | base64 -w 0)" >>./more
	custody b take -q more
	cmp note "b/custody/$id/theirs/0003-relinquish.note"
	bulla-ledger --home b prove note >/dev/null
	no 1 "" bulla-ledger --home b prove more
	custody b take -q seal.note
}

@test "check: each finding on a line, and as JSON" {
	hand_over
	no 1 "no notes of package" custody a check ffffffffffffffffffffffffffffffff
	rm "a/custody/$id/0001-seal.note"
	run --separate-stderr custody a check "$id"
	[ "$status" -eq 1 ]
	[ "$output" = "a.example note 2 relinquish: a gap: 1 of the notes \
before it are missing, from note 1 on" ]
	run --separate-stderr custody a check --json "$id"
	[ "$status" -eq 1 ]
	jq -e '.ok == false and (.findings | length) == 1' <<<"$output"
	# a package in the home with another seal
	bulla-seal -q --home none -i a/keys/sealer.key -r "$(cat b/keys/desk.age.pub)" \
	    -o r.bulla id
	cp r.bulla "b/packages/$id.bulla"
	run --separate-stderr custody b check "$id"
	[ "$status" -eq 1 ]
	[ "$output" = "the package in the home has another seal than its notes" ]
	# without rosters nobody can tell
	rm -r b/roster
	no 2 "no roster" custody b check "$id"
	custody b show "$id" | grep -q 'signatures not checked'
}

@test "check: a suspended key" {
	both a seal --package p.bulla -s officer=-
	said a store -s storage=x >/dev/null
	custody a check "$id"
	bulla-trust --home a suspend --key a.example/custodian --reason lost \
	    -o s.note
	run --separate-stderr custody a check "$id"
	[ "$status" -eq 1 ]
	[[ $output == "a.example note 2 store: "*suspended* ]]
	custody a show "$id" | grep -q 'a.example/custodian .* NO RIGHT$'
	no 1 suspended said a access -s justification=x
}

# Two sides, six persons, eleven notes: the page, as a person reads it.
six_hands() {
	hand_over
	both b store -s 'storage=evidence room 3, shelf 7'
	both b relinquish -s to=b.example/lab -s 'transport=by hand' \
	    -s recipients=desk
	both b receive -i b/keys/lab.key --package p.bulla
	custody b countersign "$id" note >counter
	custody a take -q counter
	both b open -i b/keys/lab.key -s after="$(sha256sum <disk.img |
	    cut -d ' ' -f 1)" -s 'justification=triage as asked'
	both b return -i b/keys/archive.key -s to=a.example -s transport=courier
	both a receive -i a/keys/lab.key --package p.bulla
	custody b countersign "$id" note >counter
	custody a take -q counter
	both a store -i a/keys/archive.key -s 'storage=vault 2'
}

@test "show: six hands on both sides on one page" {
	six_hands
	for home in a b; do
		custody $home check "$id"
		custody $home show "$id" >page.$home
		while IFS= read -r line; do
			[ "${#line}" -le 80 ]
		done <page.$home
		[ "$(wc -l <page.$home)" -le 80 ]
		# on a wide terminal the signatures stand beside: one page
		script -qec "stty cols 100; bulla-custody --home $home show $id" \
		    /dev/null | tr -d '\r' >wide
		[ "$(wc -l <wide)" -le 66 ]
		[ "$(wc -L <wide)" -le 100 ]
		[ "$(wc -L <wide)" -gt 80 ]
		grep -q '^A 2 .* relinquish  *Ada Okafor$' wide
	done
	# the same page, but for whose is whose
	diff <(sed 's/ours/X/; s/theirs/X/; /^Sides/d; /not proved/d' page.a) \
	    <(sed 's/ours/X/; s/theirs/X/; /^Sides/d; /not proved/d' page.b)
	sed -n 3,4p page.a >top
	grep -q '^Held now by  a.example, Bram Visser (A 3, receive, ' top
	grep -q '^Last act     A 4, store, Carla Moreau$' top
	grep -qx 'Handover     complete: relinquished, received, countersigned' \
	    page.a
	grep -qx 'Check        links, order, signatures and roles hold' page.a
	grep -qx "Package sha256 $sum" page.a
	sed -n 's/^\([AB] [0-9]\) .* \([a-z][a-z]*\)  *\([(A-Z].*\)$/\1 \2 \3/p' \
	    page.a >rows
	diff rows - <<-END
		A 1 seal Ada
		A 2 relinquish Ada Okafor
		B 1 receive (a machine)
		B 2 store Chen Wei
		B 3 relinquish Chen Wei
		B 4 receive Dana Petrov
		B 5 open Dana Petrov
		B 6 return Emil Sato
		A 3 receive Bram Visser
		A 4 store Carla Moreau
	END
	grep -q 'CUSTODY MOVES to b.example/lab: digest equal, seal' page.a
	[ "$(grep -c '^ .*countersigned by$' page.a)" -eq 3 ]
	no 1 "no notes of package" custody a show ffffffffffffffffffffffffffffffff
}

@test "show: what was proved is shown apart" {
	both a seal --package p.bulla -s officer=-
	custody a show "$id" | grep -q 'not proved yet'
	bulla-ledger --home a prove --old 0 -o request
	bulla-ledger --home b cosign -k "$(cat a/keys/log.key.pub)" \
	    request >line
	{
		sed '/^$/,$d' a/ledger/public/checkpoint
		echo
		sed '1,/^$/d' a/ledger/public/checkpoint
		cat line
	} >cosigned
	mkdir -p a/ledger/cosigned
	size=$(sed -n 2p cosigned)
	cp cosigned "a/ledger/cosigned/$(printf '%020d' "$size").note"
	cp cosigned a/ledger/cosigned/newest.note
	custody a show --json "$id" | jq -e '.notes[0].proved >= .notes[0].claimed'
	run custody a show "$id"
	[[ $output != *"not proved yet"* ]]
}

@test "export: everything, and by hand it all holds" {
	six_hands
	custody a export -o x.tar "$id"
	custody a export "$id" | cmp - x.tar
	no 1 "exists" custody a export -o x.tar "$id"
	custody a export -f -o x.tar "$id"
	tar -xf x.tar
	cd "custody-$id"
	cmp "../a/custody/$id/0003-receive.note" ours/0003-receive.note
	cmp "../a/custody/$id/theirs/0004-receive.note" theirs/0004-receive.note
	cmp ../a/roster/theirs.note roster/theirs.note
	[ -e roster/history/a.example-000001.note ]
	bulla-ledger check -k "$(cat ../a/keys/log.key.pub)" \
	    proofs/ours-0002-relinquish.proof proofs/ours-0002-relinquish.record
	# as it was received, before the countersignature
	cmp proofs/theirs-0001-receive.record ../receipt
	sed -n '/^How to check/,$ s/^    //p' README.txt >by_hand
	run --separate-stderr sh -eu by_hand
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 13 ]
	for line in "${lines[@]}"; do
		[[ $line == good* ]]
	done
	sed -i 's/REQ-7/REQ-8/' ours/0002-relinquish.note
	run --separate-stderr sh -eu by_hand
	[ "$status" -ne 0 ]
	run --separate-stderr sh -u by_hand
	[[ $output == *"WRONG LINK ours/0003-receive.note"* ]]
	[[ $output == *"WRONG SIGNATURE ours/0002-relinquish.note a.example/custodian"* ]]
}

@test "usage" {
	no 2 "add, show, check, countersign, take, export or stamp?" bulla-custody
	no 2 "add, show" bulla-custody eat
	no 2 "one ID" custody a show "$id" x
	no 2 "one FILE" custody a take x y
	no 2 "which package?" custody a export
	no 2 "no key to sign with" env -u HOME bulla-custody --home none add \
	    "$id" store
}
