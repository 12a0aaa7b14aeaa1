#!/usr/bin/env bats
# bulla-send: the ways that a package can take to the inbox: through a pipe,
# at another rate by day, in one request, not at all.
# shellcheck disable=SC2154,SC2030,SC2031 # run sets stderr; tests are subshells
bats_require_minimum_version 1.5.0
load ../lib/inbox.bash

setup_file() {
	way_setup_file
	echo small >"$BATS_FILE_TMPDIR/f"
	cd "$BATS_FILE_TMPDIR"
	seal small f
}

setup() {
	way_setup
}

teardown() {
	way_teardown
}

# empty: it has nothing, and nothing unfinished
empty() {
	[ -z "$(find home/packages -type f)" ]
	[ -z "$(find home/incoming -name 'up-*')" ]
}

# events NAME: how many of them
events() {
	jq -r .event events | grep -c -x -e "$1"
}

@test "a small package goes in one request with its creation" {
	inbox
	send -q -u "$URL" --events-fd 4 "$D/small" 4>events
	has_only "$D/small"
	[ "$(logged event=created)" -eq 1 ]
	# Were it a PATCH, the sender would have been told of a first offset
	[ "$(jq -r 'select(.event == "progress") | .acknowledged' events)" -eq \
	    "$(stat -c %s "$D/small")" ]
	[ "$(events sent)" -eq 1 ]
	# And again, which finds it
	send -q -u "$URL" "$D/small"
	[ "$(logged event=created)" -eq 1 ]
}

@test "small, and cut, reset or left without an answer" {
	inbox
	size=$(stat -c %s "$D/small")
	for at in 0 1000 2500 $((size / 2)) $((size + 600)); do
		for how in cut reset; do
			forget
			proxy "$how" "$at"
			send -q -u "$VIA" "$D/small"
			has_only "$D/small"
		done
	done
	forget
	proxy hush $((size / 2))
	send -q --stall 1 -u "$VIA" "$D/small"
	has_only "$D/small"
}

@test "--checksum: each piece, and the same bytes in the end" {
	inbox
	proxy -c 2 cut 3000000
	run --separate-stderr send --checksum -u "$VIA" "$D/big"
	[ "$status" -eq 0 ]
	[[ $stderr != *"only the receipt proves"* ]]
	has_only "$D/big"
}

@test "--no-spool: a pipe, nothing on our disk" {
	inbox
	mkdir none
	chmod 500 none
	# shellcheck disable=SC2002 # a pipe is the point
	cat "$D/big" | TMPDIR=$PWD/none/no send --json -u "$URL" --no-spool \
	    --receipt r >out 2>err
	jq -e ".ok and .accepted and .bytes == $(stat -c %s "$D/big") and
	    .sha256 == \"$(sha "$D/big")\"" out
	[ ! -s err ]
	grep -qx "package-sha256: $(sha "$D/big")" r
	has_only "$D/big"
	grep -q 'event=created.*length=-1' log
	# With a checksum, too
	forget
	# shellcheck disable=SC2002
	cat "$D/big" | send -q -u "$URL" --no-spool --checksum -
	has_only "$D/big"
}

@test "--no-spool: what fits into memory is sent as a file would be" {
	inbox
	send -q -u "$URL" --no-spool <"$D/package"
	has_only "$D/package"
	[ "$(grep -c 'event=created.*length=-1' log)" -eq 0 ]
	# The same again sends nothing
	send -q -u "$URL" --no-spool <"$D/package"
	[ "$(logged event=created)" -eq 1 ]
}

@test "--no-spool: a line that is cut and stalls" {
	inbox
	for how in cut stall reset; do
		forget
		proxy -c 3 "$how" 5000000
		# shellcheck disable=SC2002
		cat "$D/big" | send -q --stall 1 -u "$VIA" --no-spool
		has_only "$D/big"
	done
	[ "$(logged event=created)" -eq 3 ]
}

@test "--no-spool: the pipe ends early, at any place: nothing remains" {
	inbox
	size=$(stat -c %s "$D/big")
	for n in 1 511 512 100000 8388608 8388609 17000000 $((size - 1500)) \
	    $((size - 1024)) $((size - 512)) $((size - 1)); do
		fails 4 "ended within the package" sh -c 'exec 3>&-
		    head -c "$1" "$2" | { shift 2; "$@"; }' sh "$n" "$D/big" \
		    "$BULLA_BIN/bulla-send" -K "$D/r.key.pub" --no-spool \
		    --cacert "$D/tls/ca.pem" --cert "$D/tls/client.pem" \
		    --key "$D/tls/client.key" -u "$URL" || {
			# A block of the first header is not there yet
			[ "$n" -lt 512 ]
			[ "$status" -eq 1 ]
			[[ $stderr == *"not a sealed package"* ]]
		}
		empty
	done
	fails 4 "nothing came" send -u "$URL" --no-spool </dev/null
}

@test "--no-spool: what is no package does not leave the house" {
	inbox
	head -c 9000000 /dev/zero >zeros
	fails 1 "not a sealed package, so it is not sent" send -u "$URL" \
	    --no-spool <zeros
	{ cat "$D/package"; echo more; } >longer
	fails 4 "ended within" send -u "$URL" --no-spool <longer
	{ cat "$D/package" "$D/package"; } >two
	fails 1 "behind its end" send -u "$URL" --no-spool <two
	fails 2 "for standard input" send -u "$URL" --no-spool "$D/package"
	[ "$(logged event=created)" -eq 0 ]
}

@test "--no-spool: asked to end, it deletes what it began" {
	inbox
	mkfifo pipe
	sender -q -u "$URL" --no-spool <pipe >out 2>err 3>&- &
	sender=$!
	pids="$pids $sender"
	exec 5>pipe
	head -c 17000000 "$D/big" >&5
	until_logged event=stored
	kill -TERM "$sender"
	st=0
	wait "$sender" || st=$?
	exec 5>&-
	echo "status $st: $(cat err)"
	[ "$st" -eq 5 ]
	[ ! -s out ]
	grep -q stopped err
	grep -q 'event=dropped.*deleted by the client' log
	empty
}

@test "--no-spool: killed, and run again from the beginning" {
	inbox
	mkfifo pipe
	sender -q -u "$URL" --no-spool <pipe 3>&- &
	sender=$!
	pids="$pids $sender"
	exec 5>pipe
	head -c 17000000 "$D/big" >&5
	until_logged event=stored
	kill -KILL "$sender"
	wait "$sender" || :
	exec 5>&-
	[ -z "$(find home/packages -type f)" ]
	# shellcheck disable=SC2002
	cat "$D/big" | send -q -u "$URL" --no-spool
	[ "$(find home/packages -type f | wc -l)" -eq 1 ]
	cmp home/packages/*.bulla "$D/big"
}

@test "a package that gets shorter is deleted there" {
	inbox
	cp "$D/big" p
	sender -q -u "$URL" --limit-rate 2M p 2>err 3>&- &
	sender=$!
	pids="$pids $sender"
	until_logged event=created
	truncate -s 1000 p
	st=0
	wait "$sender" || st=$?
	[ "$st" -eq 4 ]
	grep -q 'event=dropped.*deleted by the client' log
	empty
}

@test "killed, the file moved, and sent again: it goes on" {
	inbox
	cp "$D/big" here
	sender -q -u "$URL" --limit-rate 3M here 3>&- &
	sender=$!
	pids="$pids $sender"
	until_logged event=stored
	kill -KILL "$sender"
	wait "$sender" || :
	mkdir elsewhere
	mv here elsewhere/there
	send -q -u "$URL" --events-fd 4 elsewhere/there 4>events
	has_only "$D/big"
	[ "$(logged event=created)" -eq 1 ]
	jq -se 'map(select(.event == "resumed"))[0].acknowledged > 0' events
}

@test "--dry-run: asks, sends and changes nothing" {
	inbox
	run --separate-stderr send --dry-run -v -u "$URL" "$D/package"
	echo "$status $output $stderr"
	[ "$status" -eq 0 ]
	[ "$output" = "would be sent: $(stat -c %s "$D/package") bytes, sha256 $(sha "$D/package")" ]
	[[ $stderr == *"connected to 127.0.0.1 port"* ]]
	[[ $stderr == *"bytes are taken"* ]]
	empty
	[ "$(logged event=created)" -eq 0 ]
	send --dry-run --json -u "$URL" "$D/package" >out
	jq -e '.ok and ."dry-run" and .package == "wanted" and
	    ."max-size" > 0 and (.extensions | index("checksum") != null)' out
	# Once it is there
	send -q -u "$URL" "$D/package"
	run --separate-stderr send --dry-run -u "$URL" "$D/package"
	[ "$status" -eq 0 ]
	[[ $output == "nothing would be sent, it is there: sha256 "* ]]
	send --dry-run --json -u "$URL" "$D/package" >out
	jq -e '.package == "known"' out
}

@test "--dry-run: the room that the inbox has for us now" {
	inbox --client-limit bytes=1M
	size=$(stat -c %s "$D/package")
	run --separate-stderr send --dry-run -u "$URL" "$D/package"
	[ "$status" -eq 5 ]
	[[ $stderr == *"has $size bytes, and the server has room for 1048576 now"* ]]
	# What fits, until something else has taken the room
	send --dry-run -q -u "$URL" "$D/small"
	create 1040000
	head -c 1000 /dev/zero >part
	patch 0 part
	answered 204
	run --separate-stderr send --dry-run -u "$URL" "$D/small"
	[ "$status" -eq 5 ]
	[[ $stderr == *"the server has room for 8576 now"* ]]
	ask "$UP" -X DELETE
	answered 204
	send --dry-run -q -u "$URL" "$D/small"
	[ -z "$(find home/packages -name '*.bulla')" ]
}

@test "--dry-run: what would go wrong" {
	inbox --max-size 1M
	fails 1 "and the server takes 1048576" send --dry-run -u "$URL" \
	    "$D/package"
	fails 1 "not the server that we trust" send --dry-run -u "$URL" \
	    --pin "$(cat "$D/tls/other.pin")" "$D/small"
	AS=foreign fails 1 "refused our certificate" send --dry-run \
	    -u "$URL" "$D/small"
	fails 1 "wants a certificate of ours" "$BULLA_BIN/bulla-send" \
	    -K "$D/r.key.pub" --cacert "$D/tls/ca.pem" --dry-run -u "$URL" \
	    "$D/small"
	fails 5 "given up" send --dry-run --attempts 1 \
	    -u https://127.0.0.1:1/ "$D/small"
	fails 1 "no place for uploads" send --dry-run -u "$URL/nowhere" \
	    "$D/small"
	fails 1 "not a sealed package" send --dry-run -u "$URL" "$D/s.key.pub"
	fails 2 "streams nothing" send --dry-run --no-spool -u "$URL"
	fails 2 "gives no receipt" send --dry-run --receipt r -u "$URL" \
	    "$D/small"
	[ "$(logged event=created)" -eq 0 ]
}

# window HOUR FROM TO: so many hours from that one; where a window ends, midnight
# is 24:00
window() {
	local from=$(((10#$1 + 24 + $2) % 24)) to=$(((10#$1 + 24 + $3) % 24))
	printf '%02d:00-%02d:00' "$from" $((to == 0 ? 24 : to))
}

@test "--window: another rate, at once and from the middle on" {
	inbox
	start=$SECONDS
	send -q -u "$URL" --window '00:00-24:00 1M' "$D/package"
	# 3 MB at 1 MiB/s; never faster
	[ $((SECONDS - start)) -ge 1 ]
	has_only "$D/package"
}

@test "--window: none in it: after the deadline, and how long to wait" {
	inbox
	now=$(window "$(TZ=UTC date +%H)" -1 2)
	export TZ=UTC
	fails 5 "nothing is sent in this window" send -u "$URL" \
	    --deadline 30 --window "$now 0" "$D/package"
	run --separate-stderr send --json -u "$URL" --deadline 30 \
	    --window "$now 0" --events-fd 4 "$D/package" 4>events
	[ "$status" -eq 5 ]
	jq -e '.status == "again" and ."retry-after" > 0 and
	    ."retry-after" <= 7200' <<<"$output"
	[ "$(events given-up)" -eq 1 ]
	[ "$(logged event=created)" -eq 0 ]
	# Another zone, in which it is another time of the day
	TZ=AAA-12 send -q -u "$URL" --window "$now 0" "$D/package"
	has_only "$D/package"
}

@test "--window: no windows, and ones that overlap" {
	for bad in '' 08:00-18:00 '8:00-18:00 1' '08:00-08:00 1' \
	    '08:00-25:00 1' '08:00-18:00 fast'; do
		fails 2 "is no window" send -u https://127.0.0.1:1/ \
		    --window "$bad" "$D/package"
	done
	fails 2 "overlaps" send -u https://127.0.0.1:1/ \
	    --window '22:00-06:00 0' --window '05:00-07:00 1M' "$D/package"
}

@test "Retry-After: in the JSON of exit 5, a number or a date" {
	cl='Content-Length: 0\r\n\r\n'
	canned "HTTP/1.1 503 \r\nRetry-After: 100000\r\n$cl"
	run --separate-stderr send --json -u "$URL" --deadline 60 "$D/package"
	[ "$status" -eq 5 ]
	jq -e '.ok == false and .status == "again" and
	    ."retry-after" == 100000' <<<"$output"
	canned "HTTP/1.1 429 \r\nRetry-After: $(TZ=UTC LC_ALL=C date \
	    -d '+1 day' '+%a, %d %b %Y %H:%M:%S GMT')\r\n$cl"
	run --separate-stderr send --json -u "$URL" --deadline 60 "$D/package"
	[ "$status" -eq 5 ]
	jq -e '."retry-after" > 80000 and ."retry-after" <= 86400' \
	    <<<"$output"
	# None asked for: none told
	canned "HTTP/1.1 503 \r\n$cl"
	run --separate-stderr send --json -u "$URL" --attempts 1 "$D/package"
	[ "$status" -eq 5 ]
	jq -e 'has("retry-after") | not' <<<"$output"
}

@test "--events-fd: what happened, one object a line" {
	inbox
	proxy -c 2 cut 3000000
	send -q -u "$VIA" --events-fd 4 "$D/big" 4>events
	has_only "$D/big"
	jq -se 'all(has("event") and has("time"))' events
	[ "$(jq -rs '.[0].event' events)" = connected ]
	[ "$(jq -rs '.[1].event' events)" = created ]
	[ "$(jq -rs '.[-1].event' events)" = receipt ]
	[ "$(jq -rs '.[-2].event' events)" = sent ]
	[ "$(events retry)" -eq 2 ]
	[ "$(events sent)" -eq 1 ]
	jq -se 'map(select(.event == "retry")) |
	    all(has("why") and has("wait-ms"))' events
	jq -se 'map(select(.event == "progress")) | length > 0 and
	    all(.acknowledged <= .total)' events
	jq -se '.[-1].accepted' events
	# A descriptor that is not there, and one that nobody reads
	fails 2 "--events-fd" send -u "$URL" --events-fd 77 "$D/package"
	send -q -u "$URL" --events-fd 4 "$D/package" 4> >(:)
}

@test "bulla-outbox hands windows and checksums on" {
	inbox
	h=$(TZ=UTC date +%H)
	export TZ=UTC
	box() {
		"$BULLA_BIN/bulla-outbox" --home ours "$@"
	}
	add() {
		box add -q -u "$URL" -K "$D/r.key.pub" \
		    --cacert "$D/tls/ca.pem" --cert "$D/tls/client.pem" \
		    --key "$D/tls/client.key" "$@"
	}
	run add --window 08:00 "$D/small"
	[ "$status" -eq 2 ]
	run add --window '08:00-10:00 1' --window '09:00-11:00 1' "$D/small"
	[ "$status" -eq 2 ]
	[[ $output == *overlaps* ]]
	add --checksum --window "$(window "$h" 2 -1) 0" \
	    --window "$(window "$h" -1 2) 5M" "$D/small"
	box run
	has_only "$D/small"
}
