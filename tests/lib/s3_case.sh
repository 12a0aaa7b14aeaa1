# s3_case.sh: what every store must do; sourced by tests/interop/ceph.sh and
# swift.sh in a scratch directory with tls/ (pki.sh) and s3.conf, with BIN, TOP,
# n=0 set.
# shellcheck shell=sh
bucket=evidence
export HOME="$PWD/home"
mkdir -p home

passed()
{
	n=$((n + 1))
	echo "ok: $1"
}

# One request by other people's rules
s3()
{
	/usr/bin/python3 "$TOP/tests/lib/s3.py" "${conf:-s3.conf}" "$@"
}

# is STATUS REQUEST...
is()
{
	want=$1
	shift
	s3 "$@" >answer || { cat answer; return 1; }
	[ "$(head -n 1 answer)" = "$want" ] || {
		echo "$* is not $want but:"
		cat answer
		return 1
	}
}

# same KEY FILE
same()
{
	is 200 GET "/$bucket/$1"
	tail -c +5 answer | cmp - "$2"
}

# exits STATUS WORDS COMMAND...: this status, these words on standard error
exits()
{
	want=$1 words=$2
	shift 2
	st=0
	"$@" >out 2>err || st=$?
	if [ "$st" -ne "$want" ] || ! grep -qF -e "$words" err; then
		echo "exit $st, not $want, or not \"$words\": $*"
		cat out err
		return 1
	fi
}

send()
{
	"$BIN/bulla-send" --s3-conf s3.conf --attempts 4 "$@"
}

fetch()
{
	"$BIN/bulla-fetch" --s3-conf s3.conf --attempts 4 -K s.key.pub "$@"
}

# until_true COMMAND...: a minute is for ever
until_true()
{
	for _ in $(seq 600); do
		! "$@" || return 0
		sleep 0.1
	done
	echo "never: $*"
	return 1
}

# Have this many parts of the only upload been taken?
parts_are()
{
	[ "$(cat home/.bulla/s3/* 2>/dev/null | grep -c '^[0-9]')" -ge "$1" ]
}

part_has()
{
	[ "$(stat -c %s "$1.part" 2>/dev/null || echo 0)" -ge "$2" ]
}

# under COMMAND...: it is running when the next line is read; see $job
under()
{
	"$@" >job.out 2>job.err &
	job=$!
}

# The job of "under" itself is a shell: what it runs is to die
kill_job()
{
	kill -9 "$job"
	wait "$job" || :
}

s3_setup()
{
	"$BIN/bulla-keygen" sign -n a.example/sealer -o s.key >/dev/null
	"$BIN/bulla-keygen" sign -n b.example/receiver -o r.key >/dev/null
	"$BIN/bulla-keygen" age -o desk.age >/dev/null
	head -c 1000000 /dev/urandom >little
	head -c 30000000 /dev/urandom >lot
	for f in little lot; do
		"$BIN/bulla-seal" -q -i s.key -R desk.age.pub -o "$f.bulla" "$f"
		tar -tf "$f.bulla" | head -n 1 | cut -d / -f 1 >"$f.id"
		sha256sum "$f.bulla" | cut -c 1-64 >"$f.sha256"
	done
	"$BIN/bulla-seal" -q -i s.key -R desk.age.pub -o other.bulla little
	# one range after another, so that there is a middle
	(umask 077 && sed '$a parallel: 1' s3.conf >slow.conf)
	is 200 PUT "/$bucket"
}

s3_send_and_fetch()
{
	for f in little lot; do
		key=desk/packages/$(cat $f.id).bulla
		exits 0 "stored as s3://$bucket/$key" send --no-receipt \
		    -u "s3://$bucket/desk/" $f.bulla
		same "$key" $f.bulla
		is 200 HEAD "/$bucket/$key"
		exits 0 'nothing was sent' send --no-receipt \
		    -u "s3://$bucket/desk/" $f.bulla
		fetch -q -o got "s3://$bucket/$key"
		cmp got $f.bulla
		rm got
	done
	[ -z "$(ls home/.bulla/s3)" ]
	passed "sent in one part and in several, and fetched"

	exits 1 'it is not overwritten' send --no-receipt \
	    -u "s3://$bucket/$key" other.bulla
	exits 1 'it is not overwritten' send --no-receipt \
	    -u "s3://$bucket/desk/packages/$(cat little.id).bulla" lot.bulla
	same "$key" lot.bulla
	passed "another package is not overwritten"

	exits 1 'no such object' fetch -o got "s3://$bucket/none"
	exits 1 'is not there' send --no-receipt -u s3://nobody/x little.bulla
	exits 1 'no such object' fetch -o got s3://nobody/x
	[ ! -e got ]
	passed "what is not there is said"
}

s3_digest()
{
	is 400 PUT "/$bucket/wrong" @little.bulla "=$(cat lot.sha256)"
	is 404 GET "/$bucket/wrong"
	passed "the store refuses a wrong digest"
}

s3_killed()
{
	under "$BIN/bulla-send" --s3-conf slow.conf --limit-rate 3M \
	    --no-receipt -u "s3://$bucket/killed" lot.bulla
	until_true parts_are 2
	kill_job
	is 404 GET "/$bucket/killed"
	exits 0 'were there from an earlier run' send --no-receipt \
	    -u "s3://$bucket/killed" lot.bulla
	same killed lot.bulla
	[ -z "$(ls home/.bulla/s3)" ]
	passed "a sender that was killed goes on"

	under "$BIN/bulla-send" --s3-conf slow.conf --limit-rate 3M \
	    --no-receipt -u "s3://$bucket/aborted" lot.bulla
	until_true parts_are 1
	kill_job
	id=$(sed -n 's/^upload: //p' home/.bulla/s3/*)
	is 204 DELETE "/$bucket/aborted?uploadId=$id"
	exits 0 'stored as' send --no-receipt -u "s3://$bucket/aborted" \
	    lot.bulla
	same aborted lot.bulla
	passed "an upload that the store has lost begins again"

	under "$BIN/bulla-fetch" --s3-conf slow.conf --limit-rate 3M \
	    -K s.key.pub -o got "s3://$bucket/killed"
	until_true part_has got 8000000
	kill_job
	[ ! -e got ]
	exits 0 'were here from an earlier run' fetch -o got \
	    "s3://$bucket/killed"
	cmp got lot.bulla
	rm got
	passed "a fetch that was killed goes on"

	under "$BIN/bulla-fetch" --s3-conf slow.conf --limit-rate 3M \
	    -K s.key.pub -o got "s3://$bucket/killed"
	until_true part_has got 8000000
	kill_job
	is 200 PUT "/$bucket/killed" @other.bulla
	fetch -q -o got "s3://$bucket/killed"
	cmp got other.bulla
	rm got
	passed "parts of two versions are not joined"
}

s3_receipt()
{
	hash=$(cat little.sha256)
	exits 5 'all was sent, but the receipt' send -K r.key.pub \
	    --receipt-wait 1 -u "s3://$bucket/desk/" little.bulla
	"$BIN/bulla-receive" -q --home theirs -i r.key -K s.key.pub \
	    little.bulla >note
	is 200 PUT "/$bucket/desk/receipts/$hash.note" @note
	send -q -K r.key.pub -u "s3://$bucket/desk/" --receipt kept \
	    little.bulla >out
	grep -qF "received by b.example/receiver" out
	cmp kept note
	is 200 PUT "/$bucket/desk/receipts/$hash.note" @little.id
	exits 1 'what came back is not accepted' send -K r.key.pub \
	    -u "s3://$bucket/desk/" little.bulla
	passed "the receipt is waited for, and verified"
}

s3_refused()
{
	sed 's/^secret: .*/secret: CANARY4711/' s3.conf >wrong.conf
	chmod 600 wrong.conf
	exits 1 'access, secret or region' "$BIN/bulla-send" --no-receipt \
	    --s3-conf wrong.conf -u "s3://$bucket/x/y" little.bulla
	! grep -q CANARY out err
	exits 1 'not the server that we trust' send --no-receipt \
	    --cacert tls/foreign-ca.pem --attempts 1 \
	    -u "s3://$bucket/x/y" little.bulla
	chmod 644 wrong.conf
	exits 3 'lets others at it' "$BIN/bulla-send" --no-receipt \
	    --s3-conf wrong.conf -u "s3://$bucket/x/y" little.bulla
	exits 1 'our clock' faketime '2 hours' "$BIN/bulla-send" \
	    --no-receipt --s3-conf s3.conf -u "s3://$bucket/x/y" little.bulla
	is 404 GET "/$bucket/x/y"
	passed "wrong secret, authority, mode and clock"
}

s3_outbox()
{
	"$BIN/bulla-outbox" add -u "s3://$bucket/queue/" --no-receipt \
	    --s3-conf s3.conf little.bulla >/dev/null
	"$BIN/bulla-outbox" run
	same "queue/packages/$(cat little.id).bulla" little.bulla
	passed "the outbox sends there"
}

# vanishes COMMAND...: what takes the bucket away while parts are sent
s3_vanishes()
{
	"$@"
	st=0
	wait "$job" || st=$?
	[ "$st" -eq 1 ] && grep -q 'not there (or no longer)' job.err || {
		echo "exit $st, not 1"
		cat job.err
		return 1
	}
	passed "a bucket that vanishes in the middle is said"
}
