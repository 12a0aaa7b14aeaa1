#!/usr/bin/env bats
# bulla-custody stamp: RFC 3161 tokens over notes, good and bad ones.
# shellcheck disable=SC2154 # bats sets stderr
bats_require_minimum_version 1.5.0
load ../lib/package
load ../lib/fetch

setup_file() {
	: "${BULLA_BIN:=$BATS_TEST_DIRNAME/../../build/release/bin}"
	PATH=$(cd "$BULLA_BIN" && pwd):$PATH
	unset BULLA_HOME
	cd "$BATS_FILE_TMPDIR" || return
	sh "$BATS_TEST_DIRNAME/../lib/tsa.sh" tsa
	sh "$BATS_TEST_DIRNAME/../lib/pki.sh" pki
	bulla-trust --home a init -n a.example --person 'Ada Okafor' >/dev/null
	echo evidence >file
	bulla-seal -q --home none -i a/keys/sealer.key \
	    -r "$(cat a/keys/desk.age.pub)" -o p.bulla file
	tar -tf p.bulla | sed 's|/.*||;q' >id
	bulla-custody --home a add -s place=Here -s purpose=test \
	    -s authority=- -s result=done -s officer=Ada --package p.bulla \
	    "$(cat id)" seal >1.note
	bulla-custody --home a add -s place=Here -s purpose=test \
	    -s authority=- -s result=done -s storage=shelf "$(cat id)" \
	    store >2.note
}

setup() {
	: "${BULLA_BIN:=$BATS_TEST_DIRNAME/../../build/release/bin}"
	PATH=$(cd "$BULLA_BIN" && pwd):$PATH
	TSA=$BATS_TEST_DIRNAME/../lib/tsa.sh
	unset BULLA_HOME
	cd "$BATS_TEST_TMPDIR" || return
	cp -a "$BATS_FILE_TMPDIR/." .
	sed -i "s|^serial=.*|serial=$PWD/tsa/serial|" tsa/tsa.cnf
	id=$(cat id)
	kept=a/custody/$id/0002-store.note
}

custody() {
	bulla-custody --home a "$@"
}

# a query for the newest note, in q
query() {
	rm -f "$kept.tsq" q
	custody stamp --query q "$id"
}

# bad TEXT: the reply in r is refused with exit 1, and not kept
bad() {
	no 1 "$1" bulla-custody --home a stamp --reply r --tsa-ca tsa/ca.pem "$id"
	[ ! -e "$kept.tsr" ]
}

@test "stamp: a query, a reply of P-256 and of RSA, and the third time" {
	for tsa in p256 rsa; do
		query
		openssl ts -query -in q -text >text 2>/dev/null
		grep -q 'Hash Algorithm: sha256' text
		grep -q 'Certificate required: yes' text
		grep -q 'Nonce: 0x' text
		# the imprint is the sha256 of the note's text
		want=$(sed '/^$/,$d' 2.note | sha256sum | cut -d ' ' -f 1)
		got=$(sed -n 's/^ *00[01]0 - \(.\{47\}\).*/\1/p' text |
			tr -d ' \n-')
		[ "$got" = "$want" ]
		sh "$TSA" tsa reply "$tsa" q r
		ok custody stamp --reply r --tsa-ca tsa/ca.pem "$id"
		[[ $output == "stamped $id, note 2, store: 20"*"Z by CN=TEST ONLY $tsa" ]]
		cmp r "$kept.tsr"
		[ "$(stat -c %a "$kept.tsr")" = 600 ]
		mkdir -p a/tsa
		cp tsa/ca.pem a/tsa/
		ok custody check "$id"
		ok custody show "$id"
		[[ $output == *"Timestamped 20"*" by CN=TEST ONLY $tsa"* ]]
		at=$(openssl ts -reply -in r -text 2>/dev/null |
			sed -n 's/^Time stamp: //p')
		at=$(date -u -d "$at" +%FT%TZ)
		custody show --json "$id" >json
		jq -e --arg at "$at" '.notes[1].timestamped == $at and
		    .notes[0].timestamped == null and
		    (.notes[1].timestamp_authority | startswith("CN=TEST ONLY"))' json
		rm -r "$kept.tsr" a/tsa
	done
}

@test "stamp: a note by its file, and a query that is asked for again" {
	ok custody stamp --query q1 1.note
	[ -e "a/custody/$id/0001-seal.note.tsq" ]
	ok custody stamp --query q2 1.note
	cmp q1 q2
	no 1 "exists" bulla-custody --home a stamp --query q2 1.note
	ok custody stamp -f --policy 1.2.3.4.2 --query q2 1.note
	run ! cmp -s q1 q2
	sh "$TSA" tsa reply p256 q2 r
	ok custody stamp --json --reply r --tsa-ca tsa/ca.pem 1.note
	jq -e '.ok and .sequence == 1 and .policy == "1.2.3.4.2" and
	    (.timestamped | length) == 20' <<<"$output"
	# the first stays, unless -f
	sh "$TSA" tsa reply rsa q2 r2
	no 1 "exists" bulla-custody --home a stamp --reply r2 \
	    --tsa-ca tsa/ca.pem 1.note
	cmp r "a/custody/$id/0001-seal.note.tsr"
	ok custody stamp -q -f --reply r2 --tsa-ca tsa/ca.pem 1.note
	cmp r2 "a/custody/$id/0001-seal.note.tsr"
}

@test "stamp: over another digest" {
	query
	openssl ts -query -data file -sha256 -cert -out other 2>/dev/null
	sh "$TSA" tsa reply p256 other r
	bad "over another digest"
}

@test "stamp: over the right number of another hash" {
	query
	want=$(sed '/^$/,$d' 2.note | sha256sum | cut -d ' ' -f 1)
	sed -i 's/^digests=.*/digests=sha256,sha512-256/' tsa/tsa.cnf
	openssl ts -query -digest "$want" -sha512-256 -cert -out other 2>/dev/null
	sh "$TSA" tsa reply p256 other r
	bad "over another digest"
}

@test "stamp: of another query, and without a nonce" {
	query
	want=$(sed '/^$/,$d' 2.note | sha256sum | cut -d ' ' -f 1)
	openssl ts -query -digest "$want" -sha256 -cert -out other 2>/dev/null
	sh "$TSA" tsa reply p256 other r
	bad "its nonce differs"
	openssl ts -query -digest "$want" -sha256 -cert -no_nonce \
	    -out other 2>/dev/null
	sh "$TSA" tsa reply p256 other r
	bad "has no nonce"
	# where no query was kept it is only the digest that counts
	rm "$kept.tsq"
	ok custody stamp --reply r --tsa-ca tsa/ca.pem "$id"
}

@test "stamp: under another policy than was asked for" {
	custody stamp --query q --policy 1.2.3.4.2 "$id"
	# the same query, with the last number of the policy changed
	xxd -p q | tr -d '\n' | sed 's/06042a030402/06042a030401/' |
		xxd -r -p >patched
	run ! cmp -s q patched
	sh "$TSA" tsa reply p256 patched r
	bad "under another policy"
	no 2 "numbers with dots" bulla-custody --home a stamp --query q3 \
	    --policy house "$id"
}

@test "stamp: certificates that are none for it" {
	query
	sh "$TSA" tsa reply expired q r
	bad "certificate has expired"
	sh "$TSA" tsa reply foreign q r
	bad "unable to get local issuer certificate"
	for c in server lax; do
		sh "$TSA" tsa forge "$c" q r -cades >/dev/null
		bad "unsuitable certificate purpose"
	done
	no 2 "no certificate of a time-stamp authority is known" \
	    bulla-custody --home a stamp --reply r "$id"
	no 1 "no PEM certificate" bulla-custody --home a stamp --reply r \
	    --tsa-ca file "$id"
	sed '5s/..../AAAA/' tsa/ca.pem >damaged.pem
	no 1 "PEM certificate" bulla-custody --home a stamp --reply r \
	    --tsa-ca damaged.pem "$id"
}

@test "stamp: a certificate that the token does not bind, and SHA-1" {
	query
	sh "$TSA" tsa forge p256 q r -cades >/dev/null
	cp r good
	sh "$TSA" tsa forge p256 q r >/dev/null
	bad "does not bind the certificate"
	sh "$TSA" tsa forge p256 q r -cades -md sha1 >/dev/null
	bad "another hash than SHA-256"
	ok custody stamp --reply good --tsa-ca tsa/ca.pem "$id"
}

@test "stamp: an authority whose certificate ended since" {
	[[ $BULLA_BIN != */asan/* ]] || skip "no preloading under a sanitizer"
	query
	sh "$TSA" tsa reply p256 q r
	ok custody stamp -q --reply r --tsa-ca tsa/ca.pem "$id"
	mkdir a/tsa
	cp tsa/ca.pem a/tsa
	ok faketime -f '+290d' bulla-custody --home a show --json "$id"
	jq -e '.notes[1].timestamped != null' <<<"$output"
	# and a token from a time that is not yet
	ok faketime -f '-1d' bulla-custody --home a show --json "$id"
	jq -e '.notes[1] | .timestamped == null and
	    (.timestamp_error | contains("from the future"))' <<<"$output"
}

@test "stamp: cut, lengthened, damaged, no reply at all, not granted" {
	query
	sh "$TSA" tsa reply p256 q whole
	size=$(stat -c %s whole)
	for n in 1 20 $((size / 2)) $((size - 1)); do
		head -c "$n" whole >r
		bad "no time-stamp reply"
	done
	{ cat whole; printf '\0'; } >r
	bad "no time-stamp reply"
	: >r
	bad "no time-stamp reply"
	cp q r
	bad "bulla-custody: r: "
	# the last byte is one of the signature's
	last=$(tail -c 1 whole | xxd -p)
	{
		head -c $((size - 1)) whole
		printf '%02x' $((0x$last ^ 1)) | xxd -r -p
	} >r
	bad "signature is wrong"
	openssl ts -query -data file -md5 -cert -out md5 2>/dev/null
	sh "$TSA" tsa reply p256 md5 r
	bad "did not grant a time stamp (status 2): Message digest algorithm"
	head -c 70000 /dev/zero >r
	no 1 "r: " bulla-custody --home a stamp --reply r "$id"
}

@test "check: a token that was exchanged, and a note younger than its own" {
	[[ $BULLA_BIN != */asan/* ]] || skip "no preloading under a sanitizer"
	query
	sh "$TSA" tsa reply p256 q r
	custody stamp -q --reply r --tsa-ca tsa/ca.pem "$id"
	run --separate-stderr custody check "$id"
	[ "$status" -eq 1 ]
	[[ $output == *"our note 2 (store): the time stamp: not verified: give the authority's CA with --tsa-ca"* ]]
	ok custody check --tsa-ca tsa/ca.pem "$id"
	openssl ts -query -data file -sha256 -cert -out other 2>/dev/null
	sh "$TSA" tsa reply p256 other "$kept.tsr"
	run --separate-stderr custody check --tsa-ca tsa/ca.pem "$id"
	[ "$status" -eq 1 ]
	[[ $output == *"over another digest"* ]]
	run --separate-stderr custody show --tsa-ca tsa/ca.pem "$id"
	[[ $output == *"TIME STAMP: the token is over another"* ]]
	faketime -f '+1d' bulla-custody --home a add -s place=- -s purpose=- \
	    -s authority=- -s result=- -s storage=y "$id" store >3.note
	custody stamp --query q3 3.note
	sh "$TSA" tsa reply p256 q3 "a/custody/$id/0003-store.note.tsr"
	run --separate-stderr custody check --tsa-ca tsa/ca.pem "$id"
	[[ $output == *"note says that it is younger than its time stamp"* ]]
}

@test "export: the tokens go along, and are checked by hand" {
	query
	sh "$TSA" tsa reply rsa q r
	mkdir a/tsa
	cp tsa/ca.pem a/tsa
	custody stamp -q --reply r "$id"
	custody export -o x.tar "$id"
	tar -xf x.tar
	cd "custody-$id"
	cmp ../r ours/0002-store.note.tsr
	sed -n '/^How to check/,$ s/^    //p' README.txt >commands
	run sh -eu commands
	[ "$status" -eq 0 ]
	[[ $output == *"good ours/0002-store.note.tsr at 20"* ]]
	[[ $output != *WRONG* ]]
	cp ../tsa/foreign-ca.pem tsa/ca.pem
	run sh -u commands
	[[ $output == *"WRONG TIME STAMP"* ]]
}

@test "stamp: over HTTPS, and nowhere without TLS" {
	aid=$(cd "$BULLA_BIN/../aid" && pwd) || skip "no aids"
	[ -x "$aid/tlsreplay" ] || skip "no tlsreplay"
	query
	sh "$TSA" tsa reply p256 q r
	{
		printf 'HTTP/1.1 200 OK\r\nContent-Type: application/timestamp-reply\r\n'
		printf 'Content-Length: %d\r\n\r\n' "$(stat -c %s r)"
		cat r
	} >answer
	printf 'HTTP/1.1 403 no\r\nContent-Length: 0\r\n\r\n' >refuse
	"$aid/tlsreplay" pki/server.pem pki/server.key log refuse answer \
	    >port 3>&- &
	replay=$!
	until [ -s port ]; do kill -0 $replay; done
	url=https://localhost:$(cat port)/tsr
	set -- bulla-custody --home a stamp --url "$url" --tsa-ca tsa/ca.pem \
	    --cacert pki/ca.pem
	no 1 "answered 403" "$@" "$id"
	ok "$@" "$id"
	[[ $output == "stamped $id"* ]]
	cmp r "$kept.tsr"
	kill $replay
	grep -q '^POST /tsr HTTP/1.1' log
	grep -qi '^Content-Type: application/timestamp-query' log
	# stamped already: nobody is asked
	ok "$@" "$id"
	no 2 "only https is spoken" bulla-custody --home a stamp -f \
	    --url "http://localhost:$(cat port)/tsr" "$id"
}

@test "stamp: what to stamp, and how" {
	no 2 "which note?" bulla-custody --home a stamp --query q
	no 2 "one of --query FILE, --reply FILE and --url URL" \
	    bulla-custody --home a stamp "$id"
	no 2 "one of --query" bulla-custody --home a stamp --query q \
	    --reply r "$id"
	no 2 "one note at a time" bulla-custody --home a stamp --query q \
	    "$id" "$id"
	no 1 "no note of ours" bulla-custody --home a stamp --query q \
	    "$(printf '%032d' 0)"
	no 1 "file: " bulla-custody --home a stamp --query q file
	sed 's/shelf/floor/' 2.note >forged
	no 1 "that note is not kept" bulla-custody --home a stamp --query q \
	    forged
	no 3 "nowhere" bulla-custody --home a stamp --query q nowhere
	[ ! -e q ]
}
