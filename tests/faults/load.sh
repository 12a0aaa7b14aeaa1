#!/bin/sh
# load.sh: hundreds of bad clients at once (inboxload says which), and a
# good one that is served all the while; the memory of the inbox stays flat.
#
#   FAULTS=full  2,000 connections, 60 seconds, each answer in under 2 s;
#                otherwise 200 connections, 5 seconds, and no figure for the
#                answers but that nobody waits for ever
set -u
cd "$(dirname "$0")/../.." || exit 3
: "${FAULTS:=short}" "${BULLA_BUILD:=$PWD/build}"
: "${BULLA_BIN:=$BULLA_BUILD/release/bin}"
BIN=$(cd "$BULLA_BIN" && pwd)
AID=${BIN%/*}/aid
TOP=$PWD
n=200 secs=5 limit=30
[ "$FAULTS" != full ] || n=2000 secs=60 limit=2
RSS_MAX=262144	# KiB, at any time
RSS_MORE=32768	# KiB, from the middle of the attack to its end
bad=0
pids=

fail()
{
	bad=$((bad + 1))
	echo "FAIL $*"
}

W=$(mktemp -d)
finish()
{
	for p in $pids; do
		kill "$p" 2>/dev/null
	done
	wait
	rm -rf "$W"
}
trap finish EXIT
cd "$W" || exit 3
sh "$TOP/tests/lib/pki.sh" tls
"$BIN/bulla-keygen" sign -n b.example/receiver -o r.key >/dev/null
"$BIN/bulla-keygen" sign -n a.example/sealer -o s.key >/dev/null
"$BIN/bulla-keygen" age -o desk.age >/dev/null
head -c 300000 /dev/urandom >blob
"$BIN/bulla-seal" -q -i s.key -R desk.age.pub -o package blob >/dev/null

mkfifo up
"$BIN/bulla-inbox" --home home --listen 127.0.0.1:0 \
    --tls-cert tls/server.pem --tls-key tls/server.key \
    --client-ca tls/ca.pem -i r.key -K s.key.pub >up 2>log &
inbox=$!
pids=$inbox
read -r _ _ url <up
port=${url##*:}

# rss: of the inbox and its children, KiB
rss()
{
	cat /proc/[0-9]*/status 2>/dev/null | awk -v me="$inbox" '
	/^Pid:/ { pid = $2 }
	/^PPid:/ { mine = pid == me || $2 == me }
	/^VmRSS/ && mine { sum += $2 }
	END { print sum }'
}

# ask: one question of the good client; how long it took, in ms
ask()
{
	curl -sS --max-time 60 -o /dev/null -w '%{http_code} %{time_total}\n' \
	    --cacert tls/ca.pem --cert tls/client.pem --key tls/client.key \
	    -X OPTIONS "$url/packages" 2>>curl.err |
		awk '$1 == 204 { printf "%d\n", $2 * 1000 }'
}

[ -n "$(ask)" ] || fail "the good client is not served without load"
before=$(rss)
"$AID/inboxload" "$port" "$n" "$secs" tls/other.pem tls/other.key >enemies &
load=$!
pids="$pids $load"
asked=0 worst=0 most=$before middle=
start=$(date +%s)
while kill -0 "$load" 2>/dev/null; do
	ms=$(ask)
	asked=$((asked + 1))
	if [ -z "$ms" ]; then
		fail "question $asked: no answer: $(tail -n 1 curl.err)"
		ms=60000
	fi
	[ "$ms" -le "$worst" ] || worst=$ms
	now=$(rss)
	[ "$now" -le "$most" ] || most=$now
	[ -n "$middle" ] || [ $(($(date +%s) - start)) -lt $((secs / 2)) ] ||
		middle=$now
	sleep 0.1
done
wait "$load" || fail "inboxload: exit status $?"
after=$(rss)
: "${middle:=$after}"
cat enemies

# and a whole delivery right behind it, while they are still being closed
"$BIN/bulla-send" -q -u "$url" -K r.key.pub --cacert tls/ca.pem \
    --cert tls/client.pem --key tls/client.key --receipt receipt package >/dev/null ||
	fail "no delivery after the attack"
cmp -s home/packages/*.bulla package || fail "another package"
[ "$(grep -c 'event=cut ' log)" -gt 0 ] || fail "nobody was cut"

echo "asked $asked times, longest $worst ms; VmRSS $before KiB before," \
    "$middle in the middle, $most at most, $after at the end"
[ "$asked" -ge 3 ] || fail "asked only $asked times"
[ "$worst" -le $((limit * 1000)) ] || fail "an answer took $worst ms"
[ "$most" -le "$RSS_MAX" ] || fail "$most KiB of memory"
[ "$after" -le $((middle + RSS_MORE)) ] ||
	fail "memory grew from $middle to $after KiB"
echo "COUNT load $n $bad"
[ "$bad" -eq 0 ]
