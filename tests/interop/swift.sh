#!/bin/sh
# A real object store, the light one: OpenStack Swift with its S3 layer.
# Skipped (77) without Debian's python3-swift.
set -eu
cd "$(dirname "$0")/../.."
TOP=$PWD
: "${BULLA_BIN:=build/release/bin}"
BIN=$(cd "$BULLA_BIN" && pwd)
n=0
sh tests/setup.sh swift || {
	echo "SKIP: swift: its packages cannot be had"
	exit 77
}
# shellcheck source=tests/lib/servers.sh
. tests/lib/servers.sh
dir=$(mktemp -d)
finish()
{
	end_all "$dir/swift/pids"
	rm -rf "$dir"
}
trap finish EXIT
cd "$dir"
sh "$TOP/tests/lib/pki.sh" tls
port=$(sh "$TOP/tests/lib/swift-up.sh" swift tls)
(umask 077 && cat >s3.conf) <<END
endpoint: https://127.0.0.1:$port
region: us-east-1
access: test:tester
secret: testing
ca: $dir/tls/ca.pem
part-size: 5M
END
# shellcheck source=tests/lib/s3_case.sh
. "$TOP/tests/lib/s3_case.sh"

s3_setup
s3_digest
exits 0 'the store knows no "only if it is not there"' send --no-receipt \
    -u "s3://$bucket/first" little.bulla
grep -qF 'nothing was there when we looked before' err
same first little.bulla
passed "without conditional create: looked before, and said"
s3_send_and_fetch
s3_killed
s3_receipt
s3_refused
s3_outbox

bucket=brief
is 200 PUT "/$bucket"
under "$BIN/bulla-send" --s3-conf slow.conf --limit-rate 3M --no-receipt \
    -u "s3://$bucket/x" lot.bulla
until_true parts_are 1
s3_vanishes is 204 DELETE "/$bucket"

echo "COUNT interop-swift $n 0"
