#!/usr/bin/env bats
# TLS keys: made, shown, followed by the next, and pinned instead of vouched for.
# shellcheck disable=SC2154,SC2030,SC2031 # run sets stderr; tests are subshells
bats_require_minimum_version 1.5.0
load ../lib/sides.sh
load ../lib/inbox.bash

# Two sides that have pinned each other's rosters
setup_file() {
	: "${BULLA_BIN:=$BATS_TEST_DIRNAME/../../build/release/bin}"
	BULLA_BIN=$(cd "$BULLA_BIN" && pwd)
	export BULLA_BIN
	cd "$BATS_FILE_TMPDIR" || return 1
	two_sides
	head -c 50000 /dev/urandom >blob
	bulla seal --home a -r b.example/desk --to b.example -o package \
	    blob >/dev/null
}

setup() {
	way_setup
	cp -a "$D/a" "$D/b" .
}

teardown() {
	way_teardown
}

tls() {
	bulla trust --home "$1" tls "${@:2}"
}

# lists HOME FILE [OPTION...]: the key of FILE comes into its roster, and into
# the other's
lists() {
	local home=$1 file=$2 other=b
	shift 2
	[ "$home" = a ] || other=a
	rm -f next.note
	bulla trust --home "$home" propose -o next.note \
	    --tls "$(spki "$file")${UNTIL:+=$UNTIL}" "$@" >&2
	bulla trust --home "$home" pin next.note >&2
	bulla trust --home "$other" pin next.note >&2
}

# opens OPTION...: b's inbox, by its rosters; URL, PORT, INBOX
opens() {
	started --home b "$@"
}

# deliver OPTION...: from a, with what its home has
deliver() {
	"$BULLA_BIN/bulla-send" --home a --attempts 2 -u "$URL" "$@"
}

# stays_out STATUS MESSAGE COMMAND...: nothing of a body is stored
stays_out() {
	local want=$1 why=$2
	shift 2
	run --separate-stderr "$@"
	[ "$status" -eq "$want" ] || {
		echo "$status, not $want: $stderr"
		cat log
		return 1
	}
	[ "$output" = "" ]
	[[ $stderr == *"$why"* ]] || {
		echo "$stderr"
		return 1
	}
	[ "$(grep -c -e event=stored -e event=created log)" = 0 ]
	[ -z "$(find b/packages -name '*.bulla' 2>/dev/null)" ]
}

@test "make: a key that nobody else reads, a certificate for its hosts" {
	run --separate-stderr tls a make -n inbox.a.example -n 127.0.0.1
	[ "$status" -eq 0 ]
	[ "$stderr" = "" ]
	[ "$(stat -c %a a/keys/tls.key)" = 600 ]
	[[ ${lines[0]} == "a/keys/tls.pem: CN=a.example, for inbox.a.example 127.0.0.1" ]]
	[[ $output == *"fingerprint  $(spki a/keys/tls.pem)"* ]]
	[[ $output == *"pin          sha256//$(openssl x509 -in a/keys/tls.pem \
	    -noout -pubkey | openssl pkey -pubin -outform DER |
	    openssl dgst -sha256 -binary | base64)"* ]]
	[[ $output == *"none lists it"* ]]
	openssl x509 -in a/keys/tls.pem -noout -checkhost inbox.a.example |
	    grep -q 'does match'
	openssl verify -x509_strict -purpose sslserver \
	    -CAfile a/keys/tls.pem a/keys/tls.pem
	openssl verify -x509_strict -purpose sslclient \
	    -CAfile a/keys/tls.pem a/keys/tls.pem
	[ "$(openssl pkey -in a/keys/tls.key -pubout)" = \
	    "$(openssl x509 -in a/keys/tls.pem -noout -pubkey)" ]
	# never another in its place
	before=$(sha256sum a/keys/tls.*)
	run --separate-stderr tls a make
	[ "$status" -eq 2 ]
	[ "$output" = "" ]
	[[ $stderr == *"there is a TLS key already: bulla-trust tls next"* ]]
	[ "$before" = "$(sha256sum a/keys/tls.*)" ]
}

@test "make: what is asked wrongly" {
	refused() {
		local want=$1 why=$2
		shift 2
		run --separate-stderr "$@"
		[ "$status" -eq "$want" ]
		[ "$output" = "" ]
		[[ $stderr == *"$why"* ]]
		[ ! -e a/keys/tls.key ]
	}
	refused 2 "neither a DNS name" tls a make -n 'a b'
	refused 2 "neither a DNS name" tls a make -n good -n '*.example'
	refused 2 "end before it begins" tls a make --expires 2020-01-01
	refused 2 "not a time" tls a make --expires soon
	refused 2 "tls make, tls next" tls a
	refused 2 "tls make, tls next" tls a renew
	refused 2 "tls make, tls next" tls a make file
	refused 2 "no TLS key yet" tls a next
	refused 2 "no next TLS key" tls a switch
	refused 2 "no TLS key in the home" tls a show
	refused 1 "no PEM certificate" tls a show "$D/a/roster/ours.note"
	refused 3 "No such file" tls a show nothing
}

@test "show: ours and the next, files of others, and JSON" {
	tls a make -n inbox.a.example >/dev/null
	tls a next >/dev/null
	tls b make >/dev/null
	run --separate-stderr tls a show
	[ "$status" -eq 0 ]
	[ "$stderr" = "" ]
	[[ $output == *"a/keys/tls.pem: "*"a/keys/tls-next.pem: "* ]]
	[[ $output == *"bulla-send --cacert a/keys/tls.pem --pin sha256//"*" -u https://inbox.a.example/"* ]]
	[[ $output == *"bulla-inbox --client-ca a/keys/tls.pem"* ]]
	run --separate-stderr bulla trust --home a --json tls show b/keys/tls.pem
	[ "$status" -eq 0 ]
	jq -e --arg f "$(spki b/keys/tls.pem)" '.fingerprint == $f and
	    .client and (.server | not) and .self_signed and
	    (.authority | not) and .roster == null and
	    (.ends_soon | not)' <<<"$output"
	# of 730, as soon as a second has passed
	jq -e '.days_left | . == 730 or . == 729' <<<"$output"
	lists b b/keys/tls.pem
	run --separate-stderr bulla trust --home a --json tls show b/keys/tls.pem
	jq -e '.roster == "theirs"' <<<"$output"
}

@test "next and switch: not before our roster lists it, and finished when cut" {
	tls a make -n inbox.a.example >/dev/null
	lists a a/keys/tls.pem
	tls a next >/dev/null
	new=$(spki a/keys/tls-next.pem)
	[[ $(tls a show a/keys/tls-next.pem) == *"for inbox.a.example"* ]]
	run --separate-stderr tls a next
	[ "$status" -eq 2 ]
	[[ $stderr == *"next TLS key already"* ]]
	run --separate-stderr tls a switch
	[ "$status" -eq 2 ]
	[ "$output" = "" ]
	[[ $stderr == *"does not list"* ]]
	[ "$(spki a/keys/tls.pem)" != "$new" ]
	lists a a/keys/tls-next.pem
	# a run that died after the key had moved
	mv a/keys/tls-next.key a/keys/tls.key
	run --separate-stderr tls a switch
	[ "$status" -eq 0 ]
	[ "$(spki a/keys/tls.pem)" = "$new" ]
	[ "$(openssl pkey -in a/keys/tls.key -pubout)" = \
	    "$(openssl x509 -in a/keys/tls.pem -noout -pubkey)" ]
	[ ! -e a/keys/tls-next.pem ]
	# and a next certificate whose key is lost is not taken for one
	tls a next >/dev/null
	rm a/keys/tls-next.key
	run --separate-stderr tls a switch
	[ "$status" -eq 2 ]
	[[ $stderr == *"has no key"* ]]
	[ "$(spki a/keys/tls.pem)" = "$new" ]
}

@test "what ends within 30 days is marked" {
	tls a make --expires "$(date -u -d '+10 days 1 hour' +%FT%TZ)" >out
	grep -q '! the certificate ends in 10 days (20.*): bulla-trust tls next' out
	UNTIL=$(date -u -d '+5 days 1 hour' +%FT%TZ) lists a a/keys/tls.pem
	tls a show >out
	grep -q '! its line in the roster ends in 5 days' out
	bulla trust --home a show ours >out
	grep -q '! ends in 5 days' out
	bulla trust --home a --json tls show | jq -e '.ends_soon'
}

@test "a server is trusted by its key in the roster, and by no authority" {
	tls a make >/dev/null
	tls b make -n 127.0.0.1 >/dev/null
	opens --tls-cert b/keys/tls.pem --tls-key b/keys/tls.key \
	    --client-ca a/keys/tls.pem
	# in no roster: only an authority could vouch for it
	stays_out 1 "not the server that we trust" deliver "$D/package"
	lists b b/keys/tls.pem
	# what a certificate is for and which host it names still counts
	stays_out 1 "not the server that we trust" deliver \
	    -u "https://localhost:$PORT/" "$D/package"
	# a pin that is given is no roster: it comes beside an authority
	stays_out 1 "not the server that we trust" deliver \
	    --pin "$(spki b/keys/tls.pem)" "$D/package"
	run --separate-stderr deliver "$D/package"
	[ "$status" -eq 0 ]
	[[ $output == "received by b.example/receiver"* ]]
	# and so is a note sent
	bulla trust --home a propose -o r2 >&2
	run --separate-stderr bulla send --home a -u "$URL" --note r2
	[ "$status" -eq 0 ]
}

@test "a pinned server: expired, of no server, another key, TLS 1.2" {
	tls a make >/dev/null
	tls b make -n 127.0.0.1 >/dev/null
	openssl req -x509 -new -key b/keys/tls.key -subj /CN=b -days 30 \
	    -addext 'subjectAltName=IP:127.0.0.1' \
	    -addext 'extendedKeyUsage=clientAuth' -out usage.pem 2>/dev/null
	lists b b/keys/tls.pem
	serve() {
		opens --tls-cert "$1" --tls-key "$2" --client-ca a/keys/tls.pem
	}
	serve usage.pem b/keys/tls.key
	stays_out 1 "not the server that we trust" deliver "$D/package"
	ends
	"$BULLA_BIN/bulla-trust" --home c tls make -n 127.0.0.1 >/dev/null
	serve c/keys/tls.pem c/keys/tls.key
	stays_out 1 "not the server that we trust" deliver "$D/package"
	ends
	rm b/keys/tls.pem
	mv b/keys/tls.key k
	faketime -f -800d openssl req -x509 -newkey ec -pkeyopt \
	    ec_paramgen_curve:P-256 -noenc -days 700 -subj /CN=b \
	    -addext subjectAltName=IP:127.0.0.1 -addext \
	    extendedKeyUsage=serverAuth -keyout b/keys/tls.key \
	    -out b/keys/tls.pem 2>/dev/null
	lists b b/keys/tls.pem
	serve b/keys/tls.pem b/keys/tls.key
	stays_out 1 "expired" deliver "$D/package"
	ends
	openssl s_server -quiet -accept "127.0.0.1:$PORT" -tls1_2 -www \
	    -cert c/keys/tls.pem -key c/keys/tls.key 2>/dev/null 3>&- &
	pids="$pids $!"
	wait_for_port
	stays_out 5 "protocol version" deliver --attempts 1 "$D/package"
}

# openssl says nothing when it is ready
wait_for_port() {
	local n
	for ((n = 0; n < 100; n++)); do
		(exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null && return
		sleep 0.1
	done
	return 1
}

@test "what ends soon is said by those who rely on it" {
	tls a make --expires "$(date -u -d '+10 days 1 hour' +%FT%TZ)" >/dev/null
	tls b make -n 127.0.0.1 >/dev/null
	UNTIL=$(date -u -d '+5 days 1 hour' +%FT%TZ) lists b b/keys/tls.pem
	opens --tls-cert b/keys/tls.pem --tls-key b/keys/tls.key \
	    --client-ca a/keys/tls.pem
	run --separate-stderr deliver -q "$D/package"
	[ "$status" -eq 0 ]
	[[ $stderr == *"tls.pem: our TLS certificate ends in 10 days"* ]]
	[[ $stderr == *"the last TLS key in the roster of b.example ends in 5 days"* ]]
}

@test "two sides with rosters need no authority, and no option but the home" {
	tls a make >/dev/null
	tls b make -n 127.0.0.1 >/dev/null
	lists a a/keys/tls.pem
	lists b b/keys/tls.pem
	opens
	run --separate-stderr deliver "$D/package"
	[ "$status" -eq 0 ]
	[[ $output == "received by b.example/receiver"* ]]
	# the next key, before and after both sides have heard of it
	tls a next >/dev/null
	run --separate-stderr deliver --cert a/keys/tls-next.pem \
	    --key a/keys/tls-next.key "$D/package"
	[ "$status" -eq 1 ]
	[[ $stderr == *"none of those in the roster"* ]]
	lists a a/keys/tls-next.pem
	tls a switch >/dev/null
	run --separate-stderr deliver "$D/package"
	[ "$status" -eq 0 ]
	ends
}

@test "a switched key, a new start, and the upload under way goes on" {
	tls a make >/dev/null
	tls b make -n 127.0.0.1 >/dev/null
	lists a a/keys/tls.pem
	lists b b/keys/tls.pem
	tls b next >/dev/null
	lists b b/keys/tls-next.pem
	head -c 4000000 /dev/urandom >blob
	bulla seal --home a -r b.example/desk --to b.example -o big blob >id
	opens
	"$BULLA_BIN/bulla-send" --home a -u "$URL" --limit-rate 1M \
	    --attempts 50 --events-fd 4 big >said 2>told 4>events 3>&- &
	sending=$!
	pids="$pids $sending"
	for ((i = 0; i < 200; i++)); do
		[ -z "$(find b/incoming -name data -size +100k)" ] || break
		sleep 0.1
	done
	[ "$i" -lt 200 ]
	old=$(spki b/keys/tls.pem)
	tls b switch >/dev/null
	[ "$(spki b/keys/tls.pem)" != "$old" ]
	ends HUP
	[ "$(find b/incoming -name 'up-*' | wc -l)" -eq 1 ]
	opens
	wait "$sending" || {
		cat told log
		return 1
	}
	grep -q '^received by b.example/receiver' said
	grep -q '"event":"resumed"' events
	[ "$(grep -c event=created log)" -eq 1 ]
	grep -q 'event=found' log
	cmp big "b/packages/$(cat id).bulla"
	[ "$(openssl s_client -connect "127.0.0.1:$PORT" </dev/null 2>/dev/null |
	    openssl x509 -noout -pubkey | openssl pkey -pubin -outform DER |
	    sha256sum | cut -c 1-64)" = "$(spki b/keys/tls.pem)" ]
}

@test "clients that their roster does not list stay strangers" {
	tls a make >/dev/null
	tls b make -n 127.0.0.1 >/dev/null
	tls c make >/dev/null
	lists b b/keys/tls.pem
	UNTIL=now lists a a/keys/tls.pem
	opens
	stays_out 1 "not let in at this time" deliver "$D/package"
	stays_out 1 "none of those in the roster" deliver \
	    --cert c/keys/tls.pem --key c/keys/tls.key "$D/package"
	# the certificate of one who is listed does not help without its key
	stays_out 1 "cannot be used" deliver \
	    --cert a/keys/tls.pem --key c/keys/tls.key "$D/package"
	[ "$(grep -c event=unknown-agency log)" -ge 1 ]
	[ "$(grep -c event=suspended-agency log)" -ge 1 ]
}

@test "strangers whose keys nobody lists do not fill the log" {
	tls a make >/dev/null
	tls b make -n 127.0.0.1 >/dev/null
	tls c make >/dev/null
	lists a a/keys/tls.pem
	opens
	yes "url = $URL/packages" | head -n 200 >urls
	curl -sS --max-time 60 --parallel --parallel-max 20 -K urls \
	    --cacert b/keys/tls.pem --cert c/keys/tls.pem \
	    --key c/keys/tls.key -X OPTIONS >answers || :
	grep -q event=unknown-agency log
	# 20 a second; one of the clock's seconds can have parts of two of ours
	run awk '/event=(unknown-agency|refused) / { n[$1]++ }
	    END { for (t in n) if (n[t] > 40) print t, n[t] }' log
	echo "$output"
	[ -z "$output" ]
}

@test "an inbox does not start when nobody would be let in, or without a key" {
	fails() {
		local why=$1
		shift
		run --separate-stderr "$BULLA_BIN/bulla-inbox" --home b \
		    --listen 127.0.0.1:0 "$@"
		[ "$status" -eq 2 ]
		[ "$output" = "" ]
		[[ $stderr == *"$why"* ]]
	}
	fails "no TLS certificate"
	tls b make -n 127.0.0.1 >/dev/null
	fails "which clients are let in?"
	fails "which clients are let in?" -K b/keys/sealer.key.pub
	fails "belong together" --tls-cert b/keys/tls.pem
}

@test "systemd takes the unit file" {
	command -v systemd-analyze >/dev/null || {
		echo "# SKIP: no systemd-analyze here" >&3
		return 0
	}
	mkdir bin
	ln -s "$BULLA_BIN/bulla-inbox" bin
	# It looks for the program
	sed "s|/usr/local/bin/|$PWD/bin/|" \
	    "$BATS_TEST_DIRNAME/../../docs/bulla-inbox.service" >bulla-inbox.service
	grep -q "^ExecStart=$PWD/bin/bulla-inbox --listen" bulla-inbox.service
	run --separate-stderr systemd-analyze verify --man=no ./bulla-inbox.service
	[ "$status" -eq 0 ]
	[ -z "$output$stderr" ]
	# The test can fail
	sed -i 's/^Type=.*/Type=wrong/; s/^User=.*/Usr=x/' bulla-inbox.service
	run systemd-analyze verify --man=no ./bulla-inbox.service
	[ -n "$output" ]
}
