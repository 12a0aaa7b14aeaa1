#!/usr/bin/env bats
# Tools in a home with rosters and a ledger: who may, in which order, and that
# it is recorded.
bats_require_minimum_version 1.5.0
load ../lib/package

setup() {
	package_setup
	bulla-trust init -q --home a -n a.example --person "Ann Lee" >fp.a
	bulla-trust init -q --home b -n b.example --person "Bo Chen" >fp.b
	bulla-trust pin -q --home a --fingerprint "$(bulla-trust fingerprint \
	    --home b)" b/roster/ours.note
	bulla-trust pin -q --home b --fingerprint "$(bulla-trust fingerprint \
	    --home a)" a/roster/ours.note
	echo one >ev
}

# field LABEL PACKAGE: from the opening note
field() {
	tar -xOf "$2" --wildcards '*/opening.note' | sed -n "s/^$1: //p"
}

# opening PACKAGE: the digest of its opening text
opening() {
	tar -xOf "$1" --wildcards '*/opening.note' | sed '/^$/,$d' |
		sha256sum | cut -c 1-64
}

# records HOME: how many the ledger has
records() {
	sed -n 2p "$1/ledger/public/checkpoint"
}

# event HOME ID NAME: its file
event() {
	ls "$1/custody/$2/"*"-$3.note"
}

@test "a seal says where its sender stands" {
	id=$(bulla-seal --home a -r b.example/desk -o 1.bulla ev)
	[ "$(field to 1.bulla)" = b.example/desk ]
	[ "$(field from 1.bulla)" = a.example/sealer ]
	[ "$(field sequence 1.bulla)" = 1 ]
	[ "$(field previous 1.bulla)" = - ]
	[ "$(field roster 1.bulla)" = "$(sed '/^$/,$d' a/roster/ours.note |
	    sha256sum | cut -c 1-64)" ]
	[ "$(field recipient 1.bulla)" = "$(cat b/keys/desk.age.pub)" ]
	[[ "$(field checkpoint 1.bulla)" =~ ^[1-9][0-9]*\ [A-Za-z0-9+/]{43}=$ ]]
	grep -qx 'event: seal' "$(event a "$id" seal)"
	bulla-ledger prove --home a -o proof "$(event a "$id" seal)"
	bulla-ledger check -K a/keys/log.key.pub proof "$(event a "$id" seal)"
	# what stands in it is shown
	bulla-inspect 1.bulla | grep -qx 'sequence     1'
	bulla-inspect --json 1.bulla | jq -e '.sequence == 1 and
	    (.roster | length) == 64 and .checkpoint_size > 0'
	# the next one is linked to it
	bulla-seal -q --home a -r b.example/desk -o 2.bulla ev
	[ "$(field sequence 2.bulla)" = 2 ]
	[ "$(field previous 2.bulla)" = "$(opening 1.bulla)" ]
	# another agency has its own row; several and none have no number
	bulla-seal -q --home a -r b.example/desk --to c.example -o 3.bulla ev
	[ "$(field sequence 3.bulla)" = 1 ]
	bulla-seal -q --home a -r b.example/desk --to c.example --to d.example \
	    -o 4.bulla ev
	[ "$(field sequence 4.bulla)" = - ]
	bulla-seal -q --home a -r "$(cat b/keys/desk.age.pub)" -o 5.bulla ev
	[ "$(field sequence 5.bulla)" = - ]
	[ "$(field to 5.bulla)" = - ]
}

@test "a number that failed is void, and not given again" {
	run bulla-seal -q --home a -r b.example/desk -o 1.bulla ev gone
	[ "$status" -eq 3 ]
	[ ! -e 1.bulla ]
	bulla-seal -q --home a -r b.example/desk -o 2.bulla ev
	[ "$(field sequence 2.bulla)" = 2 ]
	[ "$(field previous 2.bulla)" = - ]
	for i in 3 4 5 6; do
		bulla-seal -q --home a -r b.example/desk -o "$i.bulla" ev &
	done
	wait
	[ "$(for i in 3 4 5 6; do field sequence "$i.bulla"; done | sort |
	    tr '\n' ' ')" = "3 4 5 6 " ]
	bulla-ledger check --home a
}

@test "a seal without its record has no name" {
	chmod 0500 a/ledger
	mv a/ledger/journal j
	mkdir a/ledger/journal
	run --separate-stderr bulla-seal --home a -r b.example/desk -o 1.bulla ev
	[ "$status" -ne 0 ]
	[ ! -e 1.bulla ]
	[ -n "$stderr" ]
	rmdir a/ledger/journal
	mv j a/ledger/journal
	bulla-seal -q --home a -r b.example/desk -o 1.bulla ev
}

@test "-r NAME: exactly one, or the names that there are" {
	no 2 "b.example/desk" bulla-seal --home a -r b.example/dusk -o p ev
	no 2 "no roster" bulla-seal --home none -i a/keys/sealer.key \
	    -r b.example/desk -o p ev
	[ ! -e p ]
	# ours is a name as well
	bulla-seal -q --home a -r a.example/desk -o p ev
	[ "$(field recipient p)" = "$(cat a/keys/desk.age.pub)" ]
}

@test "verify, receive, open: the rosters say whose seal counts" {
	id=$(bulla-seal --home a -r b.example/desk -o p.bulla ev)
	ok bulla-verify --home b p.bulla
	ok bulla-receive --home b p.bulla
	n=$(records b)
	# the same again: the same receipt, recorded once
	bulla-receive --home b p.bulla >again
	cmp again "$(event b "$id" receive)"
	[ "$(records b)" -eq "$n" ]
	ok bulla-open --home b -d out --purpose "case 7" "b/packages/$id.bulla"
	[ "$(cat out/bag/data/ev)" = one ]
	note=$(event b "$id" open)
	grep -qx 'officer: Bo Chen' "$note"
	grep -qx 'purpose: case 7' "$note"
	grep -qx "before: $(tar -xOf p.bulla --wildcards \
	    '*/manifest-sha256.txt' | sha256sum | cut -c 1-64)" "$note"
	grep -qx "after: $(sha256sum <out/bag/manifest-sha256.txt |
	    cut -c 1-64)" "$note"
	bulla-custody check --home b "$id"
	# -k goes before the rosters, and that can be seen
	run --separate-stderr bulla-verify -v --home b \
	    -K a/keys/sealer.key.pub p.bulla
	[ "$status" -eq 0 ]
}

@test "a receiver whose time is over signs nothing" {
	bulla-seal -q --home a -r b.example/desk -o 1.bulla ev
	bulla-seal -q --home a -r b.example/desk -o 2.bulla ev
	bulla-receive --home b 1.bulla >first
	bulla-keygen sign -n b.example/receiver2 -o r2.key >/dev/null
	bulla-trust propose -q --home b --until b.example/receiver=now \
	    --add "receiver=$(cat r2.key.pub)" -o next
	bulla-trust pin -q --home b next
	no 3 "b.example/receiver could sign only until" \
	    bulla-receive --home b 2.bulla
	[ "$(find b/packages b/receipts -type f | wc -l)" -eq 2 ]
	# nor one that stands in no roster; what was given is given again
	bulla-keygen sign -n b.example/receiver3 -o r3.key >/dev/null
	no 3 "b.example/receiver3 stands in no roster" \
	    bulla-receive --home b -i r3.key 2.bulla
	ok bulla-receive --home b 1.bulla
	bulla-receive --home b 1.bulla | cmp first
	ok bulla-receive --home b -i r2.key 2.bulla
}

@test "what our own side sealed was sent by nobody" {
	id=$(bulla-seal --home a -r b.example/desk -o p.bulla ev)
	ok bulla-verify --home a p.bulla
	no 2 "none of the known keys" bulla-receive --home a p.bulla
	[ ! -e "a/packages/$id.bulla" ]
	[ -z "$(find a/custody -name '*receive*')" ]
	ok bulla-receive --home b p.bulla
}

@test "a known key in the wrong role" {
	bulla-seal -q --home none -i a/keys/custodian.key \
	    -R b/keys/desk.age.pub -o p.bulla ev
	no 2 "none of the known keys" bulla-verify --home b p.bulla
	no 2 "none of the known keys" bulla-open --home b -d out p.bulla
	[ ! -e out ]
	no 2 "none of the known keys" bulla-receive --home b p.bulla
	# and who has it is told before sealing
	no 1 "would refuse" bulla-seal --home a -i a/keys/custodian.key \
	    -r b.example/desk -o q.bulla ev
	[ ! -e q.bulla ]
}

@test "a suspended key: refused, rejected, and not released" {
	bulla-seal -q --home a -r b.example/desk -o p.bulla ev
	sleep 1
	bulla-trust suspend -q --home a -i a/keys/hotline.key \
	    --key a.example/sealer --reason stolen -o s.note
	bulla-trust pin -q --home b s.note
	no 1 "suspended" bulla-verify --home b p.bulla
	no 1 "suspended" bulla-open --home b -d out p.bulla
	[ ! -e out ]
	no 1 "suspended" bulla-open --home b -O p.bulla
	run --separate-stderr bulla-receive --home b p.bulla
	[ "$status" -eq 1 ]
	[[ $output == *"reason: not-authorised"* ]]
	[ -z "$(find b/packages -type f)" ]
	no 1 "suspended" bulla-seal --home a -r b.example/desk -o q.bulla ev
	[ ! -e q.bulla ]
}

@test "what the ledger proves to be older than the suspension still counts" {
	id=$(bulla-seal --home a -r b.example/desk -o p.bulla ev)
	ok bulla-receive --home b p.bulla
	# a cosigns b's ledger, which has the receipt
	bulla-ledger prove --home b --old 0 -o request
	bulla-ledger cosign --home a -K b/keys/log.key.pub -o reply request
	bulla-ledger keep --home b request reply
	sleep 2
	bulla-trust suspend -q --home a -i a/keys/hotline.key \
	    --key a.example/sealer --reason stolen -o s.note
	bulla-trust pin -q --home b s.note
	ok bulla-verify --home b p.bulla
	ok bulla-open --home b -d out p.bulla
	# the same key, the same id, other bytes: not what was proved
	bulla-seal -q --home none -i a/keys/sealer.key \
	    -R b/keys/desk.age.pub -o other.bulla ev
	no 1 "suspended" bulla-verify --home b other.bulla
}
