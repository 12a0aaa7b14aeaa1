#!/usr/bin/env bats
# bulla-inbox: how it starts and ends, and what it finds when it starts again.
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

# fails STATUS TEXT OPTION...: it does not start
starts_not() {
	local want=$1 text=$2
	shift 2
	run --separate-stderr timeout 10 "$BULLA_BIN/bulla-inbox" --home home \
	    --listen 127.0.0.1:0 --tls-cert "$D/tls/server.pem" \
	    --tls-key "$D/tls/server.key" --client-ca "$D/tls/ca.pem" \
	    -i "$D/r.key" -K "$D/s.key.pub" "$@"
	echo "status $status, stdout '$output', stderr '$stderr'"
	[ "$status" -eq "$want" ]
	[ -z "$output" ]
	[[ $stderr == *"$text"* ]]
}

@test "what it does not start with" {
	starts_not 2 "no address" --listen nonsense
	starts_not 2 "no address" --listen ::1:80
	starts_not 2 "numeric" --listen localhost:0
	starts_not 2 "numeric" --listen 127.0.0.1:http
	starts_not 3 "" --listen 192.0.2.1:0
	starts_not 3 "No such file" --tls-cert nothing
	starts_not 1 "no certificate and its key" --tls-cert "$D/tls/other.pem"
	starts_not 1 "no PEM certificate" --client-ca "$D/r.key.pub"
	cp "$D/tls/server.key" k
	chmod 640 k
	starts_not 3 "k" --tls-key k
	cp "$D/r.key" r
	chmod 644 r
	starts_not 3 "r" -i r
	starts_not 2 "" --max-size lots
	starts_not 2 "no operands" extra
	run --separate-stderr "$BULLA_BIN/bulla-inbox" --listen 127.0.0.1:0
	[ "$status" -eq 2 ]
	run --separate-stderr "$BULLA_BIN/bulla-inbox" --home home \
	    --listen 127.0.0.1:0 --tls-cert "$D/tls/server.pem" \
	    --tls-key "$D/tls/server.key" --client-ca "$D/tls/ca.pem" \
	    -i "$D/r.key"
	[ "$status" -eq 2 ]
	[[ $stderr == *"whose seals are accepted"* ]]
}

@test "one inbox on a home, one on a port" {
	inbox
	starts_not 5 "another inbox" --listen 127.0.0.1:0
	starts_not 5 "in use" --home elsewhere --listen "127.0.0.1:$PORT"
	starts_not 5 "in use" --home elsewhere --status "127.0.0.1:$PORT"
	starts_not 3 "none: cannot open" --home elsewhere -i none
	starts_not 3 "none.pem: cannot open" --home elsewhere --tls-cert none.pem
	starts_not 3 "none.key: cannot open" --home elsewhere --tls-key none.key
	starts_not 3 "none.ca: cannot open" --home elsewhere --client-ca none.ca
	starts_not 1 "is a directory" --home elsewhere --tls-cert .
	# What has not started leaves nothing behind
	[ ! -e elsewhere ]
	starts_not 3 "" --home /dev/null/x
}

@test "ends on SIGINT and SIGTERM with 0, --json says where it listens" {
	inbox
	ends INT
	PORT=0 inbox
	ends TERM
	rm up
	mkfifo up
	"$BULLA_BIN/bulla-inbox" --json -q --home home --listen '[::1]:0' \
	    --tls-cert "$D/tls/server.pem" --tls-key "$D/tls/server.key" \
	    --client-ca "$D/tls/ca.pem" -i "$D/r.key" -K "$D/s.key.pub" \
	    >up 2>quiet 3>&- &
	pid=$!
	pids="$pids $pid"
	read -r line <up
	jq -e '.ok and (.listening | startswith("https://[::1]:"))' <<<"$line"
	URL=$(jq -r .listening <<<"$line")
	send -q -u "$URL" "$D/package"
	kill -TERM "$pid"
	wait "$pid"
	[ ! -s quiet ]
}

@test "SIGTERM keeps what came; so does SIGKILL up to the last record" {
	inbox
	create 20000000
	head -c 20000000 /dev/zero >part
	patch 0 part --limit-rate 2M >/dev/null 2>&1 3>&- &
	curl=$!
	pids="$pids $curl"
	until_has 2000000
	ends TERM
	wait "$curl" || :
	inbox
	ask "$UP" --head
	answered 200
	at=$(field Upload-Offset)
	echo "kept $at"
	[ "$at" -gt 1000000 ]
	tail -c +$((at + 1)) part >rest
	patch "$at" rest --limit-rate 6M >/dev/null 2>&1 3>&- &
	curl=$!
	pids="$pids $curl"
	# a record of progress is made every 8 MiB
	for ((n = 0; n < 600; n++)); do
		recorded=$(cat "home/incoming/up-${UP#/packages/}/offset")
		[ $((10#$recorded)) -lt $((at + (8 << 20))) ] || break
		sleep 0.05
	done
	ends KILL || :
	wait "$curl" || :
	inbox
	ask "$UP" --head
	answered 200
	[ "$(field Upload-Offset)" -ge $((at + (8 << 20))) ]
}

@test "an unusable upload is reported and does not stop the others" {
	inbox
	ends
	up=home/incoming/up-00112233445566778899aabbccddeeff
	mkdir -p "$up" home/incoming/other-thing \
	    home/incoming/up-ffeeddccbbaa99887766554433221100
	echo x >"$up/data"
	echo 00000000000000000005 >"$up/offset"
	printf 'bulla upload v1\nclient: %064d\nlength: 10\nsha256: -\n' 1 \
	    >"$up/state"
	inbox
	[ "$(logged event=unusable)" -eq 2 ]
	# Damaged: left for a human. Never acknowledged: removed. Not ours: left
	[ -e "$up/state" ]
	[ ! -e home/incoming/up-ffeeddccbbaa99887766554433221100 ]
	[ -e home/incoming/other-thing ]
	send -q -u "$URL" "$D/package"
}
