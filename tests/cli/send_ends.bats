#!/usr/bin/env bats
# bulla-send hashes a large package while it is sent. Until then the inbox
# finds it again by its ends; and what both make of packages that have those
# in common.
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

# ends_of FILE: as Upload-Metadata has it
ends_of() {
	local sum
	sum=$({
		printf '%016x' "$(stat -c %s "$1")" | xxd -r -p
		head -c 65536 "$1"
		tail -c 65536 "$1"
	} | sha256sum | cut -c 1-64)
	echo "Upload-Metadata: ends $(printf %s "$sum" | base64 -w 0)"
}

# twin FILE: $D/package but for one byte in the middle
twin() {
	local byte
	cp "$D/package" "$1"
	byte=$(dd if="$1" bs=1 skip=1500000 count=1 status=none | xxd -p)
	printf '%02x' $((0x$byte ^ 1)) | xxd -r -p |
		dd of="$1" bs=1 seek=1500000 conv=notrunc status=none
	! cmp -s "$1" "$D/package"
}

@test "what bulla-send began is found by anybody who knows its ends" {
	inbox
	sender -q -u "$URL" --limit-rate 3M "$D/big" 3>&- &
	s=$!
	pids="$pids $s"
	until_logged event=stored
	kill -KILL "$s"
	wait "$s" || :
	create "$(stat -c %s "$D/big")" -H "$(ends_of "$D/big")"
	[ "$(logged event=created)" -eq 1 ]
	ask "$UP" --head
	answered 200
	at=$(field Upload-Offset)
	[ "$at" -gt 0 ]
	# and is what that upload is called after a restart
	ends
	inbox
	was=$UP
	grep -q '^ends: ' home/incoming/up-*/state
	create "$(stat -c %s "$D/big")" -H "$(ends_of "$D/big")"
	[ "$UP" = "$was" ]
	# for another client it is not there
	AS=other create "$(stat -c %s "$D/big")" -H "$(ends_of "$D/big")"
	[ "$UP" != "$was" ]
	run -0 send -u "$URL" "$D/big"
	has_big=$(cmp home/packages/*.bulla "$D/big" && echo yes)
	[ "$has_big" = yes ]
	[ "$(logged event=created)" -eq 2 ]
}

@test "asked for by its digest while it is judged: not unknown" {
	inbox
	for p in $(cat "/proc/$INBOX/task/$INBOX/children"); do
		[ "$(cat "/proc/$p/comm")" != signer ] || signer=$p
	done
	kill -STOP "$signer"
	create "$(stat -c %s "$D/package")" -H "$(ends_of "$D/package")"
	patch 0 "$D/package"
	answered 204
	ask "/receipts/$(sha "$D/package")"
	answered 202
	kill -CONT "$signer"
	receipt_of "$D/package"
}

@test "a package that is there is not sent again" {
	inbox
	run -0 send --receipt one -u "$URL" "$D/big"
	run -0 send --receipt two -u "$URL" "$D/big"
	cmp one two
	[ "$(logged event=created)" -eq 1 ]
	has_only "$D/big"
	# nor when it is named by its digest, as others do
	create "$(stat -c %s "$D/big")" -H "Upload-Metadata: sha256 $(
		printf %s "$(sha "$D/big")" | base64 -w 0)"
	[[ $UP =~ ^/packages/[0-9a-f]{64}$ ]]
}

@test "the same ends, another middle: not taken for the one that is there" {
	inbox
	run -0 send -u "$URL" "$D/package"
	twin damaged
	[ "$(ends_of damaged)" = "$(ends_of "$D/package")" ]
	run --separate-stderr send -u "$URL" damaged
	echo "$status $stderr"
	[ "$status" -eq 1 ]
	[[ $stderr == *duplicate-id* || $stderr == *seal-broken* ]]
	has_only "$D/package"
	[ "$(logged event=created)" -eq 2 ]
	# which it was before as well
	run -0 send -u "$URL" "$D/package"
	[ "$(logged event=created)" -eq 2 ]
}

@test "the same ends, first the damaged one: the other is taken" {
	inbox
	twin damaged
	run --separate-stderr send -u "$URL" damaged
	[ "$status" -eq 1 ]
	[[ $stderr == *seal-broken* ]]
	run -0 send -u "$URL" "$D/package"
	has_only "$D/package"
}

@test "changed in the middle between two runs: what is there is not it" {
	inbox
	cp "$D/package" p
	sender -q -u "$URL" --limit-rate 1M p 3>&- &
	s=$!
	pids="$pids $s"
	until_logged event=created
	sleep 0.5
	kill -KILL "$s"
	wait "$s" || :
	twin p
	run --separate-stderr send -u "$URL" p
	echo "$status $stderr"
	[ "$status" -eq 1 ]
	[ -z "$(find home/packages -type f)" ] || has_only "$D/package"
	run -0 send -u "$URL" "$D/package"
	has_only "$D/package"
}

@test "ends that are none are as if nothing had been said" {
	inbox
	for v in '' abc "$(printf 'g%.0s' $(seq 64))" "$(printf '0%.0s' $(seq 66))"; do
		create 5000000 -H "Upload-Metadata: ends $(printf %s "$v" | base64 -w 0)"
		grep -qx 'sha256: -' "home/incoming/up-${UP#/packages/}/state"
	done
	# the digest is the better name
	create 5000000 -H "Upload-Metadata: ends $(printf '1%.0s' $(seq 64) |
		base64 -w 0),sha256 $(printf '2%.0s' $(seq 64) | base64 -w 0)"
	grep -qx "sha256: 2*" "home/incoming/up-${UP#/packages/}/state"
}
