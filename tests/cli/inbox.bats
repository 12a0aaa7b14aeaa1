#!/usr/bin/env bats
# bulla-inbox: who gets in, what it answers, what it survives.
# shellcheck disable=SC2154,SC2030,SC2031 # run sets stderr; tests are subshells
# shellcheck disable=SC2059 # requests are put together in printf formats
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

# not_let_in CURL_OPTION...: no request is looked at, no body byte taken
not_let_in() {
	run curl -sS --max-time 10 --cacert "$D/tls/ca.pem" "$@" \
	    -X POST -H 'Tus-Resumable: 1.0.0' -H 'Upload-Length: 5' \
	    --data-binary hello "$URL/packages"
	echo "$* gave $status: $output"
	[ "$status" -ne 0 ]
	run grep -E 'client=[0-9a-f]{64}|event=created|event=refused' log
	echo "$output"
	[ "$status" -eq 1 ]
	[ -z "$(find home/incoming -name 'up-*')" ]
}

@test "TLS: without the right certificate nobody gets in" {
	inbox
	not_let_in
	for c in foreign expired usage self; do
		not_let_in --cert "$D/tls/$c.pem" --key "$D/tls/$c.key"
	done
	# A good certificate with somebody else's key, and the CA's own
	not_let_in --cert "$D/tls/client.pem" --key "$D/tls/other.key"
	not_let_in --cert "$D/tls/ca.pem" --key "$D/tls/ca.key"
	# Another authority's chain with our authority appended
	cat "$D/tls/foreign.pem" "$D/tls/ca.pem" >chain.pem
	not_let_in --cert chain.pem --key "$D/tls/foreign.key"
	# Older versions, and a cipher that is none
	for v in 1.0 1.1 1.2; do
		not_let_in --tls-max "$v" --cert "$D/tls/client.pem" \
		    --key "$D/tls/client.key"
	done
	# No TLS at all
	run curl -sS --max-time 5 "http://127.0.0.1:$PORT/packages"
	[ "$status" -ne 0 ]
	[ "$(logged event=tls-refused)" -ge 4 ]
	ask /packages -X OPTIONS
	answered 204
}

@test "TLS: the parameters offered are those that were decided" {
	inbox
	offer() {
		openssl s_client -connect "127.0.0.1:$PORT" -brief \
		    -CAfile "$D/tls/ca.pem" -cert "$D/tls/client.pem" \
		    -key "$D/tls/client.key" "$@" </dev/null 2>&1
	}
	offer -groups X25519 | grep -q 'Protocol version: TLSv1.3'
	offer -groups P-256 | grep -q 'Protocol version: TLSv1.3'
	run offer -groups P-384
	[ "$status" -ne 0 ]
	run offer -groups ffdhe2048
	[ "$status" -ne 0 ]
	run offer -tls1_2
	[ "$status" -ne 0 ]
}

@test "what is said of the server itself" {
	inbox --max-size 5M
	ask /packages -X OPTIONS
	answered 204
	[ "$(field Tus-Version)" = 1.0.0 ]
	[ "$(field Tus-Extension)" = creation,creation-with-upload,creation-defer-length,checksum,termination,expiration ]
	[ "$(field Tus-Checksum-Algorithm)" = sha256 ]
	[ "$(field Bulla-Free)" = 5242880 ]
	[ "$(field Tus-Max-Size)" = 5242880 ]
}

@test "an upload, step by step" {
	inbox
	create 10
	ask "$UP" --head
	answered 200
	[ "$(field Upload-Offset)" = 0 ]
	[ "$(field Upload-Length)" = 10 ]
	[ "$(field Cache-Control)" = no-store ]
	[ "$(field Tus-Resumable)" = 1.0.0 ]
	printf hello >part
	patch 0 part
	answered 204
	[ "$(field Upload-Offset)" = 5 ]
	patch 3 part
	answered 409
	[ "$(field Upload-Offset)" = 5 ]
	patch 6 part
	answered 409
	printf '' >none
	patch 5 none
	answered 204
	[ "$(field Upload-Offset)" = 5 ]
	ask "$UP" --head
	[ "$(field Upload-Offset)" = 5 ]
	[ "$(cat "home/incoming/up-${UP#/packages/}/data")" = hello ]
	ask "$UP" -X DELETE
	answered 204
	ask "$UP" --head
	answered 404
	ask "$UP" -X DELETE
	answered 404
	[ -z "$(find home/incoming -name 'up-*')" ]
}

@test "headers that are wrong" {
	inbox
	create 10
	printf hello >part
	ask "$UP" -X PATCH -H 'Upload-Offset: 0' \
	    -H 'Content-Type: text/plain' --data-binary @part
	answered 415
	ask "$UP" -X PATCH --data-binary @part \
	    -H 'Content-Type: application/offset+octet-stream'
	answered 400
	TUS=0.2.2 ask "$UP" --head
	answered 412
	[ "$(field Tus-Version)" = 1.0.0 ]
	TUS='' ask "$UP" --head
	answered 412
	for v in -1 +1 01 1e3 0x10 '' 1,1 99999999999999999999; do
		patch "$v" part
		answered 400
	done
	patch 9223372036854775808 part
	answered 413
	for v in -5 5.0 ten; do
		ask /packages -X POST -H "Upload-Length: $v"
		answered 400
	done
	ask /packages -X POST
	answered 400
	ask /packages -X POST -H 'Upload-Length: 0'
	answered 400
	for v in 0 2 '' yes; do
		ask /packages -X POST -H "Upload-Defer-Length: $v"
		answered 400
	done
	ask /packages -X POST -H 'Upload-Defer-Length: 1' \
	    -H 'Upload-Length: 10'
	answered 400
	ask /packages -X POST -H 'Upload-Length: 10' \
	    -H 'Upload-Metadata: a b!,c'
	answered 400
	ask "$UP" --head
	[ "$(field Upload-Offset)" = 0 ]
}

@test "paths and methods that are none" {
	inbox
	create 10
	for p in / /packages/ /packages/x /x/../packages /packages/../packages \
	    "/packages/./${UP#/packages/}" "$UP/" "$UP?x=1" "$UP%00" \
	    "/packages/%2e%2e/x" "/PACKAGES/${UP#/packages/}" \
	    "//packages" /packages/../../etc/passwd /receipts/ /receipts/.. \
	    "/receipts/$(sha "$D/package" | tr a-f A-F)"; do
		ask "$p" --head
		answered 404
	done
	ask "$UP" -X GET
	answered 405
	ask "$UP" -X POST -H 'Upload-Length: 10'
	answered 405
	ask /packages -X PUT
	answered 405
	ask /packages -X TRACE
	answered 405
	ask "/receipts/$(sha "$D/package")" -X DELETE
	answered 405
	ask "/receipts/$(sha "$D/package")"
	answered 404
	ask "$UP" --head
	answered 200
}

# only_answer STATUS FILE: no other status, and the connection is closed.
# (libmicrohttpd 0.9.75 writes the head of some of its own refusals twice.)
only_answer() {
	raw "$2" >out || {
		echo "$2: exit status $?"
		return 1
	}
	echo "$2: $(grep '^HTTP/1' out)"
	grep -q "^HTTP/1.1 $1 " out
	! grep '^HTTP/1' out | grep -qv "^HTTP/1.1 $1 "
}

@test "requests that two readers could understand differently" {
	inbox
	create 40
	h="Host: x\r\nTus-Resumable: 1.0.0\r\n"
	p="PATCH $UP HTTP/1.1\r\n${h}Upload-Offset: 0\r\nContent-Type: application/offset+octet-stream\r\n"
	second="DELETE $UP HTTP/1.1\r\n$h\r\n"
	# Two lengths, also equal ones; length beside chunked; odd encodings
	printf "${p}Content-Length: 5\r\nContent-Length: 70\r\n\r\nhello$second" >two
	printf "${p}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello$second" >same
	printf "${p}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n$second" >clte
	printf "${p}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n$second" >tecl
	printf "${p}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n$second" >gzip
	printf "${p}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n$second" >tete
	printf "${p}Content-Length: +5\r\n\r\nhello$second" >plus
	printf "${p}Content-Length: 5,5\r\n\r\nhello$second" >comma
	printf "${p}Content-Length: -5\r\n\r\nhello$second" >minus
	printf "${p}Upload-Offset: 0\r\nContent-Length: 5\r\n\r\nhello$second" >offsets
	printf "HEAD $UP HTTP/1.1\r\n${h}Host: y\r\n\r\n$second" >hosts
	printf "HEAD $UP\\\\0/x HTTP/1.1\r\n$h\r\n$second" | sed 's/\\0/\x00/' >nul
	printf "HEAD $UP HTTP/1.0\r\n$h\r\n$second" >old
	printf "${p}Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n$second" >chunk
	for f in two same clte tecl gzip tete plus comma minus offsets hosts \
	    nul old chunk; do
		only_answer 400 "$f"
	done
	printf "HEAD $UP HTTP/1.1\r\nTus-Resumable: 1.0.0\r\n\r\n$second" >nohost
	only_answer 400 nohost
	# A request with a body that may not have one, and what follows it
	n=$(printf "$second" | wc -c)
	printf "HEAD $UP HTTP/1.1\r\n${h}Content-Length: $n\r\n\r\n${second}HEAD $UP HTTP/1.1\r\n${h}Connection: close\r\n\r\n" >bodied
	raw bodied >out
	grep '^HTTP/1.1 ' out | tr -d '\r' >lines
	printf 'HTTP/1.1 400 Bad Request\nHTTP/1.1 200 OK\n' | cmp - lines
	# None of it did anything
	ask "$UP" --head
	answered 200
	[ "$(field Upload-Offset)" = 0 ]
}

@test "header bombs" {
	inbox
	{
		printf 'HEAD /packages HTTP/1.1\r\nHost: x\r\n'
		for i in $(seq 3000); do
			printf 'X-%d: %040d\r\n' "$i" "$i"
		done
		printf '\r\n'
	} >many
	{
		printf 'HEAD /packages HTTP/1.1\r\nHost: x\r\nX: '
		head -c 200000 /dev/zero | tr '\0' x
		printf '\r\n\r\n'
	} >long
	{
		printf 'HEAD /'
		head -c 200000 /dev/zero | tr '\0' x
		printf ' HTTP/1.1\r\nHost: x\r\n\r\n'
	} >uri
	for f in many long uri; do
		raw "$f" >out || :
		! grep -q '^HTTP/1.1 2' out
	done
	ask /packages -X OPTIONS
	answered 204
}

@test "others know nothing of an upload or a receipt" {
	inbox
	create 100
	printf hello >part
	AS=other ask "$UP" --head
	answered 404
	AS=other patch 0 part
	answered 404
	AS=other ask "$UP" -X DELETE
	answered 404
	send -q -u "$URL" "$D/package"
	digest=$(sha "$D/package")
	ask "/receipts/$digest"
	answered 200
	grep -qx 'event: receive' body
	AS=other ask "/receipts/$digest"
	answered 404
	AS=other ask "/packages/$digest" --head
	answered 404
	# A new certificate for the same key is the same client
	cp "$D/tls/client.key" "$D/tls/renewed.key"
	AS=renewed ask "/receipts/$digest"
	answered 200
	AS=renewed ask "$UP" --head
	answered 200
}

@test "the same package again is found by its digest, and only by its owner" {
	inbox
	meta="Upload-Metadata: name eA==,sha256 $(sha "$D/package" |
	    tr -d '\n' | openssl base64 -A)"
	size=$(stat -c %s "$D/package")
	create "$size" -H "$meta"
	one=$UP
	create "$size" -H "$meta"
	[ "$UP" = "$one" ]
	create $((size + 1)) -H "$meta"
	[ "$UP" != "$one" ]
	AS=other create "$size" -H "$meta"
	[ "$UP" != "$one" ]
	UP=$one
	patch 0 "$D/package"
	answered 204
	for _ in $(seq 50); do
		ask "/receipts/$(sha "$D/package")"
		grep -q '^HTTP/1.1 200' headers && break
		answered 202
		sleep 0.1
	done
	create "$size" -H "$meta"
	[ "$UP" = "/packages/$(sha "$D/package")" ]
	ask "$UP" --head
	answered 200
	[ "$(field Upload-Offset)" = "$size" ]
	# The upload itself still says that all is there
	ask "$one" --head
	answered 200
	[ "$(field Upload-Offset)" = "$size" ]
}

@test "while one upload is judged, another that claims its digest hides nothing" {
	inbox
	sum=$(sha "$D/package")
	size=$(stat -c %s "$D/package")
	meta="Upload-Metadata: sha256 $(printf %s "$sum" | openssl base64 -A)"
	for extra in 1 2 3; do
		create $((size + extra)) -H "$meta"
	done
	create "$size" -H "$meta"
	# Begun last, it would be the first to be looked at
	one=$UP
	create $((size + 4)) -H "$meta"
	create "$size" -H "$meta"
	[ "$UP" = "$one" ]
	# The question follows the last byte on the same connection
	same=(-sS --max-time 20 --cacert "$D/tls/ca.pem"
	    --cert "$D/tls/client.pem" --key "$D/tls/client.key"
	    -w '%{http_code}\n' -o /dev/null)
	run curl "${same[@]}" -X PATCH -H 'Tus-Resumable: 1.0.0' \
	    -H 'Upload-Offset: 0' \
	    -H 'Content-Type: application/offset+octet-stream' \
	    --data-binary "@$D/package" "$URL$one" --next "${same[@]}" \
	    "$URL/receipts/$sum" --next "${same[@]}" "$URL/receipts/$sum"
	[ "$status" -eq 0 ]
	echo "$output"
	[[ "$output" =~ ^204.20[02].20[02]$ ]]
}

@test "a digest that the bytes do not have" {
	inbox
	meta="Upload-Metadata: sha256 $(printf '%064d' 7 | openssl base64 -A)"
	create "$(stat -c %s "$D/package")" -H "$meta"
	patch 0 "$D/package"
	answered 204
	for _ in $(seq 50); do
		ask "/receipts/$(printf '%064d' 7)"
		grep -q '^HTTP/1.1 422' headers && break
		answered 202
		sleep 0.1
	done
	grep -q 'another SHA-256' body
	# What came is a good package all the same, under its real digest
	ask "/receipts/$(sha "$D/package")"
	answered 200
}

@test "too long: announced, sent, and chunked without a word" {
	inbox --max-size 1000
	ask /packages -X POST -H 'Upload-Length: 1001'
	answered 413
	create 1000
	head -c 1001 /dev/zero >part
	patch 0 part
	answered 413
	ask "$UP" --head
	[ "$(field Upload-Offset)" = 0 ]
	patch 0 part -H 'Transfer-Encoding: chunked'
	answered 413
	ask "$UP" --head
	[ "$(field Upload-Offset)" = 0 ]
	head -c 999 /dev/zero >part
	patch 0 part -H 'Transfer-Encoding: chunked'
	answered 204
	[ "$(field Upload-Offset)" = 999 ]
	# A long body after a refusal is not read to its end
	head -c 50000000 /dev/zero >huge
	patch 999 huge || :
	answered 413
}

@test "no room on the disk" {
	small_home 200m
	inbox
	ask /packages -X POST -H 'Upload-Length: 100000000'
	answered 507
	[ -n "$(field Retry-After)" ]
	create 20000000
	# Two that fit alone do not fit together
	ask /packages -X POST -H 'Upload-Length: 60000000'
	answered 507
	# The room is taken by something else meanwhile
	head -c 150000000 /dev/zero >home/fill
	printf hello >part
	patch 0 part
	answered 507
	rm home/fill
	patch 0 part
	answered 204
	run --separate-stderr send -u "$URL" "$D/package"
	[ "$status" -eq 0 ]
	ends
}

@test "the disk is full in the middle of a body" {
	small_home 160m
	inbox
	send -u "$URL" --limit-rate 4M --attempts 3 --deadline 10 "$D/big" \
	    >out 2>err 3>&- &
	sender=$!
	pids="$pids $sender"
	until_logged event=created
	dd if=/dev/zero of=home/fill bs=1M 2>/dev/null || :
	st=0
	wait "$sender" || st=$?
	cat err
	[ "$st" -eq 5 ]
	[ ! -s out ]
	rm home/fill
	run --separate-stderr send -u "$URL" "$D/big"
	[ "$status" -eq 0 ]
	cmp home/packages/*.bulla "$D/big"
	ends
}

@test "slow headers and idle connections are closed, others are served" {
	inbox --timeout 2
	slow=
	for _ in $(seq 60); do
		(timeout 60 openssl s_client -quiet \
		    -connect "127.0.0.1:$PORT" -cert "$D/tls/client.pem" \
		    -key "$D/tls/client.key" < <(
			printf 'HEAD / HTTP/1.1\r\n'
			for _ in $(seq 50); do
				sleep 1
				printf X
			done
		) >/dev/null 2>&1 3>&-) 3>&- &
		pids="$pids $!"
		slow="$slow $!"
	done
	sleep 1
	start=$SECONDS
	send -q -u "$URL" "$D/package"
	[ $((SECONDS - start)) -lt 40 ]
	# all are sent away, long before they would go; of those whose
	# handshake was not done the log tells a few
	for _ in $(seq 400); do
		left=0
		for p in $slow; do
			! kill -0 "$p" 2>/dev/null || left=$((left + 1))
		done
		[ "$left" -gt 0 ] || break
		sleep 0.1
	done
	[ "$left" -eq 0 ]
	[ "$(logged reason=idle)" -ge 10 ]
}

# bats test_tags=slow
@test "a body that trickles is cut, and what came is kept" {
	inbox --min-rate 100K
	create 3000000
	head -c 3000000 /dev/zero >part
	run patch 0 part --limit-rate 20K --max-time 60
	[ "$status" -ne 0 ]
	[ "$(logged reason=too-slow)" -eq 1 ]
	ask "$UP" --head
	answered 200
	at=$(field Upload-Offset)
	[ "$at" -gt 100000 ]
	tail -c +$((at + 1)) part >rest
	patch "$at" rest
	answered 204
}

@test "whoever comes back takes the upload over" {
	inbox
	create 20000000
	head -c 20000000 /dev/zero >part
	patch 0 part --limit-rate 1M --max-time 30 >old 2>&1 3>&- &
	old=$!
	pids="$pids $old"
	until_has 1000000
	ask "$UP" --head
	answered 200
	at=$(field Upload-Offset)
	[ "$at" -gt 0 ]
	[ "$at" -lt 20000000 ]
	st=0
	wait "$old" || st=$?
	[ "$st" -ne 0 ]
	[ "$(logged reason=taken-over)" -eq 1 ]
	# The older one added nothing after that answer
	sleep 0.5
	ask "$UP" --head
	[ "$(field Upload-Offset)" = "$at" ]
	tail -c +$((at + 1)) part >rest
	patch "$at" rest
	answered 204
	[ "$(field Upload-Offset)" = 20000000 ]
}

@test "many uploads at once" {
	inbox
	for i in $(seq 12); do
		head -c 300000 /dev/urandom >"f$i"
		seal "p$i" "f$i"
	done
	senders=
	for i in $(seq 12); do
		send -q -u "$URL" --receipt "r$i" "p$i" 3>&- &
		senders="$senders $!"
	done
	for p in $senders; do
		wait "$p"
	done
	[ "$(find home/packages -type f | wc -l)" -eq 12 ]
	for i in $(seq 12); do
		grep -qx "package-sha256: $(sha "p$i")" "r$i"
	done
}

@test "one client may not begin more than it may" {
	inbox
	for _ in $(seq 64); do
		create 10
	done
	ask /packages -X POST -H 'Upload-Length: 10'
	answered 429
	AS=other ask /packages -X POST -H 'Upload-Length: 10'
	answered 201
	ask "$UP" -X DELETE
	answered 204
	create 10
}

@test "an exercise that was rejected is welcome when one is on" {
	echo x >f
	"$BULLA_BIN/bulla-seal" -q --exercise -i "$D/s.key" \
	    -R "$D/desk.age.pub" -o e.bulla f >/dev/null
	inbox
	run send -q -u "$URL" --receipt one e.bulla
	[ "$status" -eq 1 ]
	grep -qx 'reason: out-of-scope' one
	ends
	inbox --exercise
	send -q -u "$URL" --receipt two e.bulla
	grep -qx 'event: receive' two
	# and what was received stays so
	ends
	inbox
	send -q -u "$URL" --receipt three e.bulla
	cmp two three
}
