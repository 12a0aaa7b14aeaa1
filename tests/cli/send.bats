#!/usr/bin/env bats
# bulla-send: to a real bulla-inbox over TLS on loopback, on good lines and
# bad ones.
# shellcheck disable=SC2154,SC2030,SC2031 # run sets stderr; tests are subshells
bats_require_minimum_version 1.5.0
load ../lib/inbox.bash

setup_file() {
	way_setup_file
}

setup() {
	way_setup
}

teardown() {
	way_teardown
}

@test "a package goes over and the receipt comes back" {
	inbox
	run --separate-stderr send -u "$URL/" --receipt receipt "$D/package"
	[ "$status" -eq 0 ]
	[[ $output == "received by b.example/receiver at 20"*"Z: sha256 $(sha "$D/package")" ]]
	[ -z "$stderr" ]
	grep -qx "package-sha256: $(sha "$D/package")" receipt
	grep -qx 'event: receive' receipt
	has_only "$D/package"
	cmp receipt home/custody/*/0001-receive.note
	ends
}

@test "the same again: the same receipt, no data sent, nothing doubled" {
	inbox
	send -q -u "$URL" --receipt one "$D/package"
	[ "$(logged event=stored)" -ge 1 ]
	before=$(logged event=stored)
	send -q -u "$URL" --receipt two "$D/package"
	cmp one two
	[ "$(logged event=stored)" -eq "$before" ]
	has_only "$D/package"
	# Also when the inbox was restarted in between
	ends
	inbox
	send -q -u "$URL" --receipt three "$D/package"
	cmp one three
	[ "$(logged event=stored)" -eq "$before" ]
	# And from another client, who has to send it: he might not have it
	AS=other send -q -u "$URL" --receipt four "$D/package"
	cmp one four
	[ "$(logged event=stored)" -gt "$before" ]
	has_only "$D/package"
}

@test "a receipt that is kept nowhere: it says so, and it can still be had" {
	inbox
	run --separate-stderr send -u "$URL" "$D/package"
	[ "$status" -eq 0 ]
	[[ $output == "received by b.example/receiver at "* ]]
	[ "$stderr" = "bulla-send: the receipt is kept nowhere: --receipt FILE keeps it, also in another run (what is there already is not sent again)" ]
	before=$(logged event=stored)
	run --separate-stderr send -u "$URL" --receipt r "$D/package"
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	grep -qx 'event: receive' r
	[ "$(logged event=stored)" -eq "$before" ]
	run --separate-stderr send -q -u "$URL" "$D/package"
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	# A ledger has it
	"$BULLA_BIN/bulla-ledger" --home ours init -n a.example/log >/dev/null
	run --separate-stderr send --home ours -u "$URL" "$D/package"
	[ "$status" -eq 0 ]
	[[ $stderr != *"kept nowhere"* ]]
}

@test "standard input, a pipe and a file" {
	inbox
	dd if="$D/package" status=none | send -q -u "$URL" --receipt one
	has_only "$D/package"
	send -q -u "$URL" --receipt two - <"$D/package"
	cmp one two
}

@test "--json and -q" {
	inbox
	run --separate-stderr send --json -u "$URL" --receipt r "$D/package"
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	jq -e ".ok and .accepted and .sha256 == \"$(sha "$D/package")\" and
	    .bytes == $(stat -c %s "$D/package") and
	    .actor == \"b.example/receiver\"" <<<"$output"
	fails 5 "" send -q -u https://127.0.0.1:1/ --attempts 1 "$D/package"
	run --separate-stderr send --json -u https://127.0.0.1:1/ \
	    --attempts 1 "$D/package"
	[ "$status" -eq 5 ]
	jq -e '.ok == false and .status == "again"' <<<"$output"
}

@test "cut or reset anywhere: it resumes, and the bytes are the same" {
	inbox
	size=$(stat -c %s "$D/package")
	for at in 0 1 600 2000 5000 70000 1000000 $((size - 1000)) \
	    $((size + 4000)); do
		for how in cut reset; do
			rm -rf home/packages/* home/custody/* home/receipts/* \
			    home/answers/*
			proxy "$how" "$at"
			run --separate-stderr send -u "$VIA" "$D/package"
			echo "$how at $at: $status $output $stderr"
			[ "$status" -eq 0 ]
			has_only "$D/package"
		done
	done
}

@test "five cuts of a big one: only what was not acknowledged goes twice" {
	inbox
	proxy -c 5 cut 4000000
	send -u "$VIA" "$D/big"
	has_only "$D/big"
	[ "$(logged event=created)" -eq 1 ]
	[ "$(logged event=cut-short)" -ge 4 ]
}

@test "a stalled line is given up and taken up again" {
	inbox
	proxy stall 1000000
	run --separate-stderr send --stall 1 -u "$VIA" "$D/package"
	[ "$status" -eq 0 ]
	[[ $stderr == *"nothing moved for"*"again in "*" s (attempt 2 of 10, for 24 h at the most)"* ]]
	has_only "$D/package"
	[ "$(logged reason=taken-over)" -eq 1 ]
}

@test "a flipped bit on the line does not get through" {
	inbox
	proxy flip 1000000
	run --separate-stderr send -u "$VIA" "$D/package"
	[ "$status" -eq 0 ]
	[[ $stderr == *"again in"* ]]
	has_only "$D/package"
}

@test "the last response is lost: the receipt is had all the same" {
	inbox
	proxy hush "$(stat -c %s "$D/package")"
	run --separate-stderr send --stall 1 -u "$VIA" "$D/package"
	[ "$status" -eq 0 ]
	[[ $stderr == *"nothing moved for"* ]]
	[ "$(logged event=created)" -eq 1 ]
	has_only "$D/package"
}

@test "the sender is killed and started again" {
	inbox
	sender -q -u "$URL" --limit-rate 3M "$D/big" 3>&- &
	sender=$!
	pids="$pids $sender"
	until_logged event=stored
	kill -KILL "$sender"
	wait "$sender" || :
	run --separate-stderr send -u "$URL" "$D/big"
	[ "$status" -eq 0 ]
	has_only "$D/big"
	[ "$(logged event=created)" -eq 1 ]
}

@test "the inbox is killed with SIGKILL and started again" {
	inbox
	run=$BATS_TEST_TMPDIR/out
	sender -u "$URL" --limit-rate 6M "$D/big" >"$run" 2>&1 3>&- &
	sender=$!
	pids="$pids $sender"
	until_logged event=stored
	ends KILL || :
	inbox
	wait "$sender"
	grep -q '^received by b.example/receiver' "$run"
	has_only "$D/big"
	# It went on where it was, not from the beginning
	at=$(sed -n 's/.*event=found.*offset=\([0-9]*\) .*/\1/p' log)
	[ "$at" -gt 0 ]
	[ "$(logged event=created)" -eq 1 ]
}

@test "killed at once after the last byte: judged after the restart" {
	inbox
	id=00112233445566778899aabbccddeeff
	ends
	mkdir -p home/incoming/up-$id
	cp "$D/package" home/incoming/up-$id/data
	printf '%020d\n' "$(stat -c %s "$D/package")" >home/incoming/up-$id/offset
	client=$(openssl base64 -d -A <<<"$(sed 's|sha256//||' \
	    "$D/tls/client.pin")" | xxd -p -c 32)
	printf 'bulla upload v1\nclient: %s\nlength: %d\nsha256: %s\n' \
	    "$client" "$(stat -c %s "$D/package")" "$(sha "$D/package")" \
	    >home/incoming/up-$id/state
	inbox
	# Without anybody asking for it
	until_logged event=judged
	[ "$(logged event=judged)" -eq 1 ]
	run --separate-stderr send -u "$URL" "$D/package"
	[ "$status" -eq 0 ]
	[ "$(logged event=created)" -eq 0 ]
	has_only "$D/package"
}

@test "pins: the right one, the next one, a wrong one, none at all" {
	inbox
	right=$(cat "$D/tls/server.pin")
	wrong=$(cat "$D/tls/other.pin")
	send -q -u "$URL" --pin "$right" "$D/package"
	send -q -u "$URL" --pin "$wrong" --pin "$right" "$D/package"
	hex=$(openssl base64 -d -A <<<"${right#sha256//}" | xxd -p -c 32)
	send -q -u "$URL" --pin "$hex" "$D/package"
	fails 1 "not the server that we trust" send -u "$URL" --pin "$wrong" \
	    "$D/package"
	[[ $stderr == *"(its key is none of those that --pin or their roster names: "* ]]
	fails 2 "is no pin" send -u "$URL" --pin "$D/tls/ca.pem" "$D/package"
	fails 2 "is no pin" send -u "$URL" --pin "$right;$right" "$D/package"
	# A pin does not stand for a certificate that does not verify
	fails 1 "not the server that we trust" "$BULLA_BIN/bulla-send" \
	    -K "$D/r.key.pub" -u "$URL" --pin "$right" \
	    --cacert "$D/tls/foreign-ca.pem" "$D/package"
}

@test "a certificate for another host, or from another authority" {
	CERT=$D/tls/elsewhere.pem CERT_KEY=$D/tls/elsewhere.key inbox
	fails 1 "not the server that we trust" send -u "$URL" "$D/package"
	[[ $stderr == *"(is that the host that they told you?)"* ]]
	[ ! -e home/packages ] || [ -z "$(ls home/packages)" ]
	[ "$(logged event=created)" -eq 0 ]
	ends
	PORT=0 inbox
	fails 1 "not the server that we trust" send -u "$URL" \
	    --cacert "$D/tls/foreign-ca.pem" "$D/package"
	[[ $stderr == *"(no certificate in the CA file given vouches for it)"* ]]
	fails 1 "not the server that we trust" "$BULLA_BIN/bulla-send" \
	    -K "$D/r.key.pub" -u "$URL" "$D/package"
	[[ $stderr == *"(no public authority vouches for it: give who does, or its own certificate, with --cacert FILE; or --home DIR where their roster lists its key)"* ]]
	# The inbox's own certificate is enough to trust it
	send -q -u "$URL" --cacert "$D/tls/server.pem" "$D/package"
}

@test "URLs that are refused" {
	for bad in http://127.0.0.1/ ftp://127.0.0.1/ file:///etc/passwd \
	    https://me:secret@127.0.0.1/ 'https://127.0.0.1/?q' \
	    'https://127.0.0.1/#f' '' https:// 'https://a b/'; do
		run --separate-stderr send -u "$bad" "$D/package"
		echo "$bad: $status $stderr"
		[ "$status" -eq 2 ]
		[ -z "$output" ]
		[[ $stderr != *secret* ]]
	done
}

@test "no key to trust, and --no-receipt" {
	inbox
	fails 2 "whose receipt is trusted" "$BULLA_BIN/bulla-send" -u "$URL" \
	    "$D/package"
	run --separate-stderr "$BULLA_BIN/bulla-send" -u "$URL/packages" \
	    --no-receipt --cacert "$D/tls/ca.pem" \
	    --cert "$D/tls/client.pem" --key "$D/tls/client.key" "$D/package"
	[ "$status" -eq 0 ]
	[[ $output == "sent, no receipt: sha256 $(sha "$D/package")" ]]
	[[ $stderr == *"nobody will confirm"* ]]
	fails 2 "exclude each other" send -u "$URL" --no-receipt --receipt x \
	    "$D/package"
}

@test "a receipt signed by a key that is not known" {
	inbox
	fails 2 "receipt" "$BULLA_BIN/bulla-send" -q -K "$D/s.key.pub" \
	    --cacert "$D/tls/ca.pem" --cert "$D/tls/client.pem" \
	    --key "$D/tls/client.key" -u "$URL" --receipt r "$D/package"
	[ ! -e r ]
}

@test "a package that does not verify: a signed rejection, kept" {
	inbox
	cp "$D/package" bad
	printf overlaid | dd of=bad bs=1 seek=1000000 conv=notrunc status=none
	fails 1 "rejected by b.example/receiver" send -u "$URL" \
	    --receipt r bad
	grep -qx 'event: reject' r
	[[ $stderr == *": seal-broken: its digests and signatures do not agree: check your file "* ]]
	[ -z "$(find home/packages -type f)" ]
	# The same again, from what was kept
	fails 1 "rejected by b.example/receiver" send -u "$URL" \
	    --receipt again bad
	cmp r again
}

@test "a signed rejection: its reason, what that means and what to do" {
	echo x >f
	seal theirs --to c.example f
	seal exercise --exercise f
	inbox
	fails 1 ": wrong-recipient: it is addressed to others: send it to them," \
	    send -q -u "$URL" theirs
	fails 1 ": out-of-scope: it is an exercise, and they expect none: agree" \
	    send -q -u "$URL" exercise
	run --separate-stderr send --json -u "$URL" exercise
	[ "$status" -eq 1 ]
	jq -es '.[-1] | (.ok or .accepted | not) and
	    .reason == "out-of-scope" and
	    (.advice | startswith("it is an exercise, and they expect none: "))' \
	    <<<"$output"
}

@test "sealed by somebody unknown: refused without a receipt" {
	inbox
	"$BULLA_BIN/bulla-keygen" sign -n c.example/x -o x.key >/dev/null
	echo hello >f
	"$BULLA_BIN/bulla-seal" -q -i x.key -R "$D/desk.age.pub" -o p f \
	    >/dev/null
	fails 1 "refused, without a signed receipt" send -u "$URL" \
	    --receipt r p
	[ ! -e r ]
	[ -z "$(find home/packages -type f)" ]
}

@test "what is no package is not sent" {
	inbox
	head -c 100000 /dev/urandom >plain
	fails 1 "not a sealed package, so it is not sent" send -u "$URL" plain
	fails 1 "not a sealed package" send -u "$URL" <plain
	: >empty
	fails 4 "empty: is empty: no package" send -u "$URL" empty
	fails 3 "No such file" send -u "$URL" nothing
	fails 1 "" send -u "$URL" .
	[ "$(logged event=created)" -eq 0 ]
}

@test "the receipt's file: not overwritten, and asked for before sending" {
	inbox
	echo mine >r
	fails 1 "exists" send -u "$URL" --receipt r "$D/package"
	[ "$(cat r)" = mine ]
	[ "$(logged event=created)" -eq 0 ]
	send -q -u "$URL" --receipt r -f "$D/package"
	grep -qx 'event: receive' r
	fails 3 "No such file" send -u "$URL" --receipt no/r "$D/package"
}

@test "a key that others can read, files that are no PEM" {
	inbox
	cp "$D/tls/client.key" k
	chmod 644 k
	fails 3 "k:" send -u "$URL" --key k "$D/package"
	fails 2 "belong together" "$BULLA_BIN/bulla-send" -K "$D/r.key.pub" \
	    -u "$URL" --key k "$D/package"
	echo nonsense >n
	chmod 600 n
	fails 1 "cannot be used" send -u "$URL" --cert n "$D/package"
	fails 1 "cannot be used" send -u "$URL" --key n "$D/package"
	fails 1 "" send -u "$URL" --cacert n "$D/package"
	[ "$(logged event=created)" -eq 0 ]
}

@test "certificates that the inbox does not take" {
	inbox
	for c in foreign expired usage self; do
		AS=$c fails 1 "refused our certificate" send -u "$URL" \
		    "$D/package"
	done
	# None at all is final too, however often it may be tried
	fails 1 "the server wants a certificate of ours" \
	    "$BULLA_BIN/bulla-send" -K "$D/r.key.pub" \
	    --cacert "$D/tls/ca.pem" -u "$URL" "$D/package"
	[ "$(logged event=created)" -eq 0 ]
}

@test "nobody there: exit 5 after the attempts, or at the deadline" {
	fails 5 "given up after 2 failures" send -u https://127.0.0.1:1/ \
	    --attempts 2 "$D/package"
	start=$SECONDS
	fails 5 "given up" send -u https://127.0.0.1:1/ --deadline 2 \
	    --attempts 1000 "$D/package"
	[ $((SECONDS - start)) -lt 10 ]
	fails 5 "" send -u https://no-such-host.invalid/ --attempts 1 \
	    "$D/package"
}

@test "a package that gets shorter while it is sent" {
	inbox
	cp "$D/big" p
	sender -u "$URL" --limit-rate 2M p >out 2>err 3>&- &
	sender=$!
	pids="$pids $sender"
	until_logged event=created
	truncate -s 1000 p
	st=0
	wait "$sender" || st=$?
	[ "$st" -eq 4 ]
	[ ! -s out ]
	grep -q 'got shorter' err
}

@test "answers that lead astray are not followed" {
	cl='Content-Length: 0\r\n\r\n'
	canned "HTTP/1.1 201 \r\nLocation: http://127.0.0.1/x\r\n$cl"
	fails 1 "leads away" send -u "$URL" --attempts 1 "$D/package"
	canned "HTTP/1.1 201 Created\r\nLocation: https://evil.example/x\r\n$cl"
	fails 1 "leads away" send -u "$URL" --attempts 1 "$D/package"
	canned "HTTP/1.1 201 Created\r\n$cl"
	fails 1 "does not say where" send -u "$URL" --attempts 1 "$D/package"
	canned "HTTP/1.1 302 Found\r\nLocation: /x\r\n$cl"
	fails 1 "redirects are not followed" send -u "$URL" --attempts 1 \
	    "$D/package"
	canned "HTTP/1.1 413 \r\nContent-Length: 9\r\n\r\nno\033[2Jway"
	fails 1 'answered 413: no\x1b[2Jway' send -u "$URL" --attempts 1 \
	    "$D/package"
	canned "HTTP/1.1 503 \r\nRetry-After: 100000\r\n$cl"
	fails 5 "the deadline comes before the next attempt" send -u "$URL" --deadline 60 \
	    "$D/package"
	canned "HTTP/1.1 201 \r\nLocation: /x\r\nUpload-Offset: -1\r\n$cl"
	fails 1 "malformed header field" send -u "$URL" --attempts 1 \
	    "$D/package"
}
