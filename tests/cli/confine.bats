#!/usr/bin/env bats
# The processes of an inbox: what each can still do, and what becomes of the
# others when one is taken over or dies.
# shellcheck disable=SC2154,SC2030,SC2031 # run sets stderr; tests are subshells
bats_require_minimum_version 1.5.0
load ../lib/inbox.bash

setup_file() {
	way_setup_file
}

setup() {
	way_setup
}

teardown() {
	way_teardown
}

# column ROLE LAYERS: what the process did, in ./ROLE.LAYERS
column() {
	mkdir -p "scratch-$1-$2"
	run --separate-stderr "$AID/bite" "$1" "$2" "scratch-$1-$2"
	echo "$1 $2: $status $stderr"
	[ "$status" -ne 77 ] || skip "no Landlock or no seccomp here"
	[ "$status" -eq 0 ]
	printf '%s\n' "$output" >"$1.$2"
	[ "$(wc -l <"$1.$2")" -eq 37 ]
}

# is ROLE LAYERS WORD ACTION...: that is what became of them
is() {
	local role=$1 layers=$2 word=$3 a
	shift 3
	for a; do
		grep -qx "$a $word" "$role.$layers" || {
			echo "$role $layers: not $word: $(grep "^$a " "$role.$layers")"
			return 1
		}
	done
}

@test "confinement bites: three processes, 37 actions, none, Landlock, both" {
	everywhere='open create unlink socket-inet socket-unix socket-udp
	    socket-raw socket-mptcp name-query connect connect-other fast-open
	    fast-open-msg bind fork execve kill ptrace proc-mem io_uring mount
	    chroot unshare bpf userfaultfd keyctl new-code'
	for role in verifier signer network; do
		for layers in none landlock both; do
			column "$role" "$layers"
		done
		# What cannot be done here by anybody proves nothing
		possible=
		for a in $everywhere; do
			grep -qx "$a allowed" "$role.none" || continue
			possible="$possible $a"
			is "$role" both refused "$a"
		done
		# shellcheck disable=SC2086 # a list
		set -- $possible
		echo "$role: $# actions:$possible"
		[ "$#" -ge 18 ]
		threads "$role"
		is "$role" none allowed open create unlink socket-inet \
		    socket-unix connect bind fork execve kill read-key \
		    read-package write-package write-incoming
		# Why one layer is not enough
		is "$role" landlock refused open create unlink execve
		is "$role" landlock allowed socket-inet socket-unix bind fork
	done
	files='read-key read-package write-package write-incoming
	    read-quarantine write-quarantine move-to-quarantine'
	# shellcheck disable=SC2086 # lists
	is verifier both refused $files
	is signer both allowed read-key read-package write-package \
	    read-quarantine write-quarantine move-to-quarantine
	is signer both refused write-incoming
	is network both refused read-key read-package write-package \
	    read-quarantine write-quarantine move-to-quarantine
	is network both allowed write-incoming
}

# threads ROLE: it has threads, and none of them in namespaces of its own
threads() {
	is "$1" none allowed thread
	is "$1" both allowed thread
	is "$1" both refused clone-new
	is "$1" both absent clone3
}

@test "confinement bites: the storekeeper has a way out, and nothing else" {
	for layers in none both; do
		column storekeeper "$layers"
	done
	is storekeeper none allowed socket-unix connect connect-other
	is storekeeper both allowed socket-inet socket-udp connect name-query
	is storekeeper both refused socket-unix
	# Streams that are not TCP, and TCP without connect(2): where Landlock
	# does not look
	for a in socket-raw socket-mptcp fast-open fast-open-msg; do
		! grep -qx "$a allowed" storekeeper.none ||
		    is storekeeper both refused "$a"
	done
	threads storekeeper
	for a in open create unlink bind fork execve kill ptrace proc-mem \
	    io_uring mount chroot unshare bpf userfaultfd keyctl new-code \
	    read-key read-package write-package write-incoming \
	    read-quarantine write-quarantine; do
		! grep -qx "$a allowed" storekeeper.none ||
		    is storekeeper both refused "$a"
	done
	is storekeeper none allowed bind fork execve read-key write-package
}

@test "the storekeeper connects to its store's port and to no other" {
	abi=$("$AID/bite" abi)
	[ "$abi" -ge 4 ] ||
	    skip "Landlock $abi: ports are counted from 4 (Linux 6.7) on"
	for layers in none landlock both; do
		column storekeeper "$layers"
	done
	is storekeeper none allowed connect connect-other
	for layers in landlock both; do
		is storekeeper "$layers" allowed connect
		is storekeeper "$layers" refused connect-other
	done
}

# the child NAME of the inbox: its pid
child() {
	pgrep -P "$INBOX" -x "$1"
}

# begun: an upload of $D/big that was begun; UP
begun() {
	head -c 100000 "$D/big" >part
	create "$(stat -c %s "$D/big")"
	patch 0 part
	answered 204
}

@test "each process has its own secret and no other" {
	[ "$(id -u)" -eq 0 ] || skip "only root may look at them"
	case $BULLA_BIN in
	*/asan/*) skip "AddressSanitizer maps more than can be read" ;;
	esac
	inbox
	# The seed: 32 bytes after the type. The TLS key's secret number, as
	# GnuTLS has it in memory: the last byte first
	cut -d+ -f5- "$D/r.key" | base64 -d | tail -c 32 >seed
	openssl ec -in "$D/tls/server.key" -outform DER 2>/dev/null |
	    head -c 39 | tail -c 32 | xxd -p -c 1 | tac | xxd -r -p >tls
	[ "$(stat -c %s tls)" -eq 32 ]
	[ "$("$AID/inmem" "$(child signer)" seed)" -ge 1 ]
	[ "$("$AID/inmem" "$(child network)" tls)" -ge 1 ]
	for p in "$INBOX" "$(child network)"; do
		[ "$("$AID/inmem" "$p" seed)" -eq 0 ]
	done
	for p in "$INBOX" "$(child signer)"; do
		[ "$("$AID/inmem" "$p" tls)" -eq 0 ]
	done
}

@test "passphrases that nobody has read yet are the signer's alone" {
	mkfifo pass
	exec 7<>pass
	inbox --passphrase-fd 7
	here=$(stat -Lc %d:%i pass)
	# holds PID: does it have the fifo open?
	holds() {
		local f
		for f in "/proc/$1/fd"/*; do
			[ "$(stat -Lc %d:%i "$f" 2>/dev/null)" != "$here" ] ||
				return 0
		done
		return 1
	}
	exec 7>&-
	holds "$(child signer)"
	run ! holds "$(child network)"
	run ! holds "$INBOX"
}

@test "the signer dies: the inbox ends with 3, uploads are kept" {
	inbox
	begun
	kill -KILL "$(child signer)"
	code=0
	wait "$INBOX" || code=$?
	[ "$code" -eq 3 ]
	grep -q 'the signer process ended by signal 9; uploads are kept' log
	PORT=0 inbox
	ask "$UP" --head
	answered 200
	[ "$(field Upload-Offset)" = 100000 ]
}

@test "the network process dies: the inbox ends with 3, uploads are kept" {
	inbox
	begun
	kill -KILL "$(child network)"
	code=0
	wait "$INBOX" || code=$?
	[ "$code" -eq 3 ]
	grep -q 'the network process ended by signal 9; uploads are kept' log
	PORT=0 inbox
	ask "$UP" --head
	answered 200
}

@test "the first process dies: the others with it" {
	inbox
	signer=$(child signer) network=$(child network)
	kill -KILL "$INBOX"
	wait "$INBOX" || :
	for p in "$signer" "$network"; do
		for ((i = 0; i < 100; i++)); do
			# a zombie that nobody reaps is dead too
			case $(ps -o stat= -p "$p") in
			'' | Z*) continue 2 ;;
			esac
			sleep 0.1
		done
		false
	done
}

# hostile: an inbox whose verifiers have a hole
hostile() {
	case $BULLA_BIN in
	*/asan/*) skip "AddressSanitizer wants to be loaded first" ;;
	esac
	echo something >blob
	export HOSTILE_MARK=$PWD/mark
	LD_PRELOAD=$AID/hostile.so inbox
}

# act NAME: a package that makes them do that, in ./NAME
act() {
	seal "$1" --ref "ACT-$1" blob
}

@test "a package that crashes its verifier is refused, others are received" {
	hostile
	act crash
	act once
	run --separate-stderr send -u "$URL" crash
	echo "$status $stderr"
	[ "$status" -eq 1 ]
	[[ $stderr == *"2 times its verification came to no result"* ]]
	[ "$(logged 'event=verifier-ended signal=6')" -eq 2 ]
	[ -z "$(ls home/packages)" ]
	send -q -u "$URL" "$D/package"
	# One accident is none
	send -q -u "$URL" once
	[ "$(logged 'event=verifier-ended signal=6')" -eq 3 ]
	[ "$(find home/packages -name '*.bulla' | wc -l)" -eq 2 ]
	cmp once "home/packages/$("$BULLA_BIN/bulla-inspect" --json once |
	    jq -r .package).bulla"
	ends
}

@test "a package that wants all memory is refused" {
	hostile
	act eat
	run --separate-stderr send -u "$URL" eat
	echo "$status $stderr"
	[ "$status" -eq 1 ]
	[[ $stderr == *"came to no result"* ]]
	send -q -u "$URL" "$D/package"
	ends
}

@test "a verifier that was taken over reaches nothing" {
	hostile
	act bite
	send -q -u "$URL" bite
	[ ! -e mark ]
	[ "$(logged event=verifier-ended)" -eq 0 ]
	ends
}

@test "a signer that was taken over has a few verifiers at once, no more" {
	export HOSTILE_SIGNER=yes
	hostile
	send -q -u "$URL" "$D/package"
	got=$(sed -n 's/^got \([0-9]*\) of 64 verifiers$/\1/p' log)
	echo "got $got"
	[ "$got" -ge 2 ]
	[ "$got" -le 16 ]
	[ "$(logged "event=verifiers-full alive=$got")" -eq 1 ]
	# Those that are gone have made room
	send -q -u "$URL" "$D/big"
	ends
}

# bats test_tags=slow
@test "a package that computes for ever is refused" {
	[ "${FAULTS-}" = full ] || skip "half a minute: FAULTS=full"
	hostile
	act spin
	send -u "$URL" spin >spinning 2>&1 3>&- &
	spinning=$!
	# Meanwhile
	send -q -u "$URL" "$D/package"
	code=0
	wait "$spinning" || code=$?
	cat spinning log
	[ "$code" -eq 1 ]
	[ "$(logged 'event=verifier-ended signal=24')" -eq 2 ]
	ends
}
