#!/usr/bin/env bats
# Several inboxes on one bucket, at a store that does wrong what it is told to
# do wrong (tests/lib/s3liar.py). A real one: tests/interop/ceph.sh.
# shellcheck disable=SC2154,SC2030,SC2031 # run sets stderr; tests are subshells
bats_require_minimum_version 1.5.0
load ../lib/inbox.bash

setup_file() {
	way_setup_file
}

setup() {
	way_setup
	mkfifo port
	/usr/bin/python3 "$BATS_TEST_DIRNAME/../lib/s3liar.py" "$D/tls" . \
	    >port 2>liar 3>&- &
	LIAR=$!
	pids="$pids $LIAR"
	read -r STORE <port
	(umask 077 && cat >s3.conf) <<-END
	endpoint: https://localhost:$STORE
	region: eu-1
	access: me
	secret: CANARY4711
	ca: $D/tls/ca.pem
	part-size: 5M
	END
	SUM=$(sha "$D/package")
	ID=$(id_of "$D/package")
}

teardown() {
	way_teardown
	! grep -q CANARY log errors* || return 1
}

id_of() {
	tar -tf "$1" | head -n 1 | cut -d / -f 1
}

# open HOME: an inbox on it; its URL, INBOX, and its log in errors.HOME
open() {
	rm -f up
	mkfifo up
	# shellcheck disable=SC2086 # two options, or none
	"$BULLA_BIN/bulla-inbox" --home "$1" --listen 127.0.0.1:0 \
	    --tls-cert "$D/tls/server.pem" --tls-key "$D/tls/server.key" \
	    --client-ca "$D/tls/ca.pem" ${KEYS--i $D/r.key -K $D/s.key.pub} \
	    --store "${AT:-s3://abc/desk/}" --s3-conf s3.conf \
	    >up 2>>"errors.$1" 3>&- &
	INBOX=$!
	pids="$pids $INBOX"
	URL=
	read -r _ _ URL <up || :
	[ -n "$URL" ] || {
		cat "errors.$1"
		return 1
	}
}

# give [FILE]: sends it, the receipt in ./receipt
give() {
	rm -f receipt
	send -q -u "$URL" --receipt receipt "${1:-$D/package}"
}

# begin: the same, but it is not waited for
begin() {
	sender -q -u "$URL" --receipt receipt "$D/package" \
	    >sent 2>&1 3>&- &
	SENDER=$!
	pids="$pids $SENDER"
}

# object KEY: what the store has there, in ./object
object() {
	curl -sS --max-time 20 --cacert "$D/tls/ca.pem" -o object -f \
	    -H "x-amz-content-sha256: $(sha256sum </dev/null | cut -c 1-64)" \
	    "https://localhost:$STORE/abc/desk/$1"
}

# received HOME: the package, one receipt, and both are those of the store
received() {
	object "receipts/$SUM.note"
	cmp object "$1/receipts/$SUM.note"
	cmp object "$1/custody/$ID/0001-receive.note"
	[ "$(find "$1/custody" -name '*.note' | wc -l)" -eq 1 ]
	[ "$(find "$1/receipts" -name '*.note' | wc -l)" -eq 1 ]
	cmp "$D/package" "$1/packages/$ID.bulla"
	object "packages/$ID.bulla"
	cmp object "$D/package"
	object "ids/$ID"
	[ "$(cat object)" = "$SUM" ]
}

# stored REGEX: as often it was written successfully
stored() {
	grep -c "^PUT $1.* 200" log
}

@test "two inboxes: the first receipt is that of both" {
	open one
	give
	received one
	cp receipt first
	open two
	give
	cmp receipt first
	received two
	[ "$(stored '/abc/desk/receipts/')" -eq 1 ]
	[ "$(stored '/abc/desk/packages/')" -eq 1 ]
	# and both still know it without the store
	kill "$LIAR"
	give
	cmp receipt first
}

@test "a store behind the environment's proxy" {
	mkfifo proxy
	/usr/bin/python3 "$BATS_TEST_DIRNAME/../lib/connectproxy.py" \
	    >proxy 3>&- &
	pids="$pids $!"
	exec 6<proxy
	read -r port <&6
	https_proxy=http://127.0.0.1:$port open one
	read -r -t 60 line <&6
	[ "$line" = "CONNECT localhost:$STORE" ]
	give
	received one
	grep -q 'event=store .*proxy of $https_proxy is used' errors.one
}

@test "with rosters: another receiver of ours, and each ledger has it" {
	KEYS=
	"$BULLA_BIN/bulla-keygen" sign -n b.example/second -o second >/dev/null
	"$BULLA_BIN/bulla-keygen" sign -n b.example/third -o third >/dev/null
	"$BULLA_BIN/bulla-trust" --home a init -n a.example --person Lea >&2
	"$BULLA_BIN/bulla-trust" --home one init -n b.example --person Bo \
	    --add "receiver=$(cat second.pub)" --person Kim >&2
	"$BULLA_BIN/bulla-trust" --home one pin a/roster/ours.note >&2 \
	    --fingerprint "$("$BULLA_BIN/bulla-trust" --home a fingerprint ours)"
	cp -a one two
	cp second two/keys/receiver.key
	cp -a two three
	"$BULLA_BIN/bulla-seal" -q -i a/keys/sealer.key \
	    -R "$D/desk.age.pub" -o package "$D/r.key.pub" >/dev/null
	SUM=$(sha package)
	open two
	send -q -K second.pub -u "$URL" --receipt first package
	open one
	send -q -K second.pub -u "$URL" --receipt receipt package
	cmp first receipt
	for h in one two; do
		"$BULLA_BIN/bulla-ledger" --home $h prove -o proof.$h first >&2
	done
	# One that the roster does not have is nobody, whatever it signed
	"$BULLA_BIN/bulla-receive" -q --home x -i third \
	    -K a/keys/sealer.key.pub package >foreign
	echo "99 GET receipts/$SUM file foreign" >faults
	open three
	sender -q -K third.pub -u "$URL" package >sent 2>&1 3>&- &
	SENDER=$!
	pids="$pids $SENDER"
	until_in errors.three 'event=not-judged .*the receipt of package'
	[ "$(find three/receipts -name '*.note' | wc -l)" -eq 0 ]
}

@test "in parts" {
	open one
	give "$D/big"
	object "packages/$(id_of "$D/big").bulla"
	cmp object "$D/big"
	[ "$(grep -c 'PUT .*partNumber=' log)" -eq 4 ]
	[ -z "$(ls one/s3)" ]
}

@test "both at the same moment" {
	open one
	FIRST=$URL
	open two
	send -q -u "$FIRST" --receipt receipt.one "$D/package" >sent.one 3>&- &
	job=$!
	give
	wait "$job"
	cmp receipt receipt.one
	received one
	received two
	[ "$(stored '/abc/desk/receipts/')" -eq 1 ]
}

# killed_when FAULTS REGEX: an inbox that gets no further than that is killed,
# and goes on; one is its home
killed_when() {
	printf '%s\n' "$1" >faults
	open one
	begin
	until_in log "$2"
	kill -KILL "$INBOX"
	wait "$INBOX" || :
	kill "$SENDER"
	wait "$SENDER" || :
	[ ! -e receipt ]
	[ "$(find one/receipts -name '*.note' | wc -l)" -eq 0 ]
	rm -f faults
	open one
	give
	received one
	[ "$(stored '/abc/desk/receipts/')" -eq 1 ]
}

@test "killed when the id is claimed" {
	killed_when '99 PUT packages/ status 503 SlowDown' \
	    'PUT /abc/desk/packages/.* 503'
	[ "$(stored '/abc/desk/ids/')" -eq 1 ]
}

@test "killed when the package is there" {
	killed_when '99 PUT receipts/ status 503 SlowDown' \
	    'PUT /abc/desk/receipts/.* 503'
	[ "$(stored '/abc/desk/packages/')" -eq 1 ]
}

@test "killed when the receipt is there: that one is given" {
	killed_when '1 HEAD receipts/ status 404 NoSuchKey
99 HEAD receipts/ status 503 SlowDown' 'HEAD /abc/desk/receipts/.* 503'
}

@test "the store is away at the start, and in between" {
	printf '%s\n' '99 PUT . drop-before' '99 HEAD . drop-before' \
	    '99 GET . drop-before' >faults
	open one
	grep -q 'event=store-away reason=".*given up after 3 failures' \
	    errors.one
	begin
	until_in errors.one 'event=not-judged .*the shared store'
	answer=$(curl -sS -o /dev/null -w '%{http_code}' --max-time 20 \
	    --cacert "$D/tls/ca.pem" --cert "$D/tls/client.pem" \
	    --key "$D/tls/client.key" -H 'Tus-Resumable: 1.0.0' \
	    "$URL/receipts/$SUM")
	[ "$answer" = 202 ] || [ "$answer" = 503 ]
	[ "$(find one/packages one/custody one/receipts -type f | wc -l)" \
	    -eq 0 ]
	rm faults
	kill "$SENDER"
	wait "$SENDER" || :
	until_in errors.one 'event=judged .*result=receive'
	give
	received one
}

@test "a store that will not do ends the start" {
	echo '9 PUT probe status 404 NoSuchBucket' >faults
	run open one
	[[ $output == *"the bucket is not there"* ]]
	[ ! -e one/answers ]
	rm faults
	AT=s3://abc/key run open one
	[[ $output == *"a store is a prefix"* ]]
	rm s3.conf
	run open one
	[[ $output == *s3.conf* ]]
	[ ! -s log ] || ! grep -q ids log
	run "$BULLA_BIN/bulla-inbox" --home one --listen 127.0.0.1:0 \
	    --s3-conf x
	[ "$status" -eq 2 ]
	[[ $output == *"--s3-conf is for --store"* ]]
}

@test "a store where the first does not win says so, and serves one inbox" {
	echo '9 PUT probe unconditional' >faults
	open one
	grep -q 'event=store-not-shared' errors.one
	give
	received one
	rm faults
	ends
	echo '9 PUT probe status 501 NotImplemented' >faults
	open one
	[ "$(grep -c event=store-not-shared errors.one)" -eq 2 ]
}

# lies FILE: what is handed back as the receipt is this, and is not believed
lies() {
	printf '99 GET receipts/%s file %s\n' "$SUM" "$1" >faults
	open one
	begin
	until_in errors.one 'event=not-judged'
	grep -q 'reason="what the shared store has as the receipt' errors.one
	kill "$SENDER"
	wait "$SENDER" || :
	[ ! -e receipt ]
	[ "$(find one/receipts -name '*.note' | wc -l)" -eq 0 ]
	[ "$(find one/custody -name '*.note' | wc -l)" -eq 0 ]
	kill -KILL "$INBOX"
	wait "$INBOX" || :
	rm errors.one
}

@test "a receipt that is not ours, or not for this, is not taken" {
	"$BULLA_BIN/bulla-keygen" sign -n b.example/receiver -o x.key >/dev/null
	"$BULLA_BIN/bulla-receive" -q --home x -i x.key -K "$D/s.key.pub" \
	    "$D/package" >foreign
	"$BULLA_BIN/bulla-receive" -q --home y -i "$D/r.key" \
	    -K "$D/s.key.pub" "$D/big" >another
	cp "$D/package" damaged
	at=$(($(grep -abo 00000001.age damaged | head -n 1 | cut -d: -f1) + 600))
	printf overlaid | dd of=damaged bs=1 seek=$at conv=notrunc status=none
	"$BULLA_BIN/bulla-receive" -q --home y -i "$D/r.key" \
	    -K "$D/s.key.pub" damaged >reject || :
	grep -q '^event: reject' reject
	echo rubbish >rubbish
	for f in foreign another reject rubbish; do
		lies $f
	done
	rm faults
	open one
	give
	received one
}

@test "an id claimed for other bytes is no reject before a receipt says so" {
	other=$(sha "$D/big")
	echo "$other" >lie
	curl -sS --max-time 20 --cacert "$D/tls/ca.pem" -f -T lie \
	    -H "x-amz-content-sha256: $(sha lie)" \
	    "https://localhost:$STORE/abc/desk/ids/$ID"
	open one
	begin
	until_in errors.one 'event=not-judged .*which have no receipt yet'
	"$BULLA_BIN/bulla-receive" -q --home y -i "$D/r.key" \
	    -K "$D/s.key.pub" "$D/big" >another
	curl -sS --max-time 20 --cacert "$D/tls/ca.pem" -f -T another \
	    -H "x-amz-content-sha256: $(sha another)" \
	    "https://localhost:$STORE/abc/desk/receipts/$other.note"
	until_in errors.one 'event=not-judged .*it is not about this package'
	kill "$SENDER"
	wait "$SENDER" || :
	[ ! -e receipt ]
	[ "$(find one/packages one/receipts -type f | wc -l)" -eq 0 ]
}

@test "the storekeeper has the store's secret and no other, and is missed" {
	open one
	keeper=$(pgrep -P "$INBOX" -x storekeeper)
	signer=$(pgrep -P "$INBOX" -x signer)
	if [ "$(id -u)" -eq 0 ] && [[ $BULLA_BIN != */asan/* ]]; then
		cut -d+ -f5- "$D/r.key" | base64 -d | tail -c 32 >seed
		printf CANARY4711 >secret
		[ "$("$AID/inmem" "$signer" seed)" -ge 1 ]
		[ "$("$AID/inmem" "$keeper" seed)" -eq 0 ]
		[ "$("$AID/inmem" "$keeper" secret)" -ge 1 ]
		[ "$("$AID/inmem" "$signer" secret)" -eq 0 ]
	fi
	kill -KILL "$keeper"
	code=0
	wait "$INBOX" || code=$?
	[ "$code" -eq 3 ]
	grep -q 'the storekeeper process ended by signal 9' errors.one
}
