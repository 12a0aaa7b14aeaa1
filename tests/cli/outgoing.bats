#!/usr/bin/env bats
# The outgoing area: offered by one side, fetched by the other, receipted.
# shellcheck disable=SC2154,SC2030,SC2031 # run sets stderr; tests are subshells
bats_require_minimum_version 1.5.0
load ../lib/sides.sh
load ../lib/inbox.bash

# b offers, a fetches; c is a side that b does not know
setup_file() {
	: "${BULLA_BIN:=$BATS_TEST_DIRNAME/../../build/release/bin}"
	BULLA_BIN=$(cd "$BULLA_BIN" && pwd)
	way_aid
	export BULLA_BIN AID
	cd "$BATS_FILE_TMPDIR" || return 1
	for s in a b c; do
		bulla trust --home $s init -n $s.example --person "Lea $s" >&2
		bulla trust --home $s tls make -n 127.0.0.1 >&2
		bulla trust --home $s propose -o next.$s --tls "$(bulla trust \
		    --home $s --json tls show | jq -r .fingerprint)" >&2
	done
	for s in "a b" "b a"; do
		set -- $s
		bulla trust --home "$1" pin "$2/roster/ours.note" \
		    --fingerprint "$(bulla trust --home "$2" fingerprint)" >&2
	done
	for s in a b c; do
		bulla trust --home $s pin next.$s >&2
	done
	bulla trust --home a pin next.b >&2
	bulla trust --home b pin next.a >&2
	head -c 3000000 /dev/urandom >blob
	bulla seal --home b -r a.example/desk --to a.example -o package \
	    blob >id
	bulla seal --home b -r a.example/desk --to x.example -o others \
	    blob >/dev/null
}

setup() {
	way_setup
	cp -a "$D/a" "$D/b" "$D/c" .
	ID=$(cat "$D/id")
	HERE=/outgoing/$ID.bulla
}

teardown() {
	way_teardown
}

# opens: b's inbox; URL, PORT, INBOX
opens() {
	started --home b "$@"
}

# get PATH OPTION...: curl as side $AS (a); answer in ./headers, ./body
get() {
	local path=$1
	shift
	: >headers
	: >body
	curl -sS --max-time 20 --path-as-is --cacert b/keys/tls.pem \
	    --cert "${AS:-a}/keys/tls.pem" --key "${AS:-a}/keys/tls.key" \
	    -D headers -o body "$@" "$URL$path"
}

offer() {
	bulla outbox --home b offer "$@"
}

@test "offered, listed, fetched, received, and the receipt goes back" {
	run --separate-stderr offer "$D/package"
	[ "$status" -eq 0 ]
	[ "$output" = "offered to a.example: outgoing/$ID.bulla" ]
	(cd b/outgoing/a.example && sha256sum --quiet --strict -c "$ID.bulla.sha256")
	[ -s b/custody/"$ID"/0002-relinquish.note ]
	grep -q '^to: a.example$' b/custody/"$ID"/0002-relinquish.note
	opens
	run --separate-stderr bulla fetch --home a --list "$URL"
	[ "$status" -eq 0 ]
	[ "$output" = "$(sha "$D/package")  $ID.bulla" ]
	run --separate-stderr bulla fetch --home a --json --list "$URL"
	jq -e --arg id "$ID" '.package == $id' <<<"$output"
	run --separate-stderr bulla fetch --home a "$URL$HERE"
	[ "$status" -eq 0 ]
	[[ $output == *"package $ID verified, from b.example"* ]]
	cmp "$ID.bulla" "$D/package"
	bulla receive --home a "$ID.bulla" >receipt
	run --separate-stderr bulla send --home a -u "$URL" --note receipt
	[ "$status" -eq 0 ]
	[ "$output" = "taken: receipt" ]
	run bulla custody --home b check "$ID"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"held by a.example"* ]]
	cmp b/custody/"$ID"/theirs/0001-receive.note receipt
	# again it is the same, and nothing is doubled
	bulla send --home a -u "$URL" --note receipt
	run --separate-stderr offer "$D/package"
	[ "$status" -eq 0 ]
	[[ $stderr == *"offered already"* ]]
	[ "$(find b/custody/"$ID" -name '*.note' | wc -l)" = 3 ]
	bulla ledger --home b check
	grep -q "event=given client=.* agency=a.example package=$ID status=200" log
}

@test "what is not offered" {
	fails() {
		local want=$1 why=$2
		shift 2
		run --separate-stderr "$@"
		[ "$status" -eq "$want" ]
		[ "$output" = "" ]
		[[ $stderr == *"$why"* ]]
		[ -z "$(find . -path '*/outgoing/*' -type f)" ]
		[ -z "$(find . -name '*relinquish*')" ]
	}
	fails 1 "not addressed to a.example" offer "$D/others"
	fails 1 "" offer "$D/blob"
	head -c 100000 "$D/package" >short
	fails 4 "" offer short
	fails 2 "no regular file" offer <(cat "$D/package")
	fails 3 "No such file" offer nothing
	fails 2 "offer which" offer
	fails 2 "counterpart's roster" bulla outbox --home c offer "$D/package"
	fails 1 "is not offered" bulla outbox --home b withdraw "$ID"
	fails 2 "32 hex" bulla outbox --home b withdraw ../a
	fails 2 "withdraw which" bulla outbox --home b withdraw
}

@test "ranges, tags, and heads" {
	offer "$D/package" >/dev/null
	opens
	size=$(stat -c %s "$D/package")
	tag="\"$(sha "$D/package")\""
	get "$HERE" -I
	answered 200
	[ "$(field Content-Length)" = "$size" ]
	[ "$(field ETag)" = "$tag" ]
	[ "$(field Accept-Ranges)" = bytes ]
	get "$HERE"
	answered 200
	cmp body "$D/package"
	part() {	# FROM LEN OPTION...
		local from=$1 len=$2
		shift 2
		get "$HERE" "$@"
		answered 206
		[ "$(field Content-Range)" = \
		    "bytes $from-$((from + len - 1))/$size" ]
		cmp body <(tail -c +$((from + 1)) "$D/package" | head -c "$len")
	}
	part 0 1 -H 'Range: bytes=0-0'
	part 1000000 1000 -H 'Range: bytes=1000000-1000999'
	part 100 $((size - 100)) -H 'Range: bytes=100-'
	part $((size - 7)) 7 -H 'Range: bytes=-7'
	part 0 "$size" -H "Range: bytes=-$((size + 5))"
	part $((size - 1)) 1 -H "Range: bytes=$((size - 1))-99999999999"
	part 5 5 -H 'Range: bytes=5-9' -H "If-Range: $tag"
	whole() {
		get "$HERE" "$@"
		answered 200
		cmp body "$D/package"
	}
	whole -H 'Range: bytes=5-9' -H 'If-Range: "other"'
	whole -H 'Range: bytes=5-9' -H 'If-Range: Sun, 22 Nov 2026 03:04:05 GMT'
	whole -H 'Range: bytes=5-9,20-30'
	whole -H 'Range: bytes=9-5'
	whole -H 'Range: bytes=-'
	whole -H 'Range: lines=1-2'
	whole -H 'Range: bytes=0x5-9'
	for r in "$size-" "99999999999-" "-0"; do
		get "$HERE" -H "Range: bytes=$r"
		answered 416
		[ "$(field Content-Range)" = "bytes */$size" ]
	done
	get "$HERE" -X POST -d x
	answered 405
	get "$HERE" -X DELETE
	answered 405
}

@test "for anybody else it does not exist" {
	offer "$D/package" >/dev/null
	# c comes in, by an authority, but is nobody in the roster
	opens
	AS=c get "$HERE"
	answered 403
	for p in "/outgoing/$ID" "/outgoing/" "/outgoing/$ID.bulla.sha256" \
	    "/outgoing/a.example/$ID.bulla" "/outgoing/../outgoing/$ID.bulla" \
	    /outgoing/00112233445566778899aabbccddeeff.bulla; do
		get "$p"
		answered 404
	done
	# what lies in another agency's directory, or is no plain file
	mkdir -p b/outgoing/x.example
	mv b/outgoing/a.example/"$ID".* b/outgoing/x.example
	get "$HERE"
	answered 404
	get /outgoing
	answered 200
	[ ! -s body ]
	ln -s ../x.example/"$ID.bulla" ../x.example/"$ID.bulla.sha256" \
	    b/outgoing/a.example
	get "$HERE"
	answered 404
	get /outgoing
	[ ! -s body ]
	rm b/outgoing/a.example/*
	mv b/outgoing/x.example/"$ID".* b/outgoing/a.example
	get "$HERE"
	answered 200
	# and without its digest it is not there yet
	rm b/outgoing/a.example/"$ID".bulla.sha256
	get "$HERE"
	answered 404
	ends
	# senders' keys alone name no agency: nothing is anybody's
	opens -K a/keys/sealer.key.pub --client-ca a/keys/tls.pem
	get "$HERE"
	answered 404
}

@test "withdrawn, offered again, and other bytes under the same id" {
	# an inbox that was there before anything was offered
	opens
	get /outgoing
	answered 200
	offer "$D/package" >/dev/null
	get "$HERE"
	answered 200
	cp "$D/package" changed
	printf x >>changed
	run --separate-stderr bulla outbox --home b withdraw "$ID"
	[ "$status" -eq 0 ]
	[ -z "$(find b/outgoing -type f)" ]
	get "$HERE"
	answered 404
	run --separate-stderr bulla fetch --home a --attempts 1 "$URL$HERE"
	[ "$status" -eq 1 ]
	[ "$output" = "" ]
	offer "$D/package" >/dev/null
	get "$HERE"
	answered 200
	run --separate-stderr offer changed
	[ "$status" -ne 0 ]
	(cd b/outgoing/a.example && sha256sum --quiet -c "$ID.bulla.sha256")
	# left by a run that died: neither half counts
	rm b/outgoing/a.example/"$ID".bulla.sha256
	printf junk >b/outgoing/a.example/"$ID".bulla.x
	mv b/outgoing/a.example/"$ID".bulla.x b/outgoing/a.example/"$ID".bulla
	offer "$D/package" >/dev/null
	cmp b/outgoing/a.example/"$ID".bulla "$D/package"
}

@test "the line is cut: it resumes, and the bytes are the same" {
	offer "$D/package" >/dev/null
	opens
	proxy -d cut 1000000
	run --separate-stderr bulla fetch --home a -o got "$VIA$HERE"
	[ "$status" -eq 0 ]
	cmp got "$D/package"
	[ "$(grep -c 'event=given.* status=206' log)" -ge 1 ]
}

@test "what is given counts as nothing that was received" {
	offer "$D/package"
	"$BULLA_BIN/bulla-inbox" --home b --listen 127.0.0.1:0 \
	    --status 127.0.0.1:0 >up 2>>log 3>&- &
	INBOX=$!
	pids="$pids $INBOX"
	for ((n = 0; n < 600; n++)); do
		! grep -q '^status at' up || break
		sleep 0.1
	done
	URL=$(sed -n 's/^listening on //p' up)
	get "$HERE"
	cmp body "$D/package"
	curl -sS --max-time 20 -o page "$(sed -n 's/^status at //p' up)/metrics"
	grep -qx 'bulla_inbox_received_bytes_total 0' page
}
