#!/usr/bin/env bats
# Two inboxes of one side: a home and a ledger each, one roster.
# shellcheck disable=SC2154,SC2030,SC2031 # run sets stderr; tests are subshells
bats_require_minimum_version 1.5.0
load ../lib/sides.sh
load ../lib/inbox.bash

setup() {
	: "${BULLA_BIN:=$BATS_TEST_DIRNAME/../../build/release/bin}"
	BULLA_BIN=$(cd "$BULLA_BIN" && pwd)
	D=$BATS_TEST_TMPDIR
	cd "$D"
	pids=
	unset https_proxy HTTPS_PROXY all_proxy ALL_PROXY BULLA_HOME
	sh "$BATS_TEST_DIRNAME/../lib/pki.sh" tls
	two_sides
	# A second home of b: the receiver's key, a log and a witness of its own
	mkdir -m 700 c c/keys
	cp b/keys/receiver.key* c/keys/
	cp -a b/roster c/
	bulla ledger --home c init -n b.example/log-c -w b.example/witness-c >&2
	bulla trust --home b propose -o next.note \
	    --add "log=$(cat c/keys/log.key.pub)" \
	    --add "witness=$(cat c/keys/witness.key.pub)" >&2
	for s in a b c; do
		bulla trust --home $s pin next.note >&2
	done
}

teardown() {
	way_teardown
}

# opens HOME: an inbox on it; its address in ./HOME.url, its pid in INBOX
opens() {
	rm -f up
	mkfifo up
	"$BULLA_BIN/bulla-inbox" --home "$1" --listen "127.0.0.1:${2:-0}" \
	    --tls-cert tls/server.pem --tls-key tls/server.key \
	    --client-ca tls/ca.pem >up 2>>log 3>&- &
	INBOX=$!
	pids="$pids $INBOX"
	read -r _ _ URL <up
	echo "$URL" >"$1.url"
}

# deliver HOME: a new package to the inbox of that home; OUT is what was said
deliver() {
	head -c 3000 /dev/urandom >blob
	bulla seal --home a -r b.example/desk --to b.example -f -o package blob
	bulla send --home a --cosign --cacert tls/ca.pem \
	    --cert tls/client.pem --key tls/client.key -f --receipt receipt \
	    -u "$(cat "$1.url")" package
}

@test "deliveries to two inboxes of one roster, in turns; one restored" {
	opens b
	opens c
	cp -a c c.old
	for i in 1 2 3; do
		for h in b c; do
			deliver $h
			[ "$(find $h/packages -name '*.bulla' | wc -l)" -eq $i ]
		done
	done
	for h in a b c; do
		bulla ledger --home $h check >&2
		[ ! -e $h/ledger/alarm ]
	done
	bulla ledger --home a monitor >&2
	# Each has every second package: gaps, and nothing else is found
	for h in b c; do
		run bulla ledger --home $h monitor
		[ "$status" -eq 13 ]
		run ! grep -v -e '^gap:' -e '^ok ' <<<"$output"
	done
	[ "$(find a/ledger/witness -size +1c | wc -l)" -ge 2 ]
	grep -q '^b.example/log$' a/ledger/shown/*
	grep -q '^b.example/log-c$' a/ledger/shown/*
	# One goes back to an old copy: that is seen, by its own log
	ends
	port=$(cut -d: -f3 c.url)
	mv c c.lost
	mv c.old c
	opens c "$port"
	run --separate-stderr deliver c
	echo "$stderr"
	[ "$status" -eq 1 ]
	[[ $stderr == *rollback*ALARM* ]]
	# The other goes on
	deliver b
}
