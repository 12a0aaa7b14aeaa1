# inbox.bash: what the bats files of send and inbox share.
# shellcheck shell=bash disable=SC2154 # bats sets status and stderr
# Servers listen on loopback, any port, and are ended by their own pid.

# AID: the helper programs, of the build that is tested; one without them of
# its own (a sanitizer's, with BULLA_BUILD) has those of the release beside it
way_aid() {
	AID=$BULLA_BIN/../aid
	[ -z "${BULLA_BUILD-}" ] || AID=$BULLA_BUILD/release/aid
	[ -d "$AID" ] || AID=$BULLA_BIN/../../release/aid
	AID=$(cd "$AID" && pwd) || {
		echo "no helper programs: make aids"
		return 1
	}
}

# Once for a file: certificates, keys and packages, in $BATS_FILE_TMPDIR
way_setup_file() {
	: "${BULLA_BIN:=$BATS_TEST_DIRNAME/../../build/release/bin}"
	BULLA_BIN=$(cd "$BULLA_BIN" && pwd)
	way_aid
	export BULLA_BIN AID
	cd "$BATS_FILE_TMPDIR" || return 1
	sh "$BATS_TEST_DIRNAME/../lib/pki.sh" tls
	"$BULLA_BIN/bulla-keygen" sign -n b.example/receiver -o r.key >/dev/null
	"$BULLA_BIN/bulla-keygen" sign -n a.example/sealer -o s.key >/dev/null
	"$BULLA_BIN/bulla-keygen" age -o desk.age >/dev/null
	head -c 3000000 /dev/urandom >blob
	seal package blob
	head -c 20000000 /dev/urandom >blob
	seal big blob
	rm blob
}

# seal OUT PATH...
seal() {
	local out=$1
	shift
	"$BULLA_BIN/bulla-seal" -q -i "$BATS_FILE_TMPDIR/s.key" \
	    -R "$BATS_FILE_TMPDIR/desk.age.pub" -o "$out" "$@" >/dev/null
}

way_setup() {
	D=$BATS_FILE_TMPDIR
	cd "$BATS_TEST_TMPDIR" || return 1
	pids=
	unset https_proxy HTTPS_PROXY all_proxy ALL_PROXY BULLA_HOME
}

# Asked to end first, so that a sanitizer gets to say what it has to say
way_teardown() {
	local p n
	for p in $pids; do
		kill -TERM "$p" 2>/dev/null || :
	done
	for p in $pids; do
		for ((n = 0; n < 100; n++)); do
			kill -0 "$p" 2>/dev/null || continue 2
			sleep 0.1
		done
		kill -KILL "$p" 2>/dev/null || :
	done
	[ -z "${MOUNTED-}" ] || umount "$MOUNTED"
}

# small_home SIZE: ./home is a disk of its own, until the teardown
small_home() {
	mkdir home
	mount -t tmpfs -o "size=$1,mode=700" tmpfs home 2>/dev/null ||
		skip "cannot mount a tmpfs here"
	MOUNTED=$BATS_TEST_TMPDIR/home
}

# started OPTION...: an inbox, on the port of the last one; sets URL, PORT and
# INBOX. $UNDER may name a command that starts it.
started() {
	rm -f up
	mkfifo up
	$UNDER "$BULLA_BIN/bulla-inbox" --listen "127.0.0.1:${PORT:-0}" \
	    "$@" >up 2>>log 3>&- &
	INBOX=$!
	pids="$pids $INBOX"
	URL=
	read -r _ _ URL <up || :
	[ -n "$URL" ] || {
		cat log
		return 1
	}
	PORT=${URL##*:}
}

# inbox [OPTION...]: starts one on ./home
inbox() {
	started --home home \
	    --tls-cert "${CERT:-$D/tls/server.pem}" \
	    --tls-key "${CERT_KEY:-$D/tls/server.key}" \
	    --client-ca "$D/tls/ca.pem" -i "$D/r.key" -K "$D/s.key.pub" "$@"
}

# ends [SIGNAL]: ends the inbox, returns its exit status
ends() {
	kill -"${1:-TERM}" "$INBOX"
	wait "$INBOX"
}

# proxy ARG...: a cutproxy before the inbox, sets VIA
proxy() {
	rm -f via
	mkfifo via
	"$AID/cutproxy" "$@" "127.0.0.1:$PORT" >via 3>&- &
	pids="$pids $!"
	read -r VIA <via
	VIA=https://127.0.0.1:$VIA
}

# send OPTION...: as the client named by $AS
send() {
	"$BULLA_BIN/bulla-send" -K "$D/r.key.pub" --cacert "$D/tls/ca.pem" \
	    --cert "$D/tls/${AS:-client}.pem" \
	    --key "$D/tls/${AS:-client}.key" "$@"
}

# sender OPTION...: the same, for the background: the pid is the tool's own, and
# not that of a shell that waits for it
sender() {
	exec "$BULLA_BIN/bulla-send" -K "$D/r.key.pub" \
	    --cacert "$D/tls/ca.pem" --cert "$D/tls/${AS:-client}.pem" \
	    --key "$D/tls/${AS:-client}.key" "$@"
}

# ask PATH OPTION...: curl, as the client named by $AS; answer in ./headers, ./body
ask() {
	local path=$1
	shift
	: >headers
	: >body
	curl -sS --max-time 20 --path-as-is --cacert "$D/tls/ca.pem" \
	    --cert "$D/tls/${AS:-client}.pem" \
	    --key "$D/tls/${AS:-client}.key" -D headers -o body \
	    -H "Tus-Resumable:${TUS- 1.0.0}" "$@" "$URL$path"
}

# answered STATUS: that is what the last ask got
answered() {
	local got
	got=$(awk '/^HTTP/ { s = $2 } END { print s }' headers)
	[ "$got" = "$1" ] || {
		echo "answered $got, not $1"
		cat headers body log
		return 1
	}
}

# field NAME: of the last answer
field() {
	tr -d '\r' <headers | sed -n "s/^$1: //Ip" | tail -n 1
}

# create LENGTH [OPTION...]: an upload, its path in UP
create() {
	local n=$1
	shift
	ask /packages -X POST -H "Upload-Length: $n" "$@"
	answered 201
	UP=$(field Location)
	[[ $UP == /packages/* ]]
}

# patch OFFSET FILE [OPTION...]
patch() {
	local at=$1 file=$2
	shift 2
	ask "$UP" -X PATCH -H "Upload-Offset: $at" \
	    -H 'Content-Type: application/offset+octet-stream' \
	    --data-binary "@$file" "$@"
}

# receipt_of FILE: waits for the verdict on it
receipt_of() {
	for _ in $(seq 100); do
		ask "/receipts/$(sha "$1")"
		grep -q '^HTTP/1.1 202' headers || break
		sleep 0.1
	done
	answered 200
	grep -qx 'event: receive' body
}

# raw FILE: sends its bytes over TLS, prints what comes back
raw() {
	timeout 10 openssl s_client -quiet -connect "127.0.0.1:$PORT" \
	    -CAfile "$D/tls/ca.pem" -cert "$D/tls/client.pem" \
	    -key "$D/tls/client.key" <"$1" 2>/dev/null
}

# forget: the inbox has never had anything; its directories stay, as it is not
# allowed to make them again
forget() {
	local d
	for d in packages custody receipts answers; do
		[ ! -d "home/$d" ] || find "home/$d" -mindepth 1 -delete
	done
}

logged() {
	grep -c -e "$1" log
}

# until_has BYTES: the upload $UP has so many on the disk
until_has() {
	local n
	for ((n = 0; n < 600; n++)); do
		[ "$(stat -c %s "home/incoming/up-${UP#/packages/}/data")" \
		    -lt "$1" ] || return 0
		sleep 0.05
	done
	return 1
}

# until_logged PATTERN
until_logged() {
	until_in log "$1"
}

# until_in FILE PATTERN: a minute is for ever
until_in() {
	local n
	for ((n = 0; n < 600; n++)); do
		! grep -q -e "$2" "$1" 2>/dev/null || return 0
		sleep 0.1
	done
	echo "never in $1: $2"
	cat "$1" errors* 2>/dev/null
	return 1
}

# has_only FILE: the inbox has exactly this package, and nothing unfinished
has_only() {
	[ "$(find home/packages -type f | wc -l)" -eq 1 ]
	cmp home/packages/*.bulla "$1"
	[ -z "$(find home/incoming -name 'up-*')" ]
}

# fails STATUS TEXT COMMAND...: that status, nothing on stdout, TEXT on stderr
fails() {
	local want=$1 text=$2
	shift 2
	run --separate-stderr "$@"
	echo "status $status, stdout '$output', stderr '$stderr'"
	[ "$status" -eq "$want" ]
	[ -z "$output" ]
	[[ $stderr == *"$text"* ]]
}

# canned RESPONSE: a TLS server that says it to the first request; URL
canned() {
	printf '%b' "$1" >response
	rm -f port
	(timeout 60 openssl s_server -accept 127.0.0.1:0 -naccept 1 \
	    -cert "$D/tls/server.pem" -key "$D/tls/server.key" \
	    <response 2>/dev/null | sed -un 's/^ACCEPT .*:\([0-9]*\)$/\1/p' \
	    >port) 3>&- &
	pids="$pids $!"
	for _ in $(seq 100); do
		[ -s port ] && break
		sleep 0.1
	done
	URL=https://127.0.0.1:$(head -n 1 port)
}

# spki FILE: the digest of its key, by other means than ours
spki() {
	openssl x509 -in "$1" -noout -pubkey |
	    openssl pkey -pubin -outform DER | sha256sum | cut -c 1-64
}

sha() {
	sha256sum "$1" | cut -c 1-64
}
