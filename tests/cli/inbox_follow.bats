#!/usr/bin/env bats
# bulla-inbox: uploads that are judged while they come, and what becomes of
# them when the upload, or who judges it, does not get to the end.
# shellcheck disable=SC2154,SC2030,SC2031 # run sets stderr; tests are subshells
bats_require_minimum_version 1.5.0
load ../lib/inbox.bash

setup_file() {
	way_setup_file
	head -c 500000 /dev/urandom >"$BATS_FILE_TMPDIR/blob"
	seal small blob
}

setup() {
	way_setup
}

teardown() {
	way_teardown
}

TYPE='Content-Type: application/offset+octet-stream'

# judged PATTERN: the last verdict in the log
judged() {
	grep 'event=judged' log | tail -n 1 | grep -q -- "$1" || {
		cat log
		return 1
	}
}

# verifiers: the pids of those that $INBOX has now
verifiers() {
	local p
	for p in $(cat "/proc/$INBOX/task/$INBOX/children"); do
		[ "$(cat "/proc/$p/comm" 2>/dev/null)" != verifier ] ||
			echo "$p"
	done
}

# until_followed [N]: so many verifiers (1) are there, in V
until_followed() {
	local n
	for ((n = 0; n < 300; n++)); do
		V=$(verifiers)
		[ "$(wc -w <<<"$V")" -ne "${1:-1}" ] || return 0
		sleep 0.05
	done
	echo "verifiers: $V"
	cat log
	return 1
}

# same FILE: it is what the inbox stored
same() {
	cmp "$1" home/packages/*.bulla
	[ "$(find home/packages -type f | wc -l)" -eq 1 ]
	[ -z "$(find home/incoming -name 'up-*')" ]
}

@test "a large upload is judged while it comes, a small one after it" {
	inbox
	run -0 send -u "$URL" "$D/big"
	judged 'result=receive followed=yes'
	same "$D/big"
	run -0 send -u "$URL" "$D/small"
	judged 'result=receive$'
}

@test "the verifier is there before the last byte" {
	inbox
	sender -q -u "$URL" --limit-rate 5M "$D/big" &
	until_followed
	grep -q 'event=judged' log && return 1
	wait $!
	judged 'result=receive followed=yes'
	same "$D/big"
}

@test "a verifier that is killed costs its work, and no package" {
	inbox
	sender -q -u "$URL" --limit-rate 5M "$D/big" &
	until_followed
	kill -KILL "$V"
	wait $!
	judged 'result=receive$'
	[ "$(logged event=not-judged)" -eq 0 ]
	same "$D/big"
}

@test "an upload that was cut goes on where it was, judged all the while" {
	inbox
	len=$(stat -c %s "$D/big")
	create "$len" -H "Upload-Metadata: sha256 $(sha "$D/big" | tr -d '\n' |
	    base64 -w 0)"
	head -c 9000000 "$D/big" >one
	tail -c +9000001 "$D/big" >two
	ask "$UP" -X PATCH -H "$TYPE" -H 'Upload-Offset: 0' --data-binary @one
	answered 204
	ask "$UP" -X PATCH -H "$TYPE" -H 'Upload-Offset: 9000000' \
	    --data-binary @two
	answered 204
	receipt_of "$D/big"
	judged 'result=receive followed=yes'
	same "$D/big"
}

@test "a piece that does not fit its checksum is not judged" {
	inbox
	len=$(stat -c %s "$D/package")
	create "$len"
	head -c 2000000 "$D/package" >one
	tail -c +2000001 "$D/package" >two
	head -c 2000000 /dev/zero >wrong
	sum="sha256 $(openssl dgst -sha256 -binary <one | base64 -w 0)"
	ask "$UP" -X PATCH -H "$TYPE" -H 'Upload-Offset: 0' \
	    -H "Upload-Checksum: $sum" --data-binary @wrong
	answered 460
	ask "$UP" -X PATCH -H "$TYPE" -H 'Upload-Offset: 0' \
	    -H "Upload-Checksum: $sum" --data-binary @one
	answered 204
	ask "$UP" -X PATCH -H "$TYPE" -H 'Upload-Offset: 2000000' \
	    --data-binary @two
	answered 204
	receipt_of "$D/package"
	judged 'result=receive followed=yes'
	same "$D/package"
}

@test "a damaged package is rejected by the one who followed it" {
	inbox
	cp "$D/big" bad
	printf 'X' | dd of=bad bs=1 seek=9000000 conv=notrunc status=none
	cmp -s bad "$D/big" && printf 'Y' |
		dd of=bad bs=1 seek=9000000 conv=notrunc status=none
	run -1 send -u "$URL" bad
	judged 'result=reject followed=yes'
	[ -z "$(ls home/packages)" ]
}

@test "no package: refused, and nothing stays" {
	inbox
	head -c 3000000 /dev/zero >zeros
	create 3000000
	ask "$UP" -X PATCH -H "$TYPE" -H 'Upload-Offset: 0' --data-binary @zeros
	answered 204
	until_logged 'event=judged'
	judged 'result=refused'
	for _ in $(seq 100); do
		[ -n "$(find home/incoming -name 'up-*')" ] || break
		sleep 0.05
	done
	[ -z "$(find home/packages home/incoming -type f ! -name .lock)" ]
}

@test "one that is deleted leaves its place to the next" {
	inbox
	len=$(stat -c %s "$D/big")
	head -c 2000000 "$D/big" >one
	for _ in 1 2 3 4 5; do
		create "$len"
		ask "$UP" -X PATCH -H "$TYPE" -H 'Upload-Offset: 0' \
		    --data-binary @one
		answered 204
		ask "$UP" -X DELETE
		answered 204
	done
	until_followed 0
	run -0 send -u "$URL" "$D/big"
	judged 'result=receive followed=yes'
	same "$D/big"
	until_followed 0
}

@test "deleted before its last byte is acknowledged: no verdict" {
	inbox
	len=$(stat -c %s "$D/big")
	create "$len"
	head -c $((len - 262144)) "$D/big" >one
	tail -c 262144 "$D/big" >two
	ask "$UP" -X PATCH -H "$TYPE" -H 'Upload-Offset: 0' --data-binary @one
	answered 204
	# All bytes are there, but it is not said that they are
	mkfifo goes_on
	(timeout 60 openssl s_client -quiet -connect "127.0.0.1:$PORT" \
	    -CAfile "$D/tls/ca.pem" -cert "$D/tls/client.pem" \
	    -key "$D/tls/client.key" <goes_on >/dev/null 2>&1) 3>&- &
	pids="$pids $!"
	exec 9>goes_on
	printf 'PATCH %s HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\n%s\r\n' \
	    "$UP" "$TYPE" >&9
	printf 'Upload-Offset: %s\r\nTransfer-Encoding: chunked\r\n\r\n40000\r\n' \
	    "$((len - 262144))" >&9
	cat two >&9
	until_has "$len"
	ask "$UP" -X DELETE
	exec 9>&-
	answered 204
	# Whatever is under way ends first
	ends
	[ -z "$(ls home/packages)" ]
	[ "$(logged event=judged)" -eq 0 ]
}

@test "an upload that was acknowledged is judged, and not deleted" {
	inbox
	len=$(stat -c %s "$D/package")
	create "$len" -H "Upload-Metadata: sha256 $(sha "$D/package" |
	    tr -d '\n' | base64 -w 0)"
	head -c 2000000 "$D/package" >one
	tail -c +2000001 "$D/package" >two
	ask "$UP" -X PATCH -H "$TYPE" -H 'Upload-Offset: 0' --data-binary @one
	answered 204
	until_followed
	kill -STOP "$V"
	ask "$UP" -X PATCH -H "$TYPE" -H 'Upload-Offset: 2000000' \
	    --data-binary @two
	answered 204
	ask "$UP" -X DELETE
	answered 423
	grep -q 'it is being judged' body
	ask "/receipts/$(sha "$D/package")"
	answered 202
	kill -CONT "$V"
	receipt_of "$D/package"
	judged 'result=receive followed=yes'
	same "$D/package"
}

@test "a connection that ends within a record has ended" {
	inbox --timeout 300 --min-rate 100K
	create 400000
	cat >half.py <<-'END'
	import os, socket, ssl, sys, time
	tls, port, path, data = sys.argv[1:]
	ctx = ssl.create_default_context(cafile=tls + "/ca.pem")
	ctx.load_cert_chain(tls + "/client.pem", tls + "/client.key")
	got, out = ssl.MemoryBIO(), ssl.MemoryBIO()
	t = ctx.wrap_bio(got, out, server_hostname="localhost")
	s = socket.create_connection(("127.0.0.1", int(port)))
	while True:
	    try:
	        t.do_handshake()
	        break
	    except ssl.SSLWantReadError:
	        s.sendall(out.read())
	        got.write(s.recv(65536))
	t.write(b"PATCH " + path.encode() + b" HTTP/1.1\r\nHost: x\r\n"
	        b"Tus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
	        b"Content-Type: application/offset+octet-stream\r\n"
	        b"Content-Length: 400000\r\n\r\n")
	for _ in range(30):
	    t.write(bytes(10000))
	s.sendall(out.read())
	# as soon as it writes there, it waits for the rest
	while os.stat(data).st_size < 262144:
	    time.sleep(0.05)
	t.write(bytes(10000))
	# the part and the end in one segment
	s.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
	s.sendall(out.read()[:5000])
	s.shutdown(socket.SHUT_WR)
	END
	timeout 60 /usr/bin/python3 half.py "$D/tls" "$PORT" "$UP" \
	    "home/incoming/up-${UP#/packages/}/data"
	until_logged 'event=cut-short.*offset=300000'
	ask "$UP" --head
	[ "$(field Upload-Offset)" -eq 300000 ]
	# and not because the watchdog had looked
	ends
	[ "$(logged 'event=cut ')" -eq 0 ]
}

@test "two that are followed keep nobody else from being judged" {
	inbox
	sender -q -u "$URL" --limit-rate 2M "$D/big" &
	one=$!
	cp "$D/big" other
	len=$(stat -c %s other)
	create "$len"
	head -c 2000000 other >part
	ask "$UP" -X PATCH -H "$TYPE" -H 'Upload-Offset: 0' --data-binary @part
	answered 204
	until_followed 2
	run -0 send -u "$URL" "$D/package"
	judged 'result=receive$'
	kill -0 "$one"
	wait "$one"
}

# bats test_tags=slow
@test "a slow one is left, and judged when it is whole" {
	inbox
	sender -q -u "$URL" --limit-rate 150K "$D/package" &
	until_followed
	until_followed 0
	grep -q 'event=judged' log && return 1
	wait $!
	judged 'result=receive$'
	same "$D/package"
}

@test "stopped in the middle, it ends at once and goes on later" {
	inbox
	sender -q -u "$URL" --limit-rate 4M "$D/big" &
	s=$!
	until_followed
	SECONDS=0
	ends
	[ "$SECONDS" -lt 10 ]
	inbox
	wait "$s"
	judged 'result=receive followed=yes'
	same "$D/big"
}
