#!/bin/sh
# A real object store, the distributed one: Ceph with three OSDs and S3 over
# TLS; one of them is killed in the middle of a put, another in the middle of
# a get. Skipped (77) without Debian's ceph packages.
set -eu
cd "$(dirname "$0")/../.."
TOP=$PWD
: "${BULLA_BIN:=build/release/bin}"
BIN=$(cd "$BULLA_BIN" && pwd)
n=0 job=
sh tests/setup.sh ceph || {
	echo "SKIP: ceph: its packages cannot be had"
	exit 77
}
# shellcheck source=tests/lib/servers.sh
. tests/lib/servers.sh
dir=$(mktemp -d)
finish()
{
	end_all "$dir/ceph/pids" "$dir/inboxes"
	rm -rf "$dir"
}
trap finish EXIT
cd "$dir"
sh "$TOP/tests/lib/pki.sh" tls
port=$(sh "$TOP/tests/lib/ceph-up.sh" ceph tls)
(umask 077 && cat >s3.conf) <<END
endpoint: https://127.0.0.1:$port
region: us-east-1
access: AKTEST
secret: SKTEST
ca: $dir/tls/ca.pem
part-size: 5M
END
# shellcheck source=tests/lib/s3_case.sh
. "$TOP/tests/lib/s3_case.sh"
# shellcheck source=tests/lib/s3_inboxes.sh
. "$TOP/tests/lib/s3_inboxes.sh"

s3_setup
s3_digest

is 200 PUT "/$bucket/once" @little.bulla 'if-none-match:*'
is 412 PUT "/$bucket/once" @other.bulla 'if-none-match:*'
exits 0 'nothing was there before (If-None-Match)' send --no-receipt \
    -u "s3://$bucket/first" little.bulla
for i in 1 2 3 4 5; do
	send -q --no-receipt -u "s3://$bucket/race.$i" little.bulla \
	    >little.out 2>&1 &
	job=$!
	b=0
	send -q --no-receipt -u "s3://$bucket/race.$i" other.bulla \
	    >other.out 2>&1 || b=$?
	a=0
	wait "$job" || a=$?
	case $a$b in
	01) same "race.$i" little.bulla ;;
	10) same "race.$i" other.bulla ;;
	*)
		echo "two senders at once: exit $a and $b"
		cat little.out other.out
		exit 1
		;;
	esac
done
passed "of two senders at the same moment one is refused"

s3_send_and_fetch
s3_killed
s3_receipt
s3_refused
s3_outbox
s3_inboxes

under "$BIN/bulla-send" --s3-conf slow.conf --limit-rate 3M --no-receipt \
    -u "s3://$bucket/fewer" lot.bulla
until_true parts_are 1
kill -9 "$(cat ceph/osd.2.process)"
wait "$job" || {
	cat job.err
	exit 1
}
same fewer lot.bulla
passed "an OSD killed in the middle of a put: identical bytes"

under "$BIN/bulla-fetch" --s3-conf slow.conf --limit-rate 3M -K s.key.pub \
    -o got "s3://$bucket/fewer"
until_true part_has got 8000000
kill -9 "$(cat ceph/osd.1.process)"
wait "$job" || {
	cat job.err
	exit 1
}
cmp got lot.bulla
passed "another one killed in the middle of a get: identical bytes"

bucket=brief
is 200 PUT "/$bucket"
under "$BIN/bulla-send" --s3-conf slow.conf --limit-rate 3M --no-receipt \
    -u "s3://$bucket/x" lot.bulla
until_true parts_are 1
s3_vanishes env CEPH_CONF=ceph/ceph.conf timeout 60 radosgw-admin \
    bucket rm --bucket "$bucket" --purge-objects

echo "COUNT interop-ceph $n 0"
