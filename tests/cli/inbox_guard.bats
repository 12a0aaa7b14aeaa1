#!/usr/bin/env bats
# bulla-inbox: whom it lets in and how much they may have, what it tells its
# own side: log lines, health, metrics.
# shellcheck disable=SC2154,SC2030,SC2031 # run sets stderr; tests are subshells
# shellcheck disable=SC2059 # requests are put together in printf formats
# shellcheck disable=SC2034 # {keep}: a descriptor that stays open
bats_require_minimum_version 1.5.0
load ../lib/sides.sh
load ../lib/inbox.bash

setup_file() {
	way_setup_file
	two_sides
}

setup() {
	way_setup
}

teardown() {
	way_teardown
}

# rostered OPTION...: an inbox on ./b that goes by its rosters
rostered() {
	PORT=
	started --home b --tls-cert "$D/tls/server.pem" \
	    --tls-key "$D/tls/server.key" --client-ca "$D/tls/ca.pem" "$@"
}

# roster LINE...: a's next roster with these tls lines, taken in by b
roster() {
	local line args=()
	for line; do
		args+=(--tls "$line")
	done
	"$BULLA_BIN/bulla-trust" --home a propose -i a/keys/root.key -o next \
	    "${args[@]}" >&2
	"$BULLA_BIN/bulla-trust" --home a pin next >&2
	"$BULLA_BIN/bulla-trust" --home b pin next >&2
	rm next
}

homes() {
	cp -a "$D/a" "$D/b" .
}

@test "a key that stands in no roster is refused before its body" {
	homes
	roster "$(spki "$D/tls/client.pem")"
	rostered
	create 10
	printf hello >part
	AS=other ask /packages -X POST -H 'Upload-Length: 10' \
	    -H 'Content-Type: application/offset+octet-stream' \
	    --data-binary @part
	answered 403
	grep -q 'none of those in the roster' body
	AS=other ask "$UP" --head
	answered 403
	AS=other ask /checkpoint
	answered 403
	AS=other ask /packages -X OPTIONS
	answered 403
	[ "$(find b/incoming -name 'up-*' | wc -l)" -eq 1 ]
	[ "$(logged \
	    "event=unknown-agency client=$(spki "$D/tls/other.pem") ")" -eq 4 ]
	[ "$(logged event=created)" -eq 1 ]
}

@test "a key whose time has ended or not come is not let in" {
	homes
	roster "$(spki "$D/tls/client.pem")" "$(spki "$D/tls/other.pem")"
	rostered
	AS=other ask /packages -X OPTIONS
	answered 204
	# Changed rosters take effect for the next connection at once
	roster "$(spki "$D/tls/other.pem")=now"
	AS=other ask /packages -X OPTIONS
	answered 403
	grep -q 'not let in at this time' body
	until_logged 'event=suspended-agency .* agency=a.example reason="its tls: line ended at '
	ask /packages -X OPTIONS
	answered 204
}

@test "a receiver whose time is over signs nothing, and uploads wait" {
	homes
	"$BULLA_BIN/bulla-seal" -q -i a/keys/sealer.key -R b/keys/desk.age.pub \
	    -o p "$D/s.key.pub"
	"$BULLA_BIN/bulla-keygen" sign -n b.example/r2 -o r2.key >/dev/null
	rostered
	"$BULLA_BIN/bulla-trust" --home b propose -q -i b/keys/root.key \
	    --until b.example/receiver=now \
	    --add "receiver=$(cat r2.key.pub)" -o next
	"$BULLA_BIN/bulla-trust" --home b pin -q next
	create "$(stat -c %s p)"
	patch 0 p
	until_logged 'event=not-judged .*b.example/receiver could sign only until'
	[ "$(logged event=judged)" -eq 0 ]
	[ -z "$(find b/packages b/receipts -type f)" ]
	ends
	mv r2.key b/keys/receiver.key
	rostered
	until_logged 'event=judged .*result=receive'
	[ "$(find b/packages -name '*.bulla' | wc -l)" -eq 1 ]
}

@test "rosters that are damaged let nobody in, for the time being" {
	homes
	rostered
	ask /packages -X OPTIONS
	answered 204
	cp b/roster/theirs.note kept
	echo x >b/roster/theirs.note
	ask /packages -X OPTIONS
	answered 503
	[ -n "$(field Retry-After)" ]
	cp kept b/roster/theirs.note
	ask /packages -X OPTIONS
	answered 204
}

@test "the clients of an agency share its limits" {
	homes
	rostered --agency-limit uploads=3,bytes=1000
	create 400
	AS=other create 400
	# Both belong to a.example: 200 bytes are left
	ask /packages -X POST -H 'Upload-Length: 201'
	answered 429
	grep -q 'your agency' body
	ask /packages -X OPTIONS
	[ "$(field Bulla-Free)" = 200 ]
	create 200
	ask /packages -X OPTIONS
	[ "$(field Bulla-Free)" = 0 ]
	AS=other ask "$UP" -X DELETE
	answered 404
	ask "$UP" -X DELETE
	answered 204
	create 1
	ask /packages -X POST -H 'Upload-Length: 1'
	answered 429
	# They are still the agency's after a new start
	ends
	rostered --agency-limit uploads=3,bytes=1000
	AS=other ask /packages -X OPTIONS
	ask /packages -X POST -H 'Upload-Length: 1'
	answered 429
}

@test "a client has its own limits" {
	inbox --client-limit bytes=1000,uploads=3,requests=12
	create 600
	ask /packages -X POST -H 'Upload-Length: 401'
	answered 429
	ask /packages -X POST -H 'Upload-Defer-Length: 1'
	answered 201
	UP=$(field Location)
	# Of a deferred length what comes counts, and no more than is allowed
	head -c 401 /dev/zero >part
	patch 0 part
	answered 413
	head -c 400 /dev/zero >part
	patch 0 part
	answered 204
	: >none
	patch 400 none -H 'Upload-Length: 401'
	answered 429
	ask "$UP" --head
	[ "$(field Upload-Defer-Length)" = 1 ]
	AS=other create 1000
	for _ in $(seq 6); do
		ask "$UP" --head
	done
	answered 429
	[ "$(field Retry-After)" -ge 1 ]
	[ "$(field Retry-After)" -le 60 ]
	until_logged 'event=limit client=.* limit=requests'
	# Others are not concerned
	AS=other ask /packages -X OPTIONS
	answered 204
}

@test "limits that are none" {
	for v in '' bytes uploads=x uploads=-1 conns=3 uploads=1,,requests=2 \
	    uploads=2000000 'uploads=1;bytes=2'; do
		run --separate-stderr "$BULLA_BIN/bulla-inbox" --home home \
		    --client-limit "$v" --listen 127.0.0.1:0
		[ "$status" -eq 2 ]
		[[ $stderr == *"--client-limit: "* ]]
	done
}

# hold N: so many connections with a finished handshake, as the client $AS
hold() {
	local i
	for i in $(seq "$1"); do
		mkfifo "hold$i"
		timeout 60 openssl s_client -quiet -connect "127.0.0.1:$PORT" \
		    -cert "$D/tls/${AS:-client}.pem" \
		    -key "$D/tls/${AS:-client}.key" <"hold$i" \
		    >"held$i" 2>/dev/null 3>&- &
		pids="$pids $!"
	done
	for i in $(seq "$1"); do
		exec {keep}>"hold$i"
	done
}

@test "a client with all its connections in use loses its oldest idle one" {
	inbox --client-limit connections=4
	AS=other hold 6
	until_logged 'reason=client-connections'
	# It can still ask, and so can everybody else
	AS=other ask /packages -X OPTIONS
	answered 204
	ask /packages -X OPTIONS
	answered 204
	[ "$(logged reason=client-connections)" -ge 2 ]
}

@test "a connection that ends without a certificate leaves a line that says why" {
	inbox
	try() {
		timeout 10 openssl s_client -quiet -connect "127.0.0.1:$PORT" \
		    "$@" </dev/null >/dev/null 2>&1 || :
	}
	try
	until_logged 'event=tls-refused address=127.0.0.1 reason="the client gave no certificate"'
	try -cert "$D/tls/foreign.pem" -key "$D/tls/foreign.key"
	until_logged 'event=tls-refused .*issuer'
	try -cert "$D/tls/expired.pem" -key "$D/tls/expired.key"
	until_logged 'event=tls-refused .*expired'
	try -cert "$D/tls/usage.pem" -key "$D/tls/usage.key"
	until_logged 'event=tls-refused .*purpose'
	exec {fd}<>"/dev/tcp/127.0.0.1/$PORT"
	exec {fd}>&-
	until_logged 'event=tls-refused .*"no TLS was spoken"'
	try -tls1_2
	until_logged 'event=tls-refused .*"the handshake did not come to its end"'
	run grep -Ev '^time=20[0-9T:-]*Z event=[a-z-]* |^bulla-inbox: ' log
	[ "$status" -eq 1 ]
}

@test "half a handshake is waited for, not asked for again and again" {
	inbox
	net=$(pgrep -P "$INBOX" -x network)
	ticks() {
		awk '{ print $14 + $15 }' "/proc/$net/stat"
	}
	exec {fd}<>"/dev/tcp/127.0.0.1/$PORT"
	printf '\026\003\001\002\000\001' >&$fd
	sleep 0.2
	had=$(ticks)
	sleep 2
	[ $(($(ticks) - had)) -lt 30 ]
	exec {fd}>&-
	until_logged 'event=tls-refused .*"no TLS was spoken"'
}

@test "lines about strangers are bounded" {
	inbox
	for _ in $(seq 300); do
		exec {fd}<>"/dev/tcp/127.0.0.1/$PORT"
		exec {fd}>&-
	done
	sleep 1.1
	exec {fd}<>"/dev/tcp/127.0.0.1/$PORT"
	exec {fd}>&-
	until_logged 'event=left-out lines='
	[ "$(logged event=tls-refused)" -lt 300 ]
}

@test "more requests that two readers could understand differently" {
	inbox
	create 40
	h="Host: x\r\nTus-Resumable: 1.0.0\r\n"
	p="PATCH $UP HTTP/1.1\r\n${h}Upload-Offset: 0\r\nContent-Type: application/offset+octet-stream\r\n"
	second="DELETE $UP HTTP/1.1\r\n$h\r\n"
	last="${h}Connection: close\r\n\r\n"
	# Lines that end in LF alone, folded ones, spaces before the colon,
	# names and values that are none, an absolute URL, other versions
	printf "${p}Content-Length: 5\n\nhello$second" >lf
	printf "${p}X: a\r\n Content-Length: 5\r\nContent-Length: 70\r\n\r\nhello$second" >folded
	printf "${p}Content-Length : 5\r\n\r\nhello$second" >space
	printf "${p}Content-Length: 5\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n$second" >tespace
	printf "${p}Content-Length: 0x5\r\n\r\nhello$second" >hex
	printf "${p}Content-Length: 5 5\r\n\r\nhello$second" >pair
	printf "${p}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n$second" >xchunked
	printf "${p}Transfer-Encoding: chunked\r\n\r\n5;x=\nhello\r\n0\r\n\r\n$second" >extension
	printf "${p}Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n$second" >negative
	printf "${p}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello\r\n0\r\n\r\n$second" >endless
	printf "DELETE https://x$UP HTTP/1.1\r\n$last" >absolute
	printf "DELETE /packages/../$UP HTTP/1.1\r\n$last" >dots
	printf "DELETE $UP HTTP/1.1 \r\n$last" >trailing
	printf "DELETE  $UP HTTP/1.1\r\n$last" >spaces
	printf "DELETE $UP HTTP/2.0\r\n$last" >two
	printf "DELETE $UP\r\n\r\n" >nine
	printf "delete $UP HTTP/1.1\r\n$last" >lower
	printf "DELETE $UP HTTP/1.1\r\n${h}Upload-Checksum: a\\\\0b\r\nConnection: close\r\n\r\n" |
	    sed 's/\\0/\x00/' >nul
	for f in lf folded space tespace hex pair xchunked negative endless \
	    absolute dots trailing spaces two nine lower nul extension; do
		raw "$f" >out || :
		echo "$f: $(grep -a '^HTTP/1' out)"
		run grep -ac '^HTTP/1.1 2' out
		[ "$output" -eq 0 ] || [ "$f $output" = "extension 1" ]
		ask "$UP" --head
		answered 200
	done
}

# page PATH: of the status address
page() {
	curl -sS --max-time 10 -o page -w '%{http_code}' "$STATUS$1"
}

# with_status OPTION...: an inbox that has a status page; STATUS is where
with_status() {
	inbox --status 127.0.0.1:0 "$@" &&
		STATUS=$(sed -n 's/^status at //p' "$BATS_TEST_TMPDIR/said")
}

# as in inbox.bash, but for a second line
inbox() {
	rm -f up
	mkfifo up
	"$BULLA_BIN/bulla-inbox" --home home --listen "127.0.0.1:${PORT:-0}" \
	    --tls-cert "${CERT:-$D/tls/server.pem}" \
	    --tls-key "${CERT_KEY:-$D/tls/server.key}" \
	    --client-ca "$D/tls/ca.pem" -i "$D/r.key" -K "$D/s.key.pub" \
	    "$@" >up 2>>log 3>&- &
	INBOX=$!
	pids="$pids $INBOX"
	{
		read -r _ _ URL
		echo "$URL" >said
		[[ "$*" != *--status* ]] || {
			read -r line
			echo "$line" >said
		}
	} <up
	PORT=${URL##*:}
}

@test "health and metrics" {
	with_status
	[ "$(page /healthz)" = 200 ]
	[ "$(cat page)" = ok ]
	create 100
	printf hello >part
	patch 0 part
	send -q -u "$URL" "$D/package"
	ask /nowhere
	answered 404
	[ "$(page /metrics)" = 200 ]
	awk -f "$BATS_TEST_DIRNAME/../lib/metrics.awk" page
	m=bulla_inbox
	grep -qx "${m}_uploads{state=\"open\"} 1" page
	grep -qx "${m}_unfinished_bytes 5" page
	grep -qx "${m}_uploads_created_total 2" page
	grep -qx "${m}_verdicts_total{result=\"receive\"} 1" page
	grep -qx "${m}_answers_total{status=\"404\"} 1" page
	grep -qx "${m}_received_bytes_total $(($(stat -c %s "$D/package") + 5))" page
	ends=$(date -d "$(openssl x509 -in "$D/tls/server.pem" -noout -enddate |
	    cut -d= -f2)" +%s)
	grep -qx "${m}_certificate_expiry_seconds{certificate=\"server\"} $ends" page
	# Nothing about who or what
	run grep -E '[0-9a-f]{16}|\.example' page
	[ "$status" -eq 1 ]
	[ "$(page /packages)" = 404 ]
	[ "$(page /)" = 404 ]
	[ "$(curl -s -o page -w '%{http_code}' -X POST -d x "$STATUS/metrics")" = 405 ]
	# The page is not on the other address, nor packages on this one
	ask /metrics
	answered 404
}

@test "the status page is for this machine alone" {
	for a in 0.0.0.0:0 "[::]:0"; do
		run --separate-stderr timeout 10 "$BULLA_BIN/bulla-inbox" \
		    --home home --listen 127.0.0.1:0 --status "$a" \
		    --tls-cert "$D/tls/server.pem" \
		    --tls-key "$D/tls/server.key" \
		    --client-ca "$D/tls/ca.pem" -i "$D/r.key" -K "$D/s.key.pub"
		[ "$status" -eq 2 ]
		[[ $stderr == *"this machine alone"* ]]
		[ -z "$output" ]
	done
	with_status --status '[::1]:0'
	[[ $STATUS == "http://[::1]:"* ]]
	[ "$(page /healthz)" = 200 ]
}

@test "the status page: only by names that a browser cannot be given" {
	with_status
	port=${STATUS##*:}
	asked_as() {
		curl -sS --max-time 10 -o page -w '%{http_code}' \
		    -H "Host: $1" "$STATUS/metrics"
	}
	for h in localhost "localhost:$port" LOCALHOST 127.0.0.1 127.8.9.1:80 \
	    '[::1]' "[::1]:$port"; do
		echo "$h"
		[ "$(asked_as "$h")" = 200 ]
	done
	for h in evil.example "evil.example:$port" localhost.evil.example \
	    127.0.0.1.evil.example '[::1].evil.example' 10.0.0.1 \
	    'localhost:80@evil.example' '[::1]:x'; do
		echo "$h"
		[ "$(asked_as "$h")" = 421 ]
		run ! grep bulla_inbox page
	done
	# HTTP/1.0 has none
	[ "$(curl -sS0 -H 'Host:' -o page -w '%{http_code}' "$STATUS/healthz")" = 200 ]
}

@test "health says when the disk is full" {
	small_home 80m
	with_status
	[ "$(page /healthz)" = 200 ]
	head -c 30000000 /dev/zero >home/fill
	[ "$(page /healthz)" = 503 ]
	grep -q '^disk: ' page
	rm home/fill
	[ "$(page /healthz)" = 200 ]
	ends
}

# under_clock TIME: an inbox whose clock says that (POSIX seconds, and how
# fast it goes); the file that faketime could read is shut out by the sandbox
under_clock() {
	local lib
	[[ $BULLA_BIN != */asan/* ]] || skip "no preloading under a sanitizer"
	lib=$(find /usr/lib -name libfaketimeMT.so.1 | head -n 1)
	[ -n "$lib" ] || skip "no libfaketime here"
	PORT=
	LD_PRELOAD=$lib FAKETIME=$(date -u -d "@${1%% *}" \
	    "+@%Y-%m-%d %H:%M:%S")${1#"${1%% *}"} FAKETIME_DISABLE_SHM=1 \
	    DONT_FAKE_MONOTONIC=1 FAKETIME_DONT_FAKE_MONOTONIC=1 TZ=UTC inbox
}

certs_end() {
	date -d "$(openssl x509 -in "$D/tls/client.pem" -noout -enddate |
	    cut -d= -f2)" +%s
}

@test "a certificate that ends while its connection is open" {
	# Ten seconds from now
	under_clock "$(($(certs_end) - 5 * 3600)) x1800"
	mkfifo in
	timeout 60 openssl s_client -quiet -connect "127.0.0.1:$PORT" \
	    -cert "$D/tls/client.pem" -key "$D/tls/client.key" <in >out \
	    2>/dev/null 3>&- &
	client=$!
	pids="$pids $client"
	exec {to}>in
	trap '' PIPE
	# It ends when the inbox closes the connection
	while printf 'OPTIONS /packages HTTP/1.1\r\nHost: x\r\n\r\n' >&"$to"; do
		kill -0 "$client" 2>/dev/null || break
		sleep 0.2
	done
	exec {to}>&-
	wait "$client" || :
	# On one connection: first yes, then no
	grep -q '^HTTP/1.1 204' out
	grep -q 'the certificate of this client has ended' out
}

@test "a clock that is off: certificates and uploads" {
	now=$(date +%s)
	under_clock "$now"
	create 10
	ends
	# 2036: nobody gets in, but what is here is kept
	under_clock $((now + 3650 * 86400))
	until_logged 'event=certificate-ended certificate=server'
	run ask "$UP" --head
	[ "$status" -ne 0 ]
	ends
	# and the other way round: before any of these certificates
	under_clock 1262304000
	run ask "$UP" --head
	[ "$status" -ne 0 ]
	ends
	under_clock "$now"
	ask "$UP" --head
	answered 200
	[ "$(logged event=expired)" -eq 0 ]
}

@test "certificates that end soon are told at the start" {
	under_clock $(($(certs_end) - 20 * 86400 + 3600))
	until_logged 'event=certificate-ends certificate=server until=.*Z days=19$'
	ends
	under_clock $(($(certs_end) - 31 * 86400))
	ask /packages -X OPTIONS || :
	run grep 'days=3' log
	[ "$status" -eq 1 ]
}
