#!/bin/sh
# canary.sh: a known passphrase and known keys go through the tools. They
# are looked for in every process's arguments and environment, in what the
# tools print, in each write that they make (strace), in the files they
# leave, and in core files, of which there are none.
# shellcheck source=tests/lib/faults.sh disable=SC2034,SC2154
. "${0%/*}/../lib/faults.sh"
n=0
PASS='canary-Passphrase-5cee7d'
PIN='canary-of-standard-input'

# what must be seen nowhere: as text, and the first bytes of the raw seed
secret_of()
{
	sed 's/^PRIVATE+KEY+[^+]*+[^+]*+//' "$1"
}
seed=$(secret_of sealer.key)
rawhex=$(printf '%s' "$seed" | base64 -d | tail -c 32 | xxd -p -c 64)
cat >needles <<END
$PASS
$seed
$(secret_of receiver.key)
$(grep '^AGE-SECRET-KEY' desk.age)
END

# clean WHAT FILE...: no needle in these files
clean()
{
	what=$1
	shift
	n=$((n + 1))
	! LC_ALL=C grep -aqF -f needles -- "$@" || fail "$what: a secret is in $*"
	for f; do
		[ ! -f "$f" ] || ! xxd -p -c 1000000 "$f" | grep -q "$rawhex" ||
			fail "$what: a raw key is in $f"
	done
}

# quiet_run NAME COMMAND...: its output, its writes and its files. strace
# writes in hexadecimal what is no text; -e write=all is not needed.
quiet_run()
{
	what=$1
	shift
	strace -f -o trace -s 70000 -e trace=execve,write,pwrite64,writev,sendto,sendmsg \
	    "$@" >so 2>se
	rc=$?
	[ "$rc" -eq 0 ] || fail "$what: exit status $rc: $(cat se)"
	clean "$what" so se trace
	find out tmp home -type f >left
	while read -r f; do
		clean "$what" "$f"
	done <left
}

command -v strace >/dev/null || {
	echo 'SKIP: no strace'
	exit 77
}
echo "$PASS" >pass
rm -rf out
mkdir out
# the control: the needles are whole, and are found where they are
[ ${#rawhex} -eq 64 ] || fail "the control: a seed of ${#rawhex} digits"
! LC_ALL=C grep -aqF -f needles sealer.key && fail 'the control finds no key'
xxd -p -c 1000 sealer.key | grep -q "$rawhex" &&
	fail 'the control: a raw key in text?'

quiet_run 'keygen sign -p' "$BULLA_BIN/bulla-keygen" sign -n a.example/p \
    --passphrase-fd 3 -o out/p.key 3<pass
quiet_run 'keygen age -p' "$BULLA_BIN/bulla-keygen" age \
    --passphrase-fd 3 -o out/p.age 3<pass
quiet_run 'keygen public' "$BULLA_BIN/bulla-keygen" public \
    --passphrase-fd 3 out/p.key 3<pass
quiet_run seal "$BULLA_BIN/bulla-seal" -v -i sealer.key -i out/p.key \
    --passphrase-fd 3 -r "$(cat out/p.age.pub)" -r "$DESK" -o out/p.bulla src 3<pass
cat sealer.vkey out/p.key.pub >known
quiet_run 'open with a passphrase' "$BULLA_BIN/bulla-open" -v -i out/p.age \
    --passphrase-fd 3 -K known -d out/d out/p.bulla 3<pass
quiet_run 'open -O' "$BULLA_BIN/bulla-open" -v -i desk.age -K known -O out/p.bulla
quiet_run receive "$BULLA_BIN/bulla-receive" -v --home out/h -i receiver.key \
    -K known out/p.bulla
quiet_run 'age -p' "$BULLA_BIN/bulla-age" -v -p --passphrase-fd 3 -o out/a plain 3<pass
quiet_run 'age -d -p' "$BULLA_BIN/bulla-age" -v --json -d -p --passphrase-fd 3 \
    -o out/b out/a 3<pass
quiet_run 'age -d' "$BULLA_BIN/bulla-age" -v -d -i desk.age -o out/c plain.age

# keys made just now: their own text is in the key file alone
for kind in "sign -n a.example/q" age; do
	rm -f out/q out/q.pub
	# shellcheck disable=SC2086 # words
	strace -o trace -s 70000 -e trace=write "$BULLA_BIN/bulla-keygen" \
	    $kind -v -o out/q >so 2>se
	sed -n 's/^PRIVATE+KEY+[^+]*+[^+]*+//p; /^AGE-/p' out/q >needles.new
	# the control: strace does see it go into the key file
	[ -s needles.new ] || fail "keygen $kind: no key"
	cut -c 1-40 needles.new >start
	grep -qF -f start trace || fail "keygen $kind: not in its trace"
	n=$((n + 1))
	! grep -qF -f needles.new so se out/q.pub || fail "keygen $kind: shows the key"
done

# wrong passphrases are not shown either
echo "$PIN" >>needles
for cmd in "open -i out/p.age -K known -d out/x" "seal -i out/p.key -r $DESK -o out/x"; do
	what="${cmd%% *} with a wrong passphrase"
	echo "$PIN" >wrong
	# shellcheck disable=SC2086 # words
	tool $cmd --passphrase-fd 3 out/p.bulla 3<wrong >so 2>se </dev/null
	rc=$?
	[ "$rc" -eq 1 ] || fail "$what: exit status $rc: $(cat se)"
	clean "$what" so se
done

# waiting TOOL ARG...: a process that holds a key and waits for a passphrase
waiting()
{
	rm -f fifo
	mkfifo fifo
	exec 8<>fifo
	name=$1
	shift
	# shellcheck disable=SC3023 # descriptor 3 in dash
	(
		# shellcheck disable=SC3045 # dash has it
		ulimit -c unlimited
		cd cores && exec "$BULLA_BIN/bulla-$name" "$@" \
		    --passphrase-fd 3 3<"$W/fifo" >"$W/so" 2>"$W/se" </dev/null
	) &
	pid=$!
	i=0
	# until it reads from the fifo
	while [ $i -lt 3000 ] && ! grep -q '^0 0x3 ' "/proc/$pid/syscall" 2>/dev/null; do
		sleep 0.02
		i=$((i + 1))
	done
}

mkdir cores
for cmd in "seal -i $W/sealer.key -i $W/out/p.key -r $DESK -o $W/out/y $W/src" \
    "open -i $W/desk.age -i $W/out/p.age -K $W/known -d $W/out/y $W/out/p.bulla"; do
	what="${cmd%% *} while it waits"
	# shellcheck disable=SC2086 # words
	waiting $cmd
	tr '\0' '\n' <"/proc/$pid/cmdline" >args
	tr '\0' '\n' <"/proc/$pid/environ" >environ 2>/dev/null
	grep -q passphrase-fd args || fail "$what: not looked at"
	clean "$what" args environ
	locked=$(sed -n 's/^VmLck:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$pid/status")
	[ "${locked:-0}" -gt 0 ] || fail "$what: no locked memory"
	printf '%s' "$PASS" >&8
	sleep 0.05
	kill -ABRT "$pid"
	wait "$pid"
	rc=$?
	exec 8>&-
	[ "$rc" -eq 134 ] || fail "$what: exit status $rc"
	n=$((n + 1))
	[ -z "$(ls -A cores)" ] || fail "$what: leaves a core: $(ls -A cores)"
done 2>/dev/null
# the control: another program does leave one, if cores go into files here
(
	# shellcheck disable=SC3045 # dash has it
	ulimit -c unlimited
	cd cores && exec sh -c 'kill -ABRT $$'
) 2>/dev/null
[ -n "$(ls -A cores)" ] || echo 'SKIP: no program leaves core files here'

# a passphrase that is typed is neither echoed nor logged
if command -v expect >/dev/null; then
	what='typed passphrase'
	cat >typed.exp <<-'END'
	set timeout 30
	log_user 1
	spawn $env(BIN)/bulla-keygen sign -n a.example/t -p -o out/t.key
	expect -re {new passphrase: }
	send "$env(PASS)\r"
	expect -re {again|repeat|: $}
	send "$env(PASS)\r"
	expect eof
	END
	BIN=$BULLA_BIN PASS=$PASS expect typed.exp >typed 2>&1
	[ -s out/t.key ] || fail "$what: no key: $(cat typed)"
	clean "$what" typed out/t.key.pub
else
	echo 'SKIP: no expect'
fi
echo "COUNT faults-canary $n $bad"
[ "$bad" -eq 0 ]
