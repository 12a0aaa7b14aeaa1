#!/usr/bin/env bats
# Proxies, stores and servers that are not what they say, and an environment
# that is not ours.
# shellcheck disable=SC2154,SC2030,SC2031 # run sets stderr; tests are subshells
bats_require_minimum_version 1.5.0
load ../lib/inbox.bash

setup_file() {
	way_setup_file
}

setup() {
	way_setup
	export HOME=$PWD
}

teardown() {
	way_teardown
}

# listens SCRIPT: python that has c, a connection whose request has come;
# sets AT, its port
listens() {
	mkfifo port
	/usr/bin/python3 -c '
import socket, sys
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
while True:
    c, _ = s.accept()
    c.settimeout(20)
    got = b""
    while b"\r\n\r\n" not in got:
        more = c.recv(4096)
        if not more:
            break
        got += more
    exec(sys.argv[1])
    c.close()
' "$1" >port 2>listens 3>&- &
	pids="$pids $!"
	read -r AT <port
	rm port
}

# store: a store that does wrong what it is told to; STORE
store() {
	mkfifo port
	/usr/bin/python3 "$BATS_TEST_DIRNAME/../lib/s3liar.py" "$D/tls" . \
	    >port 2>liar 3>&- &
	pids="$pids $!"
	read -r STORE <port
	rm port
	(umask 077 && cat >s3.conf) <<-END
	endpoint: https://localhost:$STORE
	region: eu-1
	access: me
	secret: CANARY4711
	ca: $D/tls/ca.pem
	END
}

# opens: an inbox on it, in the background; INBOX
opens() {
	"$BULLA_BIN/bulla-inbox" --home home --listen 127.0.0.1:0 \
	    --tls-cert "$D/tls/server.pem" --tls-key "$D/tls/server.key" \
	    --client-ca "$D/tls/ca.pem" -i "$D/r.key" -K "$D/s.key.pub" \
	    --store s3://abc/desk/ --s3-conf s3.conf >up 2>errors 3>&- &
	INBOX=$!
	pids="$pids $INBOX"
}

# gone PID: it ends, and soon
gone() {
	local n
	for ((n = 0; n < 300; n++)); do
		kill -0 "$1" 2>/dev/null || return 0
		sleep 0.1
	done
	return 1
}

@test "what a proxy says before the tunnel is no word of the server's" {
	listens 'c.sendall(b"HTTP/1.1 200 OK\r\nRetry-After: 900000\r\n"
	    b"Upload-Offset: x\r\nLocation: https://evil.example/\r\n\r\n")'
	export https_proxy=http://127.0.0.1:$AT
	run --separate-stderr "$BULLA_BIN/bulla-send" --attempts 2 \
	    -u https://127.0.0.1:1/ -K "$D/r.key.pub" \
	    --cacert "$D/tls/ca.pem" "$D/package"
	echo "$stderr"
	[ "$status" -eq 5 ]
	[[ $stderr == *"given up after 2 failures in a row"* ]]
	[ -z "$output" ]
}

@test "a store that wants to be asked in thirty years keeps nothing up" {
	store
	echo '9 PUT packages/ retry 1000000000' >faults
	opens
	until_in up '^listening'
	URL=$(cut -d ' ' -f 3 up)
	sender -q -u "$URL" "$D/package" >sent 2>&1 3>&- &
	pids="$pids $!"
	until_in errors 'event=not-judged .*much later'
	kill -TERM "$INBOX"
	gone "$INBOX"
	wait "$INBOX"
}

@test "a store that is busy at the start: the inbox can be ended" {
	store
	for signal in TERM HUP; do
		rm -f log
		echo '9 PUT probe retry 50' >faults
		opens
		until_in log '^PUT /abc/desk/probe'
		kill -$signal "$INBOX"
		gone "$INBOX"
		[ ! -s up ]
		code=0
		wait "$INBOX" || code=$?
		[ "$code" -eq 3 ]
	done
}

@test "a store whose answer comes a byte at a time" {
	store
	echo '9 GET receipts/ trickle' >faults
	run --separate-stderr "$BULLA_BIN/bulla-send" --s3-conf s3.conf \
	    -K "$D/r.key.pub" --stall 1 --attempts 1 -u s3://abc/desk/ \
	    "$D/package"
	echo "$stderr"
	[ "$status" -eq 5 ]
	[[ $stderr == *"the answer has no end"* ]]
}

@test "a server whose object has no end does not fill the disk" {
	mkdir small
	mount -t tmpfs -o size=72m none small 2>/dev/null ||
	    skip "no file system can be mounted here"
	cat >tls.py <<-'END'
	import socket, ssl, sys
	s = socket.create_server(("127.0.0.1", 0))
	t = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
	t.load_cert_chain(sys.argv[1] + "/server.pem",
	                  sys.argv[1] + "/server.key")
	print(s.getsockname()[1], flush=True)
	while True:
	    try:
	        c = t.wrap_socket(s.accept()[0], server_side=True)
	        c.recv(4096)
	        c.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
	        while True:
	            c.sendall(b"10000\r\n" + bytes(65536) + b"\r\n")
	    except OSError:
	        pass
	END
	mkfifo port
	/usr/bin/python3 tls.py "$D/tls" >port 2>/dev/null 3>&- &
	pids="$pids $!"
	read -r AT <port
	run --separate-stderr "$BULLA_BIN/bulla-fetch" --attempts 2 \
	    -K "$D/s.key.pub" --cacert "$D/tls/ca.pem" -o small/p \
	    "https://127.0.0.1:$AT/p"
	left=$(df --output=avail -B1 small | tail -n 1)
	umount small
	echo "$stderr, $left bytes are left"
	[ "$status" -eq 3 ]
	[[ $stderr == *"does not say how much is to come"* ]]
	[ "$left" -gt 60000000 ]
}

@test "no TLS library writes down the secrets of a connection" {
	export SSLKEYLOGFILE=$PWD/keys
	store
	opens
	until_in up '^listening'
	URL=$(cut -d ' ' -f 3 up)
	send -q -u "$URL" "$D/package"
	[ ! -e keys ]
	# the libraries would have
	curl -sS --max-time 20 --cacert "$D/tls/ca.pem" -o x \
	    "https://localhost:$STORE/"
	[ -s keys ] || skip "this libcurl writes nothing down"
}
