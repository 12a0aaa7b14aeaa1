#!/usr/bin/env bats
# Objects in a bucket, at a store that does wrong what it is told to do wrong
# (tests/lib/s3liar.py). Real stores: tests/interop/ceph.sh and swift.sh.
bats_require_minimum_version 1.5.0

setup_file() {
	: "${BULLA_BIN:=$BATS_TEST_DIRNAME/../../build/release/bin}"
	BULLA_BIN=$(cd "$BULLA_BIN" && pwd)
	cd "$BATS_FILE_TMPDIR" || return 1
	TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	export TOP BULLA_BIN
	sh "$TOP/tests/lib/pki.sh" tls
	"$BULLA_BIN/bulla-keygen" sign -n a.example/sealer -o s.key >/dev/null
	"$BULLA_BIN/bulla-keygen" age -o desk.age >/dev/null
	head -c 1000000 /dev/urandom >little
	head -c 21000000 /dev/urandom >lot
	for f in little lot; do
		"$BULLA_BIN/bulla-seal" -q -i s.key -R desk.age.pub \
		    -o $f.bulla $f >/dev/null
	done
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	D=$BATS_FILE_TMPDIR
	export HOME=$PWD
	mkfifo port
	/usr/bin/python3 "$TOP/tests/lib/s3liar.py" "$D/tls" . >port 2>liar \
	    3>&- &
	LIAR=$!
	read -r PORT <port
	(umask 077 && cat >s3.conf) <<-END
	endpoint: https://localhost:$PORT
	region: eu-1
	access: me
	secret: CANARY4711
	ca: $D/tls/ca.pem
	part-size: 5M
	parallel: 2
	END
	: >log
}

teardown() {
	kill "$LIAR"
}

send() {
	run --separate-stderr "$BULLA_BIN/bulla-send" --s3-conf s3.conf \
	    --attempts 3 --no-receipt -u "$@"
}

fetch() {
	run --separate-stderr "$BULLA_BIN/bulla-fetch" --s3-conf s3.conf \
	    --attempts 3 -K "$D/s.key.pub" -o got "$@"
}

# is STATUS WORDS: the last run's, and words on standard error ("" for any)
is() {
	# shellcheck disable=SC2154 # bats sets them
	[ "$status" -eq "$1" ] || { echo "$status: $output $stderr"; false; }
	[[ $stderr == *"$2"* ]] || { echo "$stderr"; false; }
	[[ $output$stderr != *CANARY* ]]
}

# there FILE: key k is this, by a store that does nothing wrong now
there() {
	rm -f faults got
	fetch s3://abc/k
	is 0 ""
	cmp got "$1"
}

count() {
	grep -c -e "$1" log
}

@test "one part: stored once, and known again" {
	send s3://abc/k "$D/little.bulla"
	is 0 "nothing was there before (If-None-Match)"
	[[ $output == "sent, no receipt: sha256 "* ]]
	send s3://abc/k "$D/little.bulla"
	is 0 "nothing was sent"
	[ "$(count ^PUT)" -eq 1 ]
	there "$D/little.bulla"
	send s3://abc/k "$D/lot.bulla"
	is 1 "another object is there, of $(stat -c %s "$D/little.bulla") bytes"
	there "$D/little.bulla"
}

@test "one part: the answer is lost, or late, or not now" {
	echo '1 PUT k drop-after' >faults
	send s3://abc/k "$D/little.bulla"
	is 0 "was there"
	grep -q 'PUT /abc/k 412' log
	printf '%s\n' '1 PUT two status 503 SlowDown' '1 PUT two drop-before' \
	    >faults
	send s3://abc/two "$D/little.bulla"
	is 0 "503 SlowDown: by order; again in"
	[ "$(count 'PUT /abc/two')" -eq 3 ]
	echo '9 PUT three status 500 InternalError' >faults
	send s3://abc/three "$D/little.bulla"
	is 5 "given up after 3 failures in a row"
	[ "$(count 'PUT /abc/three')" -eq 3 ]
	echo '1 PUT four retry 1000' >faults
	send s3://abc/four --deadline 100 "$D/little.bulla"
	is 5 "the deadline comes before the next attempt"
}

@test "one part: a store without conditions" {
	echo '1 PUT k status 501 NotImplemented' >faults
	send s3://abc/k "$D/little.bulla"
	is 0 "nothing was there when we looked before"
	there "$D/little.bulla"
}

@test "one part: somebody was quicker" {
	send s3://abc/k "$D/lot.bulla"
	echo '1 HEAD k status 404 NoSuchKey' >faults
	send s3://abc/k "$D/little.bulla"
	is 1 "it is not overwritten"
	there "$D/lot.bulla"
}

@test "parts: all of them, once each" {
	send s3://abc/k "$D/lot.bulla"
	is 0 "the store has checked the SHA-256 of every part"
	[ "$(count 'PUT .*partNumber=')" -eq 5 ]
	grep -q 'uploadId=up%2F1%2B%3D' log
	[ -z "$(ls .bulla/s3)" ]
	there "$D/lot.bulla"
}

@test "parts: each answer lost, late or wrong" {
	printf '%s\n' '1 POST uploads= drop-after' \
	    '1 PUT partNumber=2 drop-after' \
	    '1 PUT partNumber=3 status 503 SlowDown' \
	    '1 POST uploadId= late' >faults
	send s3://abc/k "$D/lot.bulla"
	is 0 "200 InternalError: by order; again in"
	there "$D/lot.bulla"
	echo '1 POST uploadId= drop-after' >faults
	send s3://abc/two "$D/lot.bulla"
	is 0 "stored as"
	grep -q 'POST /abc/two?uploadId=.* 404' log
}

@test "parts: killed, resumed, and only what both sides know" {
	echo '999 PUT partNumber=[45] status 503 SlowDown' >faults
	send s3://abc/k "$D/lot.bulla"
	is 5 "given up"
	[ "$(grep -c '^[0-9]' .bulla/s3/*)" -eq 3 ]
	rm faults
	: >log
	send s3://abc/k "$D/lot.bulla"
	is 0 "15728640 bytes were there from an earlier run"
	[ "$(count 'PUT .*partNumber=')" -eq 2 ]
	[ "$(count 'GET .*part-number-marker=')" -eq 2 ]
	there "$D/lot.bulla"
}

@test "parts: ETags that are not those that we were given" {
	echo '999 PUT partNumber=5 status 503 SlowDown' >faults
	send s3://abc/k "$D/lot.bulla"
	is 5 "given up"
	echo '9 GET uploadId= other-etags' >faults
	: >log
	send s3://abc/k "$D/lot.bulla"
	is 0 "stored as"
	[[ $stderr != *"earlier run"* ]]
	[ "$(count 'PUT .*partNumber=')" -eq 5 ]
	there "$D/lot.bulla"
}

@test "parts: a state that was damaged costs sending again, no more" {
	echo '999 PUT partNumber=5 status 503 SlowDown' >faults
	send s3://abc/k "$D/lot.bulla"
	is 5 "given up"
	rm faults
	echo 'rubbish' >"$(echo .bulla/s3/*)"
	: >log
	send s3://abc/k "$D/lot.bulla"
	is 0 "stored as"
	[ "$(count 'PUT .*partNumber=')" -eq 5 ]
	there "$D/lot.bulla"
}

@test "parts: the store loses the upload, again and again" {
	echo '1 PUT partNumber=4 status 404 NoSuchUpload' >faults
	send s3://abc/k "$D/lot.bulla"
	is 0 "stored as"
	[ "$(count 'POST /abc/k?uploads=')" -eq 2 ]
	there "$D/lot.bulla"
	echo '99 PUT partNumber=4 status 404 NoSuchUpload' >faults
	send s3://abc/two "$D/lot.bulla"
	is 5 "the store has lost the upload"
	[ "$(count 'POST /abc/two?uploads=')" -eq 3 ]
}

@test "parts: the bucket goes" {
	echo '99 PUT partNumber=[345] status 404 NoSuchBucket' >faults
	send s3://abc/k "$D/lot.bulla"
	is 1 "the bucket is not there (or no longer)"
}

@test "fetch: ranges that break, shift or end early" {
	send s3://abc/k "$D/lot.bulla"
	printf '%s\n' '1 GET k short' '1 GET k wrong-range' \
	    '1 GET k drop-before' '1 GET k status 503 SlowDown' >faults
	# chance may give all of them to one range
	fetch --attempts 9 s3://abc/k
	is 0 "again in"
	cmp got "$D/lot.bulla"
}

@test "fetch: another version, no versions, no ranges, damage" {
	send s3://abc/k "$D/lot.bulla"
	echo '1 GET k other-etag' >faults
	fetch s3://abc/k
	is 0 ""
	[ "$(count 'HEAD /abc/k 200')" -ge 3 ]
	rm got
	echo '99 GET k other-etag' >faults
	fetch s3://abc/k
	is 5 "the object has changed"
	echo '99 GET k no-ranges' >faults
	fetch s3://abc/k
	is 1 "the store has no ranges"
	[ ! -e got ]
	echo '1 GET k flip' >faults
	rm -f got.part*
	fetch s3://abc/k
	is 0 "fetched once more"
	cmp got "$D/lot.bulla"
	rm got
	echo '99 GET k flip' >faults
	fetch s3://abc/k
	is 1 "what came is left in got.part"
	[ ! -e got ]
}

@test "fetch: it does not verify, is not there, is no object" {
	fetch s3://abc/none
	is 1 "no such object"
	fetch s3://abc/
	is 2 "the URL names no object"
	fetch s3://ab/k
	is 2 "3 to 63"
	fetch 's3://abc/a/../k'
	is 2 "a key has"
	[ ! -e got ]
}

@test "hostile answers" {
	head -c 5000000 /dev/zero >huge
	printf '<InitiateMultipartUploadResult><UploadId>a b</UploadId></Ini' \
	    >"cut"
	printf '<!DOCTYPE a [<!ENTITY b "c">]><InitiateMultipartUploadResult>' \
	    >entity
	for f in huge cut entity; do
		echo "99 POST uploads= file $f" >faults
		send s3://abc/k "$D/lot.bulla"
		is 1 "the store"
	done
	echo '1 PUT k status 400 Bad' >faults
	send s3://abc/k "$D/little.bulla"
	is 1 "the object was not stored: the store answered 400 Bad: by order"
	echo '1 PUT k status 307 TemporaryRedirect' >faults
	send s3://abc/k "$D/little.bulla"
	is 1 "redirects are not followed"
}

@test "what a bucket cannot do" {
	for o in --cosign --dry-run "-i x" "--note x"; do
		# shellcheck disable=SC2086 # two words
		run --separate-stderr "$BULLA_BIN/bulla-send" \
		    --s3-conf s3.conf -u s3://abc/p/ -K "$D/s.key.pub" $o
		is 2 ""
	done
	run --separate-stderr "$BULLA_BIN/bulla-send" --s3-conf s3.conf \
	    -u s3://abc/k -K "$D/s.key.pub" "$D/little.bulla"
	is 2 "a receipt is waited for below a prefix"
	send s3://abc/p/ "$D/little"
	is 2 "no name of its own"
	rm s3.conf
	send s3://abc/k "$D/little.bulla"
	is 3 "s3.conf"
	run --separate-stderr "$BULLA_BIN/bulla-send" --no-receipt \
	    -u s3://abc/k "$D/little.bulla"
	is 3 ".bulla/s3.conf"
	[ ! -s log ]
}
