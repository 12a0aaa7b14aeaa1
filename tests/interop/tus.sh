#!/bin/sh
# Other people's tus 1.0.0: tus-js-client uploads to bulla-inbox with a
# client certificate and resumes; bulla-send uploads to @tus/server and
# resumes. Versions are pinned in tus/package-lock.json. Skipped (77) without
# node, npm or the registry.
set -eu
cd "$(dirname "$0")/../.."
TOP=$PWD
: "${BULLA_BIN:=build/release/bin}" "${BULLA_BUILD:=build}"
BIN=$(cd "$BULLA_BIN" && pwd)
AID=$(cd "$BULLA_BUILD" && pwd)/release/aid
pids=
n=0

skip()
{
	echo "SKIP: tus/npm: $1"
	exit 77
}

for c in node npm curl; do
	command -v "$c" >/dev/null || skip "no $c"
done
dir=$(mktemp -d)
finish()
{
	for p in $pids; do
		kill "$p" 2>/dev/null || :
	done
	# or they would write where it is being removed
	for p in $pids; do
		wait "$p" 2>/dev/null || :
	done
	rm -rf "$dir"
}
trap finish EXIT
cd "$dir"
cp "$TOP"/tests/interop/tus/* .
npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1 ||
	skip "npm cannot fetch what package-lock.json names"

passed()
{
	n=$((n + 1))
	echo "ok: $1"
}

sh "$TOP/tests/lib/pki.sh" tls
"$BIN/bulla-keygen" sign -n b.example/receiver -o r.key >/dev/null
"$BIN/bulla-keygen" sign -n a.example/sealer -o s.key >/dev/null
"$BIN/bulla-keygen" age -o desk.age >/dev/null
head -c 5000000 /dev/urandom >blob
"$BIN/bulla-seal" -q -i s.key -R desk.age.pub -o package blob >/dev/null
sha=$(sha256sum package | cut -c 1-64)

# Their client, our inbox
mkfifo up
"$BIN/bulla-inbox" --home home --listen 127.0.0.1:0 \
    --tls-cert tls/server.pem --tls-key tls/server.key \
    --client-ca tls/ca.pem -i r.key -K s.key.pub >up 2>log &
pids="$pids $!"
read -r _ _ url <up
node upload.mjs "$url/packages" tls package "$sha"
[ "$(grep -c event=created log)" -eq 1 ]
for _ in $(seq 100); do
	code=$(curl -s -o receipt -w '%{http_code}' --cacert tls/ca.pem \
	    --cert tls/client.pem --key tls/client.key "$url/receipts/$sha")
	[ "$code" = 202 ] || break
	sleep 0.1
done
[ "$code" = 200 ]
grep -qx 'event: receive' receipt
cmp home/packages/*.bulla package
passed "tus-js-client uploads to bulla-inbox, gives up, resumes"

# The extensions: bytes in the creation, a length that comes last
before=$(grep -c event=created log)
node extensions.mjs "$url/packages" tls package
[ "$(grep -c event=created log)" -eq $((before + 3)) ]
[ "$(grep -c event=declared log)" -eq 2 ]
passed "tus-js-client creates with bytes and defers the length"

# Our sender finds what their client sent: a file by its ends, which their
# client did not name, and a pipe, which is spooled, by its digest
before=$(grep -c event=stored log)
send="$BIN/bulla-send -q -u $url -K r.key.pub --cacert tls/ca.pem \
    --cert tls/client.pem --key tls/client.key"
$send --receipt ours package
cmp ours receipt
# shellcheck disable=SC2002 # a pipe is the point
cat package | $send --receipt again
cmp again receipt
[ "$(grep -c event=stored log)" -eq "$before" ]
passed "bulla-send gets the receipt of what tus-js-client sent"

# Our sender, their server
theirs()
{
	rm -f up
	mkfifo up
	mkdir -p "files-$1"
	node server.mjs tls "files-$1" "$1" >up 2>server.log &
	pids="$pids $!"
	read -r port <up
}
theirs relative
send="$BIN/bulla-send --no-receipt --cacert tls/ca.pem package"
$send -u "https://127.0.0.1:$port/files"
cmp "$(find files-relative -type f -size +4000k)" package
passed "bulla-send uploads to @tus/server"

rm -rf files-relative/*
rm -f up
mkfifo up
"$AID/cutproxy" -c 3 cut 1500000 "127.0.0.1:$port" >up &
pids="$pids $!"
read -r via <up
$send -u "https://127.0.0.1:$via/files"
[ "$(find files-relative -type f -size +1000k | wc -l)" -eq 1 ]
cmp "$(find files-relative -type f -size +4000k)" package
passed "bulla-send resumes at @tus/server after three cuts"

# from NAME FILE OPTION...: it arrives whole, in directory files-NAME
from()
{
	name=$1
	file=$2
	shift 2
	rm -rf "files-$name"/*
	"$@"
	for f in "files-$name"/*; do
		case $f in
		*.json)	;;
		*)	cmp "$f" "$file" ;;
		esac
	done
	[ "$(find "files-$name" -type f ! -name '*.json' | wc -l)" -eq 1 ]
}
via()
{
	rm -f up
	mkfifo up
	"$AID/cutproxy" "$@" "127.0.0.1:$port" >up &
	pids="$pids $!"
	read -r via <up
}
send="$BIN/bulla-send -q --home none --no-receipt --cacert tls/ca.pem"
export XDG_STATE_HOME="$dir/state"

echo hello >f
"$BIN/bulla-seal" -q -i s.key -R desk.age.pub -o small f >/dev/null
$send --events-fd 3 -u "https://127.0.0.1:$port/files" small 3>events
rm -rf files-relative/*
from relative small $send -u "https://127.0.0.1:$port/files" small
passed "a small package goes to @tus/server with its creation"

pipe()
{
	cat package | $send --no-spool -u "$1"
}
from relative package pipe "https://127.0.0.1:$port/files"
head -c 20000000 /dev/urandom >blob
"$BIN/bulla-seal" -q -i s.key -R desk.age.pub -f -o package blob >/dev/null
from relative package pipe "https://127.0.0.1:$port/files"
passed "bulla-send streams to @tus/server, whose length it declares last"

via -c 3 cut 6000000
from relative package pipe "https://127.0.0.1:$via/files"
passed "and resumes after three cuts"

# Their server deletes what a truncated pipe began
rm -rf files-relative/*
st=0
head -c 18000000 package | $send --no-spool \
    -u "https://127.0.0.1:$port/files" 2>err || st=$?
[ "$st" -eq 4 ]
[ -z "$(find files-relative -type f)" ]
passed "a pipe that ends early leaves nothing at @tus/server"

# Killed with SIGKILL; the file moves; another process goes on
rm -rf files-relative/*
$send -u "https://127.0.0.1:$port/files" --limit-rate 3M package &
sender=$!
for _ in $(seq 200); do
	[ -z "$(find files-relative -type f -size +1000k)" ] || break
	sleep 0.1
done
kill -KILL "$sender"
wait "$sender" || :
[ "$(find state/bulla/sending -type f | wc -l)" -eq 1 ]
mv package moved
$send -u "https://127.0.0.1:$port/files" --events-fd 3 moved 3>events
grep -q '"event":"resumed"' events
[ "$(find files-relative -type f -size +1000k | wc -l)" -eq 1 ]
cmp "$(find files-relative -type f -size +1000k)" moved
[ -z "$(find state/bulla/sending -type f)" ]
passed "killed, and the file moved: another run goes on at @tus/server"

# What is remembered is no more than a hint
mkdir -p state/bulla/sending
$send -u "https://127.0.0.1:$port/files" --limit-rate 3M moved &
sender=$!
for _ in $(seq 200); do
	[ -z "$(find state/bulla/sending -type f)" ] || break
	sleep 0.1
done
kill -KILL "$sender"
wait "$sender" || :
rm -rf files-relative/*
from relative moved $send -u "https://127.0.0.1:$port/files" moved
passed "an upload that is gone there is begun anew"

# Checksums: refused twice, sent again each time
rm -f up
mkfifo up
node checking.mjs tls checked >up 2>server.log &
pids="$pids $!"
read -r check <up
$send --checksum -u "https://127.0.0.1:$check/files" moved 2>err
cmp checked moved
passed "a piece that a server finds damaged is sent again"
$send --checksum -u "https://127.0.0.1:$port/files" moved 2>/dev/null
"$BIN/bulla-send" --no-receipt --cacert tls/ca.pem --checksum --home none \
    -u "https://127.0.0.1:$port/files" small 2>err
grep -q 'checks no SHA-256 of pieces' err
passed "a server without checksums is told of, and sent to"

# Behind TLS a stock server names itself http://: not followed
theirs stock
st=0
$send -u "https://127.0.0.1:$port/files" small 2>err || st=$?
[ "$st" -eq 1 ]
grep -q 'leads away from https' err
passed "the http:// that a stock @tus/server names is refused"

echo "COUNT interop-tus $n 0"
