#!/usr/bin/env bats
# What becomes of packages that are rejected: kept for a person, for a time,
# within a limit, and never given to anybody.
# shellcheck disable=SC2154,SC2030,SC2031 # run sets stderr; tests are subshells
bats_require_minimum_version 1.5.0
load ../lib/inbox.bash

# spoilt OUT TEXT: the package with TEXT over some of its evidence
spoilt() {
	local at
	at=$(($(grep -abo 00000001.age package | head -n 1 | cut -d: -f1) + 600))
	cp package "$1"
	printf '%s' "$2" | dd of="$1" bs=1 seek="$at" conv=notrunc status=none
}

setup_file() {
	way_setup_file
	spoilt one overlaid
	spoilt two OVERLAID
}

setup() {
	way_setup
	one=$(sha "$D/one")
	two=$(sha "$D/two")
	size=$(stat -c %s "$D/one")
}

teardown() {
	way_teardown
}

# rejected FILE: sends it, and the answer is a signed reject, in ./said
rejected() {
	run --separate-stderr send -u "$URL" -f --receipt said "$1"
	echo "$status: $stderr"
	[ "$status" -eq 1 ]
	grep -qx 'reason: seal-broken' said
}

# there N: so many packages are kept, each with its note, and nothing else
there() {
	[ "$(find home/quarantine -name '*.bulla' | wc -l)" -eq "$1" ] &&
	[ "$(find home/quarantine -name '*.note' | wc -l)" -eq "$1" ] &&
	[ "$(find home/quarantine -mindepth 1 | wc -l)" -eq $((2 * $1 + 1)) ]
}

# with_status: an inbox that has a status page; STATUS is where
with_status() {
	local line
	rm -f up
	mkfifo up
	"$BULLA_BIN/bulla-inbox" --home home --json --listen 127.0.0.1:0 \
	    --status 127.0.0.1:0 --tls-cert "$D/tls/server.pem" \
	    --tls-key "$D/tls/server.key" --client-ca "$D/tls/ca.pem" \
	    -i "$D/r.key" -K "$D/s.key.pub" >up 2>>log 3>&- &
	INBOX=$!
	pids="$pids $INBOX"
	read -r line <up
	URL=$(jq -r .listening <<<"$line")
	STATUS=$(jq -r .status <<<"$line")
}

# gauge NAME: of the metrics
gauge() {
	curl -sS "$STATUS/metrics" | sed -n "s/^bulla_inbox_$1 //p"
}

@test "a package that does not verify is kept with its reject, once" {
	with_status
	[ "$(gauge quarantine_bytes)" = 0 ]
	[ "$(gauge quarantine_packages)" = 0 ]
	rejected "$D/one"
	cmp "$D/one" "home/quarantine/$one.bulla"
	cmp said "home/quarantine/$one.note"
	[ "$(stat -c %a home/quarantine home/quarantine/*.* | sort -u |
	    xargs)" = '600 700' ]
	there 1
	[ "$(logged "event=quarantined sha256=$one .*reject=seal-broken")" -eq 1 ]
	[ "$(gauge quarantine_bytes)" = "$size" ]
	[ "$(gauge quarantine_packages)" = 1 ]
	inode=$(stat -c %i "home/quarantine/$one.bulla")
	cp said first
	# By another client: judged again, and the same answer
	AS=other rejected "$D/one"
	cmp first said
	there 1
	[ "$(stat -c %i "home/quarantine/$one.bulla")" = "$inode" ]
	[ "$(logged "event=quarantined sha256=$one .*known=yes")" -eq 1 ]
	rejected "$D/two"
	there 2
	[ "$(gauge quarantine_bytes)" = $((2 * size)) ]
	# Nobody gets it back
	for p in "/quarantine/$one.bulla" /quarantine "/packages/$one" \
	    "/outgoing/$one.bulla" "/quarantine/../quarantine/$one.bulla"; do
		ask "$p"
		[[ $(head -n 1 headers) == *" 40"[0345]* ]]
		run ! cmp -s body "$D/one"
	done
	# The good one is taken all the same
	send -q -u "$URL" "$D/package"
	there 2
}

@test "it goes after its time, and when it is removed by hand" {
	inbox
	rejected "$D/one"
	rejected "$D/two"
	ends
	touch -d '31 days ago' "home/quarantine/$one.bulla"
	touch -d '29 days ago' "home/quarantine/$two.bulla"
	with_status
	for ((i = 0; i < 100; i++)); do
		[ "$(logged 'event=quarantine-removed packages=1')" -eq 0 ] ||
			break
		sleep 0.1
	done
	there 1
	cmp "$D/two" "home/quarantine/$two.bulla"
	[ "$(gauge quarantine_packages)" = 1 ]
	ends
	rm "home/quarantine/$two.bulla"
	inbox --quarantine days=29
	for ((i = 0; i < 100; i++)); do
		! there 0 || break
		sleep 0.1
	done
	there 0
	# What was said stays
	[ -e "home/receipts/$one.note" ]
	[ -e "home/receipts/$two.note" ]
}

@test "beyond the limit the oldest goes; what is too long is not kept" {
	inbox --quarantine "bytes=$((2 * size - 1))"
	rejected "$D/one"
	touch -d '1 hour ago' "home/quarantine/$one.bulla"
	rejected "$D/two"
	there 1
	[ -e "home/quarantine/$two.bulla" ]
	ends
	inbox --quarantine bytes=1000
	rejected "$D/one"
	[ -e "home/receipts/$one.note" ]
	there 0
	[ "$(logged "event=not-quarantined sha256=$one .*takes 1000 now")" -eq 1 ]
	run ! logged "event=quarantined sha256=$one .*known"
	ends
	inbox --quarantine bytes=0
	rejected "$D/two"
	there 0
	[ "$(logged "event=not-quarantined sha256=$two")" -eq 1 ]
}

@test "a tenth of the free space at the most" {
	small_home 27m
	receive() {
		"$BULLA_BIN/bulla-receive" --home home -i "$D/r.key" \
		    -K "$D/s.key.pub" "$@"
	}
	run --separate-stderr receive "$D/one"
	[ "$status" -eq 1 ]
	[[ $stderr == *"not kept in quarantine: it has $size bytes"* ]]
	mount -o remount,size=40m home
	run --separate-stderr receive "$D/one"
	[ "$status" -eq 1 ]
	[[ $stderr == *"kept as quarantine/$one.bulla"* ]]
	there 1
	# Others take the room
	head -c 15000000 /dev/zero >home/other
	run --separate-stderr receive "$D/two"
	[ "$status" -eq 1 ]
	[[ $stderr == *"not kept in quarantine"* ]]
	[ ! -e "home/quarantine/$two.bulla" ]
}

@test "bulla-receive does the same" {
	run --separate-stderr "$BULLA_BIN/bulla-receive" --home home \
	    -i "$D/r.key" -K "$D/s.key.pub" --json "$D/one"
	[ "$status" -eq 1 ]
	jq -e '.quarantined and .existed == false' <<<"$output"
	cmp "$D/one" "home/quarantine/$one.bulla"
	jq -j .receipt <<<"$output" | cmp - "home/quarantine/$one.note"
	run --separate-stderr "$BULLA_BIN/bulla-receive" --home home \
	    -i "$D/r.key" -K "$D/s.key.pub" --json --quarantine bytes=0 "$D/two"
	[ "$status" -eq 1 ]
	jq -e '.quarantined == false' <<<"$output"
	there 1
	# The inbox knows it
	inbox
	rejected "$D/one"
	cmp said "home/quarantine/$one.note"
	there 1
}

@test "limits that are none" {
	for l in '' days days=0 days=3661 days=1d bytes=-1 bytes=x secs=3 \
	    bytes=1,,days=1 "bytes=1,"; do
		run --separate-stderr "$BULLA_BIN/bulla-receive" --home home \
		    --quarantine "$l" -K "$D/s.key.pub" "$D/one"
		echo "$l: $status $stderr"
		[ "$status" -eq 2 ]
		[[ $stderr == *"--quarantine: \"$l\" is not of bytes=N"* ]]
	done
	run --separate-stderr "$BULLA_BIN/bulla-inbox" --home home \
	    --quarantine days=x --listen 127.0.0.1:0
	[ "$status" -eq 2 ]
	[[ $stderr == *"--quarantine: \"days=x\""* ]]
}

@test "answers that say no are forgotten after 30 days, receipts are not" {
	inbox
	rejected "$D/one"
	rejected "$D/two"
	send -q -u "$URL" "$D/package"
	head -c 1000 /dev/zero >junk
	create 1000 -H "Upload-Metadata: sha256 $(printf %s "$(sha junk)" |
	    openssl base64 -A)"
	patch 0 junk
	for ((i = 0; i < 100; i++)); do
		ask "/receipts/$(sha junk)"
		grep -q '^HTTP/1.1 202' headers || break
		sleep 0.1
	done
	answered 422
	ends
	# what was received is known by its digest and by its ends
	[ "$(find home/answers -type f | wc -l)" -eq 5 ]
	find home/answers -type f -exec touch -d '31 days ago' {} +
	touch -d '29 days ago' home/answers/*/"$two"
	inbox
	for ((i = 0; i < 100; i++)); do
		[ "$(logged 'event=forgotten answers=2')" -eq 0 ] || break
		sleep 0.1
	done
	[ "$(find home/answers -type f | wc -l)" -eq 3 ]
	ask "/receipts/$(sha "$D/package")"
	answered 200
	ask "/receipts/$two"
	answered 200
	ask "/receipts/$one"
	answered 404
	run send -q -u "$URL" "$D/one"
	[ "$status" -eq 1 ]
}
