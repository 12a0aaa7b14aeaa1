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

# Our sender finds what their client sent
before=$(grep -c event=stored log)
"$BIN/bulla-send" -q -u "$url" -K r.key.pub --cacert tls/ca.pem \
    --cert tls/client.pem --key tls/client.key --receipt ours package
cmp ours receipt
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

# Behind TLS a stock server names itself http://: not followed
theirs stock
st=0
$send -u "https://127.0.0.1:$port/files" 2>err || st=$?
[ "$st" -eq 1 ]
grep -q 'leads away from https' err
passed "the http:// that a stock @tus/server names is refused"

echo "COUNT interop-tus $n 0"
