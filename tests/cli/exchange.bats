#!/usr/bin/env bats
# What bulla-send and bulla-inbox do for each other beside the upload.
# shellcheck disable=SC2154,SC2030,SC2031 # run sets stderr; tests are subshells
bats_require_minimum_version 1.5.0
load ../lib/sides.sh
load ../lib/inbox.bash

# Two sides that have pinned each other's rosters, and a sealed package
setup_file() {
	: "${BULLA_BIN:=$BATS_TEST_DIRNAME/../../build/release/bin}"
	BULLA_BIN=$(cd "$BULLA_BIN" && pwd)
	way_aid
	export BULLA_BIN AID
	cd "$BATS_FILE_TMPDIR" || return 1
	sh "$BATS_TEST_DIRNAME/../lib/pki.sh" tls
	two_sides
	head -c 300000 /dev/urandom >blob
	bulla seal --home a -r b.example/desk --to b.example -o package \
	    blob >id
}

setup() {
	way_setup
	cp -a "$D/a" "$D/b" .
	ID=$(cat "$D/id")
}

teardown() {
	way_teardown
}

# opens [HOME [OPTION...]]: an inbox on it, by its rosters; URL, PORT, INBOX
opens() {
	local home=${1:-b}
	[ $# -eq 0 ] || shift
	started --home "$home" --tls-cert "$D/tls/server.pem" \
	    --tls-key "$D/tls/server.key" --client-ca "$D/tls/ca.pem" "$@"
}

# deliver [OPTION...]: from $FROM (a)
deliver() {
	"$BULLA_BIN/bulla-send" --home "${FROM:-a}" --cacert "$D/tls/ca.pem" \
	    --cert "$D/tls/client.pem" --key "$D/tls/client.key" \
	    -u "${VIA:-$URL}" "$@"
}

# all_there: both sides have everything, once, and it fits together
all_there() {
	local s
	[ "$(cd a/custody/"$ID" && find . -name '*.note' | sort | xargs)" = \
	    "./0001-seal.note ./0002-relinquish.note ./theirs/0001-receive.note" ]
	[ "$(cd b/custody/"$ID" && find . -name '*.note' | sort | xargs)" = \
	    "./0001-receive.note ./theirs/0001-seal.note ./theirs/0002-relinquish.note" ]
	cmp a/custody/"$ID"/theirs/0001-receive.note \
	    b/custody/"$ID"/0001-receive.note
	cmp a/custody/"$ID"/0002-relinquish.note \
	    b/custody/"$ID"/theirs/0002-relinquish.note
	grep -q '^— b.example/receiver' b/custody/"$ID"/0001-receive.note
	grep -q '^— a.example/custodian' b/custody/"$ID"/0001-receive.note
	for s in a b; do
		bulla ledger --home $s check >&2
		run bulla custody --home $s check "$ID"
		[ "$status" -eq 0 ]
		[[ $output == "ok $ID, 3 notes, held by b.example" ]]
		[ -s $s/ledger/cosigned/newest.note ]
		[ ! -e $s/ledger/alarm ]
	done
	grep -q '^— b.example/witness' a/ledger/cosigned/newest.note
	grep -q '^— a.example/witness' b/ledger/cosigned/newest.note
	# Only what the last questions themselves recorded is not covered
	[ "$(sed -n 2p a/ledger/cosigned/newest.note)" -ge \
	    $(($(sed -n 2p a/ledger/public/checkpoint) - 1)) ]
	[ "$(sed -n 2p b/ledger/cosigned/newest.note)" = \
	    "$(sed -n 2p b/ledger/public/checkpoint)" ]
	cmp b/packages/"$ID".bulla "$D/package"
}

# has FILE...: they are there and not empty
has() {
	local f
	for f in "$@"; do
		[ -s "$f" ] || {
			echo "$f is missing or empty"
			return 1
		}
	done
}

# never WHAT: the log has none of it, after line $SINCE
never() {
	if tail -n +"$((${SINCE:-0} + 1))" log | grep -e "$1"; then
		return 1
	fi
}

# stopped HOME KIND: that is how the last run ended, before any upload
stopped() {
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	[[ $stderr == *"$2"* ]]
	[[ $stderr == *"ALARM: nothing more is exchanged"*"$1/ledger/alarm/"* ]]
	has "$1"/ledger/alarm/*-"$2"/alarm.txt
	never event=created
}

@test "a delivery is cosigned on both sides, and custody is handed over" {
	opens
	run --separate-stderr deliver --receipt receipt "$D/package"
	[ "$status" -eq 0 ]
	[[ $output == "received by b.example/receiver at "* ]]
	[ -z "$stderr" ]
	all_there
	grep -q "^relinquish: $(sed '/^$/,$d' a/custody/"$ID"/0002-relinquish.note |
	    sha256sum | cut -c 1-64)" receipt
	grep -qx 'officer: Lea a' b/custody/"$ID"/theirs/0002-relinquish.note
	# Nothing is shown of them to somebody without a certificate
	run curl -sS --cacert "$D/tls/ca.pem" "$URL/checkpoint"
	[ "$status" -ne 0 ]
	ends
}

@test "again and again: the same state, one record of each note" {
	opens
	for _ in 1 2 3; do
		run --separate-stderr deliver --json "$D/package"
		[ "$status" -eq 0 ]
	done
	[[ $output == *'"cosigned":true'*'"handed-over":true'* ]]
	all_there
	# seal, their roster and ours are there before; each round has two
	# checkpoints at most, and the notes stand there once
	[ "$(sed -n 2p a/ledger/public/checkpoint)" -le \
	    $((2 + 1 + 1 + 2 + 3 * 2)) ]
}

@test "files of the ledger, as any web server would give them" {
	opens
	deliver -q "$D/package" >&2
	TUS='' ask /checkpoint
	answered 200
	cmp body b/ledger/public/checkpoint
	[ "$(field Content-Type)" = "text/plain; charset=utf-8" ]
	for f in $(cd b/ledger/public && find tile -type f); do
		ask "/$f"
		answered 200
		cmp body "b/ledger/public/$f"
		[ "$(field Content-Type)" = application/octet-stream ]
	done
	for p in /tile/0/001 /tile/1/000 /tile/0/000.p/255; do
		ask "$p"
		answered 404
	done
	for p in /tile/0/../../../keys/log.key /tile/../../journal /tile/9/000 \
	    /tile/0/000.p/0 /tile/0/0 /tile /checkpoint/ '/checkpoint?x'; do
		ask "$p"
		answered 404
	done
	ask /checkpoint -X POST --data x
	answered 405
	ask "/$(printf a.example/log | sha256sum | cut -c 1-64)/checkpoint"
	answered 200
	grep -q '^— b.example/witness' body
	ask "/$(printf x.example/log | sha256sum | cut -c 1-64)/checkpoint"
	answered 404
	ask /add-checkpoint/99
	answered 409
	[ "$(field Content-Type)" = text/x.tlog.size ]
	[ "$(cat body)" = "$(sed -n 2p b/ledger/public/checkpoint)" ]
}

@test "an inbox without a ledger: a warning, or with --cosign a refusal" {
	opens plain -i "$D/b/keys/receiver.key" -K "$D/a/keys/sealer.key.pub"
	run --separate-stderr deliver --cosign "$D/package"
	[ "$status" -eq 1 ]
	[[ $stderr == *"--cosign: our checkpoint was not cosigned"*404* ]]
	never event=created
	run --separate-stderr deliver "$D/package"
	[ "$status" -eq 0 ]
	[[ $stderr == *"sent without cosigning"* ]]
	[ ! -e plain/ledger ]
	[ -e a/custody/"$ID"/theirs/0001-receive.note ]
	# A home without a ledger, or -k: as before
	rm -rf home
	run --separate-stderr deliver --home home --cosign \
	    -K "$D/b/keys/receiver.key.pub" "$D/package"
	[ "$status" -eq 2 ]
	[[ $stderr == *"--cosign needs a home"* ]]
	run --separate-stderr deliver --home home \
	    -K "$D/b/keys/receiver.key.pub" "$D/package"
	[ "$status" -eq 0 ]
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ $stderr == *"the receipt is kept nowhere"* ]]
	[ ! -e home ]
}

@test "an inbox with -k answers as it always did" {
	opens b -K "$D/a/keys/sealer.key.pub"
	ask /checkpoint
	answered 404
	ask /notes -X POST --data x
	answered 404
	run --separate-stderr deliver -K "$D/b/keys/receiver.key.pub" \
	    "$D/package"
	[ "$status" -eq 0 ]
	never path=/add-checkpoint
	# Its receipt is recorded all the same
	run bulla ledger --home b prove b/receipts/"$(sha "$D/package")".note
	[ "$status" -eq 0 ]
}

# two_homes SIDE: deliver once, then copy the side's home to x and go on
two_homes() {
	opens
	deliver -q "$D/package" >&2
	cp -a "$1" x
	echo more >rec
	bulla ledger --home "$1" append rec >&2
	deliver -q "$D/package" >&2
	ends
	SINCE=$(wc -l <log)
}

@test "a sender whose home was restored is stopped" {
	two_homes a
	opens
	FROM=x run --separate-stderr deliver "$D/package"
	stopped x rollback
	has x/ledger/alarm/*/seen.note x/ledger/alarm/*/now.note
	FROM=x run --separate-stderr deliver --json "$D/package"
	[ "$status" -eq 1 ]
	[[ $output == *'"status":"refused"'*'"alarm":"x/ledger/alarm/'* ]]
	[ "$(find x/ledger/alarm -name alarm.txt | wc -l)" -eq 1 ]
}

@test "a forked sender is stopped, and can show it" {
	two_homes a
	seq 20 >recs
	bulla ledger --home x append --lines recs >&2
	opens
	FROM=x run --separate-stderr deliver "$D/package"
	stopped x fork
	for n in seen now; do
		head -1 x/ledger/alarm/*-fork/$n.note |
		    grep -qx a.example/log
		grep -q '^— a.example/log' x/ledger/alarm/*-fork/$n.note
	done
	# For the inbox it may be a proof that somebody spoilt
	never event=alarm
	grep -q 'path=/add-checkpoint.*status=422' log
	[ ! -e b/ledger/alarm ]
	# The true one is not shut out by its twin
	run --separate-stderr deliver "$D/package"
	[ "$status" -eq 0 ]
}

@test "one size with two roots: the inbox can show it, and always tells" {
	two_homes a
	n=$(sed -n 2p b/ledger/witness/????????????????*)
	seq $((n - $(sed -n 2p x/ledger/public/checkpoint))) |
	    bulla ledger --home x append --lines >&2
	[ "$(sed -n 2p x/ledger/public/checkpoint)" = "$n" ]
	bulla ledger --home x prove --old "$n" -o req
	opens
	ask /add-checkpoint -X POST --data-binary @req
	answered 422
	ask /add-checkpoint -X POST --data-binary @req
	answered 422
	for n in seen now; do
		grep -q '^— a.example/log' b/ledger/alarm/*-fork/$n.note
	done
	[ "$(find b/ledger/alarm -name alarm.txt | wc -l)" -eq 1 ]
	[ "$(grep -c 'event=alarm.*evidence=ledger/alarm/.*-fork$' log)" -eq 2 ]
	rm -r b/ledger/alarm/*
	for n in $(seq 256); do
		mkdir "b/ledger/alarm/$n"
	done
	ask /add-checkpoint -X POST --data-binary @req
	answered 422
	grep -q 'event=alarm.*evidence=ledger/alarm$' log
}

@test "an inbox that has cosigned cannot say that it keeps no ledger" {
	opens
	deliver -q "$D/package" >&2
	ends
	SINCE=$(wc -l <log)
	opens plain -i "$D/b/keys/receiver.key" -K "$D/a/keys/sealer.key.pub"
	run --separate-stderr deliver "$D/package"
	stopped a refused
	[[ $stderr == *"cosigned with us before"*404* ]]
}

@test "an inbox whose home was restored stops the sender" {
	two_homes b
	bulla ledger --home b append rec >&2
	seq 9 | bulla ledger --home b append --lines >&2
	opens
	deliver -q "$D/package" >&2
	ends
	SINCE=$(wc -l <log)
	opens x
	run --separate-stderr deliver "$D/package"
	stopped a rollback
	has a/ledger/alarm/*/seen.note a/ledger/alarm/*/now.note
}

@test "a forked inbox stops the sender" {
	two_homes b
	seq 30 | bulla ledger --home x append --lines >&2
	opens x
	run --separate-stderr deliver "$D/package"
	stopped a fork
	[ "$(find a/ledger/alarm -name alarm.txt | wc -l)" -eq 1 ]
}

# cosigned_note OUT: b's checkpoint with the line of a's witness
cosigned_note() {
	bulla ledger --home b prove --old 0 -o req -f
	rm -rf a/ledger/witness
	bulla ledger --home a cosign -K b/keys/log.key.pub req >line
	sed '1,/^$/d' req | cat - line >"$1"
}

@test "cosignatures: taken, again, forged, of another key" {
	opens
	cosigned_note good
	ask /cosignature -X POST --data-binary @good
	answered 204
	ask /cosignature -X POST --data-binary @good
	answered 204
	[ "$(find b/ledger/cosigned -name '0*.note' | wc -l)" -eq 1 ]
	cp -a b/ledger/cosigned kept
	n=$(wc -c <good)
	head -c $((n - 9)) good >flipped
	printf 'AAAA' >>flipped
	tail -c 5 good >>flipped
	ask /cosignature -X POST --data-binary @flipped
	answered 403
	sed '1,/^$/d' req >bare
	ask /cosignature -X POST --data-binary @bare
	answered 403
	bulla ledger --home w init -n w.example/log -w w.example/witness >&2
	bulla ledger --home w cosign -K b/keys/log.key.pub req >line
	cat bare line >stranger
	ask /cosignature -X POST --data-binary @stranger
	answered 403
	for junk in '' x "$(printf 'b.example/log\n1\nx\n')"; do
		ask /cosignature -X POST --data-binary "$junk"
		answered 400
	done
	diff -r b/ledger/cosigned kept
}

@test "bodies that are none, and bodies that are too long" {
	opens
	head -c 131072 /dev/zero | tr '\0' x >most
	head -c 131073 /dev/zero | tr '\0' x >over
	for p in /add-checkpoint /cosignature /notes; do
		for body in '' x 'old 0' "$(printf 'old 0\n\nx\n')" \
		    "$(printf 'old 00\n\nx\n')"; do
			TUS='' ask $p -X POST --data-binary "$body"
			answered 400
		done
		ask $p -X POST --data-binary @most
		answered 400
		ask $p -X POST --data-binary @over
		answered 413
		ask $p -X POST --data-binary @most \
		    -H 'Transfer-Encoding: chunked'
		answered 400
		ask $p -X POST --data-binary @over \
		    -H 'Transfer-Encoding: chunked'
		answered 413
		ask $p
		answered 405
		ask $p -X PATCH --data-binary x
		answered 405
	done
	ask /checkpoint -X GET --data-binary x
	answered 400
	# Two lengths: nobody guesses
	printf 'POST /notes HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 5\r\n\r\nhello' >two
	raw two >out || :
	grep -q '^HTTP/1.1 400 ' out
	[ -z "$(find b/custody -type f)" ]
	[ ! -e b/ledger/alarm ]
	deliver -q "$D/package" >&2
	all_there
}

@test "notes: what is taken, twice, and by whom" {
	opens
	note=a/custody/$ID/0001-seal.note
	access=(-s place=- -s purpose=- -s authority=- -s result=-
	    -s justification=why)
	bulla custody --home a add -i a/keys/custodian.key "${access[@]}" \
	    "$ID" access >&2
	# Nobody has announced this package
	run --separate-stderr deliver --note "$note"
	[ "$status" -eq 1 ]
	[[ $stderr == *"answered 422"*"is not known here"* ]]
	[ ! -e b/custody/"$ID" ]
	mkdir -p b/packages
	: >b/packages/"$ID".bulla
	run --separate-stderr deliver --note "$note" \
	    --note a/custody/"$ID"/0002-access.note
	[ "$status" -eq 0 ]
	n=$(sed -n 2p b/ledger/public/checkpoint)
	run --separate-stderr deliver --json --note "$note"
	[ "$status" -eq 0 ]
	[[ $output == *'"ok":true'* ]]
	[ "$(sed -n 2p b/ledger/public/checkpoint)" = "$n" ]
	# One byte of it changed; a note of ours alone; another kind of note
	sed 's/^result: sealed/result: seal3d/' "$note" >bad
	run --separate-stderr deliver --note bad
	[ "$status" -eq 1 ]
	[[ $stderr == *"a note was not taken: the other side answered 403"* ]]
	ask /notes -X POST --data-binary @b/roster/ours.note
	answered 422
	run --separate-stderr deliver --note a/ledger/public/checkpoint
	[ "$status" -eq 1 ]
	[[ $stderr == *"answered 400"* ]]
	# By a key that has another role
	cp -a a c
	rm -r c/roster c/custody/"$ID"/0002-access.note
	access+=(-s officer=-)
	bulla custody --home c add -i c/keys/hotline.key "${access[@]}" "$ID" \
	    access >&2
	run --separate-stderr deliver --note c/custody/"$ID"/0002-access.note
	[ "$status" -eq 1 ]
	[[ $stderr == *"hotline"* ]]
	# By the right one, but another note 2 than the one that is here
	rm c/custody/"$ID"/0002-access.note
	bulla custody --home c add -i c/keys/custodian.key "${access[@]}" \
	    -s remarks=other "$ID" access >&2
	run --separate-stderr deliver --note c/custody/"$ID"/0002-access.note
	[ "$status" -eq 1 ]
	[[ $stderr == *"another note 2"* ]]
	[ -e b/custody/"$ID"/theirs/0002-access.conflict.note ]
	run --separate-stderr deliver --note nothing
	[ "$status" -eq 3 ]
	run --separate-stderr deliver --note "$note" "$D/package"
	[ "$status" -eq 2 ]
}

@test "a suspended custodian hands nothing over" {
	opens
	cp -a a x
	bulla trust --home a suspend -i a/keys/hotline.key \
	    --key a.example/custodian --reason stolen -o s.note >&2
	# x does not know of it yet; b hears of it
	run --separate-stderr deliver --note s.note --note s.note
	[ "$status" -eq 0 ]
	FROM=x run --separate-stderr deliver "$D/package"
	[ "$status" -eq 1 ]
	[[ $stderr == *"suspended"* ]]
	never event=created
	[ ! -e b/custody/"$ID"/theirs/0002-relinquish.note ]
	# And a says so itself
	run --separate-stderr deliver "$D/package"
	[ "$status" -eq 1 ]
	[[ $stderr == *"our custodian's key"* ]]
}

@test "what a suspended sealer sealed is rejected, signed and recorded" {
	opens
	cp -a a x
	bulla trust --home a suspend -i a/keys/hotline.key \
	    --key a.example/sealer --reason stolen -o s.note >&2
	deliver -q --note s.note >&2
	FROM=x run --separate-stderr deliver "$D/package"
	[ "$status" -eq 1 ]
	[[ $stderr == *"a note was not taken"*"suspended"* ]]
	never event=created
	# Nobody hands it over: then it is the package that is judged
	rm x/keys/custodian.key
	FROM=x run --separate-stderr deliver --receipt reject "$D/package"
	[ "$status" -eq 1 ]
	[[ $stderr == *"rejected by b.example/receiver"*": not-authorised: by their rosters its sealer may not seal, or not then: "* ]]
	grep -qx 'reason: not-authorised' reject
	[ ! -e b/packages/"$ID".bulla ]
	for s in x b; do
		run bulla ledger --home $s prove -o proof -f reject
		[ "$status" -eq 0 ]
	done
	find x/custody/"$ID"/theirs -name 'reject-*' | grep -q .
}

@test "what the inbox's own side sealed is not taken from anybody" {
	own=$(bulla seal --home b -r b.example/desk --to b.example -o own \
	    "$D/blob")
	opens
	run --separate-stderr deliver own
	[ "$status" -eq 1 ]
	[[ $stderr == *"none of the known keys"* ]]
	[ ! -e "b/packages/$own.bulla" ]
	run find b/custody/"$own" -name '*receive*'
	[ -z "$output" ]
}

@test "a suspended log is refused, and that is no unknown log" {
	opens
	cp -a a x
	bulla trust --home a suspend -i a/keys/hotline.key \
	    --key a.example/log --reason stolen -o s.note >&2
	deliver -q --note s.note >&2
	FROM=x run --separate-stderr deliver "$D/package"
	stopped x refused
	[[ $stderr == *403*suspended* ]]
}

@test "the next roster by POST; a skipped one is refused" {
	opens
	for v in 2 3; do
		bulla keygen sign -n a.example/sealer$v -o s$v >&2
		bulla trust --home a propose -i a/keys/root.key \
		    --add "sealer=$(cat s$v.pub)" -o r$v >&2
		bulla trust --home a pin r$v >&2 || :
	done
	run --separate-stderr deliver --note r3
	[ "$status" -eq 1 ]
	run --separate-stderr deliver --note r2 --note r3
	[ "$status" -eq 0 ]
	cmp r3 b/roster/theirs.note
	# What the new sealer seals is received by the running inbox
	bulla seal -q --home a -i s3 -r b.example/desk -o p2 "$D/blob" >&2
	run --separate-stderr deliver p2
	[ "$status" -eq 0 ]
}

@test "TLS keys of the roster, both ways" {
	bulla trust --home a propose -i a/keys/root.key \
	    --tls "$(spki "$D/tls/other.pem")" -o r2 >&2
	bulla trust --home b pin r2 >&2
	opens
	run --separate-stderr deliver "$D/package"
	[ "$status" -eq 1 ]
	[[ $stderr == *"TLS key is none of those in the roster"* ]]
	never event=created
	AS=other ask /checkpoint
	answered 200
	bulla trust --home b propose -i b/keys/root.key \
	    --tls "$(spki "$D/tls/other.pem")" -o rb >&2
	bulla trust --home a pin rb >&2
	run --separate-stderr deliver "$D/package"
	[ "$status" -eq 1 ]
	[[ $stderr == *"not the server that we trust"* ]]
}

@test "TLS keys of the roster that have all ended" {
	for until in '' =now; do
		bulla trust --home b propose -i b/keys/root.key -f -o rb \
		    --tls "$(printf %064d 7)$until" >&2
		bulla trust --home b pin rb >&2
		bulla trust --home a pin rb >&2
	done
	URL=https://127.0.0.1:1
	run --separate-stderr deliver "$D/package"
	[ "$status" -eq 1 ]
	[[ $stderr == *"none of the TLS keys in the roster of b.example"* ]]
	# by hand it is another decision: it goes on, to where nobody listens
	run --separate-stderr deliver --pin "$(printf %064d 7)" "$D/package"
	[ "$status" -eq 5 ]
}

@test "the line is cut in the middle of each request" {
	opens
	for at in 2600 3400 4600 5600 7000; do
		proxy cut "$at"
		run --separate-stderr deliver "$D/package"
		[ "$status" -eq 0 ]
	done
	all_there
	# A body that ends too early is not looked at
	printf 'POST /notes HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\nbulla' >part
	# The end comes when what is there has been read, not with it
	{
		cat part
		sleep 2
	} | timeout 60 openssl s_client -quiet -no_ign_eof \
	    -connect "127.0.0.1:$PORT" \
	    -CAfile "$D/tls/ca.pem" -cert "$D/tls/client.pem" \
	    -key "$D/tls/client.key" >out 2>&1 || :
	# the proxy may have cut others before
	until_logged 'event=cut-short.*path=/notes bytes=5'
	all_there
}

# killed_at: a sender that dies before its N-th CALL, then one that does not
@test "the sender is killed anywhere: done again it ends in the same state" {
	"$AID/sysfault" true || skip "no seccomp here"
	for at in fdatasync:1 fdatasync:3 fdatasync:5 fdatasync:7 linkat:2 \
	    linkat:8 linkat:14 renameat:9 renameat:22; do
		rm -rf a b
		cp -a "$D/a" "$D/b" .
		PORT=0 opens
		run "$AID/sysfault" -k -f "${at%:*}" -n "${at#*:}" \
		    "$BULLA_BIN/bulla-send" --home a -q -u "$URL" \
		    --cacert "$D/tls/ca.pem" --cert "$D/tls/client.pem" \
		    --key "$D/tls/client.key" "$D/package"
		echo "$at: $status $output"
		[ "$status" -eq 137 ]
		run --separate-stderr deliver "$D/package"
		echo "$stderr"
		[ "$status" -eq 0 ]
		ends
		all_there
	done
}

@test "the inbox is killed anywhere: done again it ends in the same state" {
	"$AID/sysfault" true || skip "no seccomp here"
	for at in fdatasync:1 fdatasync:4 fdatasync:7 linkat:1 linkat:5 \
	    linkat:9 renameat:11; do
		rm -rf a b
		cp -a "$D/a" "$D/b" .
		UNDER="$AID/sysfault -k -f ${at%:*} -n ${at#*:}" PORT=0 opens
		run --separate-stderr deliver --attempts 1 "$D/package"
		echo "$at: $status $stderr"
		[ "$status" -eq 5 ]
		run wait "$INBOX"
		PORT=0 opens
		run --separate-stderr deliver "$D/package"
		echo "$stderr"
		[ "$status" -eq 0 ]
		ends
		all_there
	done
}

@test "two senders of one home at once" {
	opens
	bulla seal -q --home a -r b.example/desk -o p2 "$D/blob" >&2
	deliver -q "$D/package" >one 2>&1 3>&- &
	one=$!
	deliver -q p2 >two 2>&1 3>&- &
	two=$!
	wait $one
	wait $two
	for s in a b; do
		bulla ledger --home $s check >&2
		bulla custody --home $s check "$ID" >&2
		[ ! -e $s/ledger/alarm ]
	done
}
