#!/usr/bin/env bats
# bulla-inbox: the extensions of tus: bodies in a POST, lengths that come
# later, checksums, expiry.
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

TYPE='Content-Type: application/offset+octet-stream'

# post_with LENGTH FILE [OPTION...]: creation-with-upload; the path in UP
post_with() {
	local n=$1 file=$2
	shift 2
	ask /packages -X POST -H "Upload-Length: $n" -H "$TYPE" \
	    --data-binary "@$file" "$@"
	UP=$(field Location)
}

sum_of() {
	echo "sha256 $(openssl dgst -sha256 -binary <"$1" | openssl base64 -A)"
}

# at OFFSET: where HEAD says that the upload is
at() {
	ask "$UP" --head
	answered 200
	[ "$(field Upload-Offset)" = "$1" ] || {
		cat headers log
		return 1
	}
}

# on_disk: the bytes of the upload
on_disk() {
	cat "home/incoming/up-${UP#/packages/}/data"
}

@test "the first bytes come with the creation" {
	inbox
	printf hello >part
	post_with 10 part
	answered 201
	[ "$(field Upload-Offset)" = 5 ]
	[ -n "$(field Upload-Expires)" ]
	at 5
	[ "$(on_disk)" = hello ]
	printf world >part
	patch 5 part
	answered 204
	# All of it at once, and it is judged
	post_with "$(stat -c %s "$D/package")" "$D/package"
	answered 201
	[ "$(field Upload-Offset)" = "$(stat -c %s "$D/package")" ]
	receipt_of "$D/package"
	cmp home/packages/*.bulla "$D/package"
	# Chunked, without a word how much
	printf hello >part
	post_with 10 part -H 'Transfer-Encoding: chunked'
	answered 201
	at 5
}

@test "a creation with bytes that are wrong creates nothing" {
	inbox
	printf 'hello, world' >part
	post_with 10 part
	answered 413
	ask /packages -X POST -H 'Upload-Length: 20' --data-binary @part
	answered 415
	post_with 20 part -H 'Upload-Checksum: sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk='
	answered 400
	[ -z "$(find home/incoming -name 'up-*')" ]
	# Longer than said, and without a Content-Length: what fitted is kept
	post_with 10 part -H 'Transfer-Encoding: chunked'
	answered 413
	[ "$(logged event=created)" -eq 1 ]
}

@test "a creation that is repeated" {
	inbox
	meta="Upload-Metadata: sha256 $(sha "$D/package" | tr -d '\n' |
	    openssl base64 -A)"
	size=$(stat -c %s "$D/package")
	create "$size" -H "$meta"
	one=$UP
	head -c 100000 "$D/package" >part
	# Nothing was there: the bytes are taken
	post_with "$size" part -H "$meta"
	answered 201
	[ "$UP" = "$one" ]
	[ "$(field Upload-Offset)" = 100000 ]
	# Something was: the offset says where to go on
	post_with "$size" part -H "$meta"
	answered 201
	[ "$UP" = "$one" ]
	[ "$(field Upload-Offset)" = 100000 ]
	at 100000
	tail -c +100001 "$D/package" >rest
	patch 100000 rest
	answered 204
	receipt_of "$D/package"
	# All of it is: the same, without reading it again
	post_with "$size" "$D/package" -H "$meta"
	answered 201
	[ "$UP" = "/packages/$(sha "$D/package")" ]
	[ "$(field Upload-Offset)" = "$size" ]
}

@test "a length that comes later" {
	inbox --max-size 4000000
	ask /packages -X POST -H 'Upload-Defer-Length: 1'
	answered 201
	UP=$(field Location)
	ask "$UP" --head
	answered 200
	[ "$(field Upload-Defer-Length)" = 1 ]
	[ -z "$(field Upload-Length)" ]
	head -c 1000000 "$D/package" >part
	patch 0 part
	answered 204
	# It stands over a new start
	ends
	inbox --max-size 4000000
	ask "$UP" --head
	[ "$(field Upload-Offset)" = 1000000 ]
	[ "$(field Upload-Defer-Length)" = 1 ]
	size=$(stat -c %s "$D/package")
	tail -c +1000001 "$D/package" >rest
	# Too short for what is there, for the body, and too long altogether
	patch 1000000 rest -H 'Upload-Length: 999999'
	answered 413
	ask "$UP" -X PATCH -H "$TYPE" -H 'Upload-Offset: 1000000' \
	    -H 'Upload-Length: 999999'
	answered 400
	patch 1000000 rest -H "Upload-Length: $((size - 1))"
	answered 413
	patch 1000000 rest -H 'Upload-Length: 4000001'
	answered 413
	ask "$UP" --head
	[ "$(field Upload-Defer-Length)" = 1 ]
	# Without a body it may be said too, and then it stands
	: >none
	patch 1000000 none -H "Upload-Length: $size"
	answered 204
	ask "$UP" --head
	[ "$(field Upload-Length)" = "$size" ]
	[ -z "$(field Upload-Defer-Length)" ]
	patch 1000000 rest -H "Upload-Length: $((size + 1))"
	answered 400
	patch 1000000 rest -H "Upload-Length: $size"
	answered 204
	receipt_of "$D/package"
}

@test "a length that comes with the last bytes, or after them" {
	inbox
	size=$(stat -c %s "$D/package")
	ask /packages -X POST -H 'Upload-Defer-Length: 1' -H "$TYPE" \
	    --data-binary "@$D/package"
	answered 201
	UP=$(field Location)
	[ "$(field Upload-Offset)" = "$size" ]
	ask "/receipts/$(sha "$D/package")"
	answered 404
	: >none
	patch "$size" none -H "Upload-Length: $size"
	answered 204
	receipt_of "$D/package"
	ask /packages -X POST -H 'Upload-Defer-Length: 1'
	UP=$(field Location)
	patch 0 "$D/big" -H "Upload-Length: $(stat -c %s "$D/big")"
	answered 204
	receipt_of "$D/big"
}

# refused FILE TEXT: from a pipe; its digest then answers 422 and why
refused() {
	ask /packages -X POST -H 'Upload-Defer-Length: 1'
	answered 201
	UP=$(field Location)
	patch 0 "$1" -H "Upload-Length: $(stat -c %s "$1")"
	answered 204
	for ((i = 0; i < 100; i++)); do
		ask "/receipts/$(sha "$1")"
		grep -q '^HTTP/1.1 202' headers || break
		sleep 0.1
	done
	answered 422
	grep -q "$2" body
	AS=other ask "/receipts/$(sha "$1")"
	answered 404
}

@test "of a deferred length, and refused without a note: 422 and why" {
	inbox
	head -c 200000 /dev/zero >junk
	refused junk 'not a bulla package'
	head -c 100000 "$D/package" >short
	refused short 'ends'
	"$BULLA_BIN/bulla-keygen" sign -n x.example/sealer -o x.key >/dev/null
	"$BULLA_BIN/bulla-seal" -q -i x.key -R "$D/desk.age.pub" \
	    -o strange "$D/r.key.pub" >/dev/null
	refused strange 'none of the known keys'
	# It is an answer like any: kept over a new start
	ends
	inbox
	ask "/receipts/$(sha strange)"
	answered 422
	[ -z "$(find home/incoming -name 'up-*')" ]
}

@test "of a deferred length what has arrived counts" {
	inbox --max-size 1000
	ask /packages -X POST -H 'Upload-Defer-Length: 1'
	UP=$(field Location)
	head -c 1001 /dev/zero >part
	patch 0 part
	answered 413
	head -c 600 /dev/zero >part
	patch 0 part
	answered 204
	patch 600 part
	answered 413
	patch 600 part -H 'Transfer-Encoding: chunked'
	answered 413
	at 600
}

# stored PATH: the bytes that the upload has
stored() {
	ask "$1" --head
	answered 200
	field Upload-Offset
}

@test "two uploads of deferred length that are fed at once share one limit" {
	inbox --client-limit bytes=20M
	local fd paths=() feed=() answer=() n=0 i line
	# Both are let in before either has a byte
	for i in 0 1; do
		ask /packages -X POST -H 'Upload-Defer-Length: 1'
		paths[i]=$(field Location)
		mkfifo "in$i" "out$i"
		(timeout 60 openssl s_client -quiet -connect "127.0.0.1:$PORT" \
		    -CAfile "$D/tls/ca.pem" -cert "$D/tls/client.pem" \
		    -key "$D/tls/client.key" <"in$i" >"out$i" 2>/dev/null || :) 3>&- &
		exec {fd}>"in$i"
		printf '%s\r\n' "PATCH ${paths[i]} HTTP/1.1" 'Host: x' \
		    'Tus-Resumable: 1.0.0' 'Upload-Offset: 0' "$TYPE" \
		    'Content-Length: 20000000' 'Expect: 100-continue' '' >&"$fd"
		feed[i]=$fd
		exec {fd}<"out$i"
		answer[i]=$fd
		read -r line <&"$fd"
		[ "$line" = $'HTTP/1.1 100 Continue\r' ]
	done
	for i in 0 1; do
		head -c 20000000 /dev/zero >&"${feed[i]}" || :
	done
	for i in 0 1; do
		grep -m 1 '^HTTP' <&"${answer[i]}" >>answers || :
		n=$((n + $(stored "${paths[i]}")))
	done
	cat answers
	echo "$n stored"
	[ "$n" -le 20971520 ]
	[ "$n" -ge 19000000 ]
	[ "$(grep -c '^HTTP/1.1 204' answers)" -le 1 ]
	[ "$(logged 'status=429')" -ge 1 ]
}

@test "a piece is kept only if it fits its checksum" {
	inbox
	create 10
	printf hello >part
	printf HELLO >other
	patch 0 part -H "Upload-Checksum: $(sum_of other)"
	answered 460
	at 0
	[ "$(stat -c %s "home/incoming/up-${UP#/packages/}/data")" -eq 0 ]
	patch 0 part -H "Upload-Checksum: $(sum_of part)"
	answered 204
	[ "$(field Upload-Offset)" = 5 ]
	# Also when nothing comes
	: >none
	patch 5 none -H "Upload-Checksum: $(sum_of part)"
	answered 460
	patch 5 none -H "Upload-Checksum: $(sum_of none)"
	answered 204
	for v in 'sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk=' 'md5 x' sha256 \
	    'sha256 abc' "$(sum_of part)," ''; do
		patch 5 part -H "Upload-Checksum:${v:+ }$v" -H 'X: y'
		[ -z "$v" ] || answered 400
	done
	at 10
	ask "$UP" -X DELETE || :
	# With the creation: the upload is there, the bytes are not
	post_with 10 part -H "Upload-Checksum: $(sum_of other)"
	answered 460
	post_with 10 part -H "Upload-Checksum: $(sum_of part)"
	answered 201
	[ "$(field Upload-Offset)" = 5 ]
	grep -q 'status=460 reason="the body has another SHA-256' log
}

@test "a long piece that does not fit leaves what was before it" {
	inbox
	size=$(stat -c %s "$D/big")
	create "$size"
	head -c 3000000 "$D/big" >first
	tail -c +3000001 "$D/big" >rest
	patch 0 first
	answered 204
	patch 3000000 rest -H "Upload-Checksum: $(sum_of first)"
	answered 460
	at 3000000
	on_disk | cmp - first
	patch 3000000 rest -H "Upload-Checksum: $(sum_of rest)"
	answered 204
	receipt_of "$D/big"
}

@test "of a piece that was cut off, taken over or killed nothing is kept" {
	inbox
	create 20000000
	head -c 1000000 /dev/zero >first
	head -c 19000000 /dev/zero >rest
	patch 0 first
	sum=$(sum_of rest)
	# The rate makes it last; it is cut off by a second request
	patch 1000000 rest -H "Upload-Checksum: $sum" --limit-rate 4M \
	    >/dev/null 2>&1 3>&- &
	curl=$!
	pids="$pids $curl"
	data=home/incoming/up-${UP#/packages/}/data
	for _ in $(seq 100); do
		[ "$(stat -c %s "$data")" -gt 12000000 ] && break
		sleep 0.1
	done
	at 1000000
	wait "$curl" || :
	[ "$(stat -c %s "$data")" -eq 1000000 ]
	# and here with the inbox itself
	patch 1000000 rest -H "Upload-Checksum: $sum" --limit-rate 4M \
	    >/dev/null 2>&1 3>&- &
	curl=$!
	pids="$pids $curl"
	for _ in $(seq 100); do
		[ "$(stat -c %s "$data")" -gt 12000000 ] && break
		sleep 0.1
	done
	ends KILL || :
	wait "$curl" || :
	inbox
	at 1000000
	patch 1000000 rest -H "Upload-Checksum: $sum"
	answered 204
	[ "$(field Upload-Offset)" = 20000000 ]
}

@test "an upload that stands still is removed" {
	inbox --expire 1
	create 10
	[[ $(field Upload-Expires) == *GMT ]]
	for _ in $(seq 100); do
		[ "$(logged event=expired)" -eq 1 ] && break
		sleep 0.1
	done
	ask "$UP" --head
	answered 410
	printf hello >part
	patch 0 part
	answered 410
	ask "$UP" -X DELETE
	answered 410
	# For others it was never there
	AS=other ask "$UP" --head
	answered 404
	[ -z "$(find home/incoming -name 'up-*')" ]
}

@test "an hour is left to what an earlier run began, whatever the clock says" {
	inbox
	create 10
	ends
	touch -d '2001-01-01' "home/incoming/up-${UP#/packages/}/offset"
	inbox
	at 0
	then=$(date -d "$(field Upload-Expires)" +%s)
	now=$(date +%s)
	[ "$then" -gt $((now + 3000)) ]
	[ "$then" -le $((now + 3600)) ]
	ends
	touch -d '2090-01-01' "home/incoming/up-${UP#/packages/}/offset"
	inbox
	at 0
	then=$(date -d "$(field Upload-Expires)" +%s)
	[ "$then" -le $((now + 7 * 86400 + 60)) ]
}

@test "what was judged or deleted holds no room on the disk" {
	inbox
	create 10
	ask "$UP" -X DELETE
	answered 204
	send -q -u "$URL" "$D/package"
	for _ in $(seq 100); do
		: >open
		for p in "$INBOX" $(ps -o pid= --ppid "$INBOX"); do
			find "/proc/$p/fd" -lname '*/data (deleted)' >>open
		done
		[ -s open ] || break
		sleep 0.1
	done
	[ ! -s open ]
}

@test "the disk is full in the middle of a body of deferred length" {
	small_home 110m
	inbox
	ask /packages -X POST -H 'Upload-Defer-Length: 1'
	answered 201
	UP=$(field Location)
	head -c 60000000 /dev/zero >part
	# The answer is lost where curl is still sending when it is cut
	patch 0 part 2>/dev/null || :
	until_logged 'status=507'
	ask "$UP" --head
	at=$(field Upload-Offset)
	[ "$at" -gt 0 ]
	[ "$at" -lt 60000000 ]
	free=$(df --output=avail -B1 home | tail -n 1)
	[ "$free" -gt 20000000 ]
	mount -o remount,size=400m home
	tail -c "+$((at + 1))" part >rest
	patch "$at" rest
	answered 204
	[ "$(field Upload-Offset)" = 60000000 ]
	ends
}

# bats test_tags=slow
@test "of uploads that are over only the newest stay in memory" {
	inbox --client-limit requests=0,uploads=0
	local i first
	create 1
	first=$UP
	head -c 1 /dev/zero >part
	patch 0 part
	answered 204
	# Garbage, judged at once; one connection after the other's answers
	for i in $(seq 1100); do
		printf 'POST /packages HTTP/1.1\r\nHost: x\r\n'
		printf 'Tus-Resumable: 1.0.0\r\nUpload-Length: 1\r\n'
		printf '%s\r\nContent-Length: 1\r\n' "$TYPE"
		[ "$i" -lt 1100 ] || printf 'Connection: close\r\n'
		printf '\r\nx'
	done >many
	timeout 300 openssl s_client -quiet -connect "127.0.0.1:$PORT" \
	    -CAfile "$D/tls/ca.pem" -cert "$D/tls/client.pem" \
	    -key "$D/tls/client.key" <many >answers 2>/dev/null || :
	[ "$(grep -ac '^HTTP/1.1 201' answers)" -eq 1100 ]
	for _ in $(seq 300); do
		[ "$(logged event=judged)" -lt 1101 ] || break
		sleep 0.1
	done
	[ "$(logged event=judged)" -eq 1101 ]
	for _ in $(seq 100); do
		ask "$first" --head
		! grep -q '^HTTP/1.1 404' headers || break
		sleep 0.1
	done
	answered 404
}
