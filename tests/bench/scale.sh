#!/bin/sh
# scale.sh [PART...]: what each part of an exchange costs, and how that grows:
# the figures of docs/SCALE.md. PART is seal, inbox, judge, ledger or s3; all
# but s3 without an argument. On loopback, on one machine: sender and receiver
# share its cores and its disk.
#
#   SCALE_MB        sizes for seal, verify, open ("1024 2048 4096")
#   SCALE_SENDERS   how many senders at once ("1 2 4 8")
#   SCALE_PACKAGES  small packages of a measurement (96)
#   SCALE_JUDGE_MB  a package of the judge queue (256)
#   SCALE_RECORDS   sizes of a ledger ("1000 10000 100000 1000000")
#   SCALE_S3_CONF, SCALE_S3_BUCKET   a store to measure, see bulla-s3(5); with
#                   "swift" for the file one is started (Debian's packages)
#   SCALE_S3_MB     the package for it (256)
#   BENCH_DIR       where the data goes (default: a new directory in TMPDIR)
#   BULLA_BIN       tools that are built already
set -eu
cd "$(dirname "$0")/../.."
TOP=$PWD
: "${SCALE_MB:=1024 2048 4096}" "${SCALE_SENDERS:=1 2 4 8}"
: "${SCALE_PACKAGES:=96}" "${SCALE_JUDGE_MB:=256}" "${SCALE_S3_MB:=256}"
: "${SCALE_RECORDS:=1000 10000 100000 1000000}"
if [ -z "${BULLA_BIN-}" ]; then
	make -s -j"$(nproc)" tools benches
	BULLA_BIN=build/release/bin
fi
BIN=$(cd "$BULLA_BIN" && pwd)
PATH=$BIN:${BIN%/bin}/bench:$PATH
export PATH LC_ALL=C
unset BULLA_HOME https_proxy HTTPS_PROXY all_proxy ALL_PROXY
[ $# -gt 0 ] || set -- seal inbox judge ledger
dir=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/scale.XXXXXX")
pids=
finish()
{
	for p in $pids $(cat "$dir/swift/pids" 2>/dev/null); do
		kill "$p" 2>/dev/null || :
	done
	wait
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 130' INT TERM
cd "$dir"

now()
{
	date +%s.%N
}

calc()
{
	awk "BEGIN { printf \"%${2:-.2f}\", $1 }"
}

# cpu PID: seconds of a process, its children and what has ended of them
cpu()
{
	sed -s 's/^\([0-9]*\) (.*) . /\1 /' /proc/[0-9]*/stat 2>/dev/null |
	    awk -v me="$1" -v hz="$(getconf CLK_TCK)" '
	$1 == me || $2 == me { n += $13 + $14 + $15 + $16 }
	END { print n / hz }'
}

# rss PID: the largest that a process or child of it was, MiB
rss()
{
	awk -v me="$1" '
	/^Pid:/ { p = $2 }
	/^PPid:/ { q = $2 }
	/^VmHWM:/ && (p == me || q == me) && $2 > n { n = $2 }
	END { printf "%.0f", n / 1024 }' /proc/[0-9]*/status 2>/dev/null
}

# syncs FILE: of an strace
syncs()
{
	grep -cE '(fsync|fdatasync|syncfs)\(' "$1" || :
}

scale_seal()
{
	echo "-- seal, verify, open: per size, CPU seconds per GB, memory"
	bulla-keygen sign -n scale/sealer -o sign >out
	bulla-keygen age -o age >out
	head -c 4096 /dev/urandom >small
	pair -n 9 "seal 4 KiB" "bulla-seal -qf -i sign -r $(cat age.pub) \
	    -o pkg small >/dev/null"
	pair -n 9 "verify 4 KiB" "bulla-verify -q -K sign.pub pkg >/dev/null"
	pair -n 9 "open -O 4 KiB" \
	    "bulla-open -q -i age -K sign.pub -O pkg >/dev/null"
	for mb in $SCALE_MB; do
		truncate -s "${mb}M" zeros
		b=$((mb << 20))
		pair -n 3 -b "$b" "seal $mb MiB" "bulla-seal -q -i sign \
		    -r $(cat age.pub) zeros >/dev/null"
		bulla-seal -qf -i sign -r "$(cat age.pub)" -o pkg zeros >out
		pair -n 3 -b "$b" "verify $mb MiB" \
		    "bulla-verify -q -K sign.pub pkg >/dev/null"
		pair -n 3 -b "$b" "open -O $mb MiB" \
		    "bulla-open -q -i age -K sign.pub -O pkg >/dev/null"
		echo "on the disk: $(calc "($(stat -c %s pkg) - $b) / $b * 100" \
		    .4f) % more than the file"
	done
	rm -f zeros pkg
}

sides()
{
	for s in a b; do
		rm -rf $s $s.note
		bulla-trust --home $s init -n $s.example --person Lea >out
		bulla-trust --home $s tls make -n 127.0.0.1 >out
		bulla-trust --home $s propose -o $s.note --tls "$(bulla-trust \
		    --home $s --json tls show | sed \
		    's/.*"fingerprint":"\([0-9a-f]*\)".*/\1/')" >out
	done
	bulla-trust --home a pin b/roster/ours.note --fingerprint \
	    "$(bulla-trust --home b fingerprint)" >out
	bulla-trust --home b pin a/roster/ours.note --fingerprint \
	    "$(bulla-trust --home a fingerprint)" >out
	for s in a b; do
		bulla-trust --home $s pin a.note b.note >out
	done
}

# inbox [COMMAND...]: on b, under COMMAND; sets inbox, url, status
inbox()
{
	rm -f up
	mkfifo up
	"$@" bulla-inbox --home b --listen 127.0.0.1:0 \
	    --status 127.0.0.1:0 --client-limit requests=0 >up 2>log &
	inbox=$!
	pids="$pids $inbox"
	{
		read -r _ _ url
		read -r _ _ status
	} <up
}

inbox_ends()
{
	kill "$inbox"
	wait "$inbox" || :
}

# sealed N BYTES: packages p.1 to p.N
sealed()
{
	head -c "$2" /dev/urandom >blob
	i=0
	while [ "$i" -lt "$1" ]; do
		i=$((i + 1))
		bulla-seal -qf --home a -r b.example/desk --to b.example \
		    -o p.$i blob >out
	done
}

plain="-K b/keys/receiver.key.pub --cacert b/keys/tls.pem --cert a/keys/tls.pem --key a/keys/tls.key"

# sent SENDERS N OPTION...: p.1 to p.N, that many processes at once
sent()
{
	w=$1 n=$2
	shift 2
	seq "$n" | xargs -P "$w" -I '{}' bulla-send -q --attempts 3 "$@" \
	    -u "$url" p.'{}' >out
}

answers()
{
	curl -s "$status/metrics" |
	    awk '/^bulla_inbox_answers_total/ { n += $2 } END { print n + 0 }'
}

# row NAME SENDERS OPTION...
row()
{
	name=$1 w=$2
	shift 2
	sealed "$SCALE_PACKAGES" 4096
	c=$(cpu "$inbox") r=$(answers) t=$(now)
	sent "$w" "$SCALE_PACKAGES" "$@"
	t=$(calc "$(now) - $t" .3f)
	printf '%-28s %2d senders: %6.1f packages/s  %5.1f ms CPU, %4.1f requests a package at the inbox\n' \
	    "$name" "$w" "$(calc "$SCALE_PACKAGES / $t")" \
	    "$(calc "($(cpu "$inbox") - $c) * 1000 / $SCALE_PACKAGES")" \
	    "$(calc "($(answers) - $r) / $SCALE_PACKAGES")"
}

scale_inbox()
{
	echo "-- inbox: $SCALE_PACKAGES packages of 4 KiB, a process each"
	sides
	inbox
	for w in $SCALE_SENDERS; do
		# shellcheck disable=SC2086 # options
		row 'upload and receipt' "$w" --home none $plain
	done
	for w in $SCALE_SENDERS; do
		row 'with the whole exchange' "$w" --home a
	done
	echo "memory of the inbox's largest process: $(rss "$inbox") MiB"
	echo "homes: $(du -s --apparent-size -k b | cut -f 1) KiB at the" \
	    "receiver, $(ls b/packages | wc -l) packages; $(du -sk b |
	        cut -f 1) KiB with what file systems round up"
	inbox_ends
	command -v strace >/dev/null || return 0
	# shellcheck disable=SC2086 # options
	traced 'upload and receipt' --home none $plain
	traced 'with the whole exchange' --home a
}

# traced NAME OPTION...: how often both ends wait for the disk
traced()
{
	name=$1
	shift
	inbox strace -f -qq -e trace=fsync,fdatasync,syncfs -o trace
	below=$(pgrep -P "$inbox")
	sealed 6 4096
	rm -f trace.a
	seq 6 | xargs -I '{}' strace -f -qq -A -o trace.a \
	    -e trace=fsync,fdatasync,syncfs \
	    bulla-send -q "$@" -u "$url" p.'{}' >out
	kill "$below"
	wait "$inbox" || :
	echo "$name: syncs a package: $(calc "$(syncs trace) / 6" .1f) at" \
	    "the inbox, $(calc "$(syncs trace.a) / 6" .1f) at the sender"
}

scale_judge()
{
	echo "-- judge: packages of $SCALE_JUDGE_MB MiB at the same time"
	sides
	inbox
	sealed 1 $((SCALE_JUDGE_MB << 20))
	pair -n 1 -b $((SCALE_JUDGE_MB << 20)) 'the sender alone' \
	    "bulla-send -q --home none $plain -u $url p.1 >out"
	for w in $SCALE_SENDERS; do
		sealed "$w" $((SCALE_JUDGE_MB << 20))
		c=$(cpu "$inbox") t=$(now)
		# shellcheck disable=SC2086 # options
		sent "$w" "$w" --home none $plain
		t=$(calc "$(now) - $t" .3f)
		printf '%2d at once: %6.2f s, %5.0f MB/s in all, %5.2f CPU-s/GB at the inbox\n' \
		    "$w" "$t" "$(calc "$w * $SCALE_JUDGE_MB * 1.048576 / $t")" \
		    "$(calc "($(cpu "$inbox") - $c) / ($w * $SCALE_JUDGE_MB * 1.048576e-3)")"
	done
	curl -s "$status/metrics" | awk '/judge_seconds_/ { v[++n] = $2 }
	END { printf "judging took %.2f s on average of %d\n", v[1] / v[2], v[2] }'
	echo "memory of the inbox's largest process: $(rss "$inbox") MiB"
	inbox_ends
	rm -f p.* blob
}

# median COMMAND...: of nine runs, ms
median()
{
	for _ in 1 2 3 4 5 6 7 8 9; do
		t=$(date +%s%N)
		"$@" >out
		echo $((($(date +%s%N) - t) / 10000))
	done | sort -n | awk '{ v[NR] = $1 / 100 } END { print v[5] }'
}

scale_ledger()
{
	echo "-- ledger: an append of one record, a proof, in processes of their own"
	BULLA_HOME=$dir/kept
	export BULLA_HOME
	bulla-ledger init -n scale/log >out
	have=0
	for n in $SCALE_RECORDS; do
		t=$(now)
		seq $((have + 1)) "$n" | bulla-ledger append --lines >out
		t=$(calc "($n - $have) / ($(now) - $t)" .0f)
		have=$((n + 9))
		printf x >one
		printf '%8d records: append %6.1f ms, prove %6.1f ms, %4d bytes a record; in batches %s records/s\n' \
		    "$n" "$(median bulla-ledger append one)" \
		    "$(median bulla-ledger prove --index $((n / 3)))" \
		    $(($(du -s -b kept/ledger | cut -f 1) / have)) "$t"
	done
	strace -f -qq -e trace=fsync,fdatasync,syncfs -o trace \
	    bulla-ledger append one >out
	echo "syncs of an append in a process of its own: $(syncs trace)"
	t=$(now)
	bulla-ledger check >out
	echo "all of it read again: $(calc "$(now) - $t") s for $have records"
	unset BULLA_HOME
}

s3_store()
{
	: "${SCALE_S3_CONF:=swift}" "${SCALE_S3_BUCKET:=scale}"
	[ "$SCALE_S3_CONF" = swift ] || return 0
	sh "$TOP/tests/setup.sh" swift
	sh "$TOP/tests/lib/pki.sh" tls
	port=$(sh "$TOP/tests/lib/swift-up.sh" swift tls)
	SCALE_S3_CONF=$dir/store.conf
	(umask 077 && cat >"$SCALE_S3_CONF") <<-END
	endpoint: https://127.0.0.1:$port
	region: us-east-1
	access: test:tester
	secret: testing
	ca: $dir/tls/ca.pem
	END
	python3 "$TOP/tests/lib/s3.py" "$SCALE_S3_CONF" PUT \
	    "/$SCALE_S3_BUCKET" >out
}

scale_s3()
{
	s3_store
	echo "-- s3: a package of $SCALE_S3_MB MiB in parts of 16 MiB"
	bulla-keygen sign -n scale/sealer -o s3.sign >out
	bulla-keygen age -o s3.age >out
	for w in $SCALE_SENDERS; do
		(umask 077 && grep -v -e '^part-size' -e '^parallel' \
		    "$SCALE_S3_CONF" >s3.conf &&
			printf 'part-size: 16M\nparallel: %d\n' "$w" >>s3.conf)
		head -c "${SCALE_S3_MB}M" /dev/urandom >blob
		bulla-seal -qf -i s3.sign -r "$(cat s3.age.pub)" -o pkg blob >out
		b=$(stat -c %s pkg)
		pair -n 1 -b "$b" "send, $w parts at once" \
		    "bulla-send -q --home none --s3-conf s3.conf --no-receipt \
		    -u s3://$SCALE_S3_BUCKET/scale.$w.$$ pkg >out 2>&1"
		pair -n 1 -b "$b" "fetch, $w ranges at once" \
		    "bulla-fetch -q --home none --s3-conf s3.conf \
		    -K s3.sign.pub -o got.$w s3://$SCALE_S3_BUCKET/scale.$w.$$ >out"
		cmp pkg "got.$w"
		rm "got.$w"
	done
}

echo "bulla $(bulla-seal --version | awk '{ print $2 }'), $(date -u +%F\ %H:%M):" \
    "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores," \
    "$(stat -f -c %T .); load $(cut -d ' ' -f 1-3 /proc/loadavg)"
for part; do
	case $part in
	seal | inbox | judge | ledger | s3) "scale_$part" ;;
	*)
		echo "usage: scale.sh [seal|inbox|judge|ledger|s3]..." >&2
		exit 2
		;;
	esac
done
echo "load at the end: $(cut -d ' ' -f 1-3 /proc/loadavg)"
