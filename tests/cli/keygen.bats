#!/usr/bin/env bats
# shellcheck disable=SC2154 # bats sets stderr
bats_require_minimum_version 1.5.0

setup() {
	: "${BULLA_BIN:=$BATS_TEST_DIRNAME/../../build/release/bin}"
	BULLA_BIN=$(cd "$BULLA_BIN" && pwd)
	KEYGEN=$BULLA_BIN/bulla-keygen
	mkdir "$BATS_TEST_TMPDIR/work"	# bats keeps files of its own beside it
	cd "$BATS_TEST_TMPDIR/work" || return
	umask 022
	VKEY='^[a-z0-9._/-]+\+[0-9a-f]{8}\+A[A-Za-z0-9+/]{43}$'
}


@test "sign: two files, the public line on stdout, nothing on stderr" {
	run --separate-stderr "$KEYGEN" sign -n unit.example/sealer -o k
	[ "$status" -eq 0 ]
	[[ $output =~ $VKEY ]]
	[ "$stderr" = "" ]
	[ "$(cat k.pub)" = "$output" ]
	[ "$(wc -l <k.pub)" -eq 1 ]
	[ "$(stat -c %a k)" = 600 ]
	[ "$(stat -c %a k.pub)" = 644 ]
	[[ $(cat k) =~ ^PRIVATE\+KEY\+unit.example/sealer\+[0-9a-f]{8}\+A ]]
	[ "$(find . -type f | wc -l)" -eq 2 ]
}

@test "sign: the id is the SHA-256 of name, type and key" {
	"$KEYGEN" sign -n unit.example/sealer -o k
	line=$(cat k.pub)
	id=$({
		printf 'unit.example/sealer\n'
		printf %s "$line" | sed 's/^[^+]*+[^+]*+//' | base64 -d
	} | sha256sum | head -c 8)
	[ "$(printf %s "$line" | cut -d+ -f2)" = "$id" ]
}

@test "age: the file is one that age and age-keygen take" {
	run --separate-stderr "$KEYGEN" age -n 'evidence desk' -o k
	[ "$status" -eq 0 ]
	[ "$stderr" = "" ]
	[ "$(cat k.pub)" = "$output" ]
	[ "$(age-keygen -y k)" = "$output" ]
	echo hello | age -r "$output" >c
	[ "$(age -d -i k c)" = hello ]
	grep -qx '# name: evidence desk' k
	grep -qx "# public key: $output" k
}

@test "age: what age-keygen makes is taken here" {
	age-keygen -o k 2>/dev/null
	run --separate-stderr "$KEYGEN" public k
	[ "$status" -eq 0 ]
	[ "$output" = "$(age-keygen -y k)" ]
	[ "$stderr" = "" ]
}

@test "public: of a signing key; with -o into a file" {
	"$KEYGEN" sign -n a/b -o k >line
	run --separate-stderr "$KEYGEN" public k
	[ "$status" -eq 0 ]
	[ "$output" = "$(cat line)" ]
	run --separate-stderr "$KEYGEN" public -o p k
	[ "$status" -eq 0 ]
	[ "$output$stderr" = "" ]
	cmp p k.pub
	run --separate-stderr "$KEYGEN" public -o p k
	[ "$status" -eq 1 ]
	[[ $stderr == *"p: exists already"* ]]
	run --separate-stderr "$KEYGEN" public -f -o p k
	[ "$status" -eq 0 ]
}

@test "json: one object" {
	run --separate-stderr "$KEYGEN" --json sign -n a/b -o k
	[ "$status" -eq 0 ]
	[ "$output" = "{\"ok\":true,\"kind\":\"sign\",\"public\":\"$(cat k.pub)\",\"file\":\"k\"}" ]
	run --separate-stderr "$KEYGEN" --json public absent
	[ "$status" -eq 3 ]
	[[ $output == '{"ok":false,"status":"io","message":"absent: '* ]]
	[[ $stderr == 'bulla-keygen: absent: '* ]]
}

@test "passphrase from a descriptor: wrapped for us and for age" {
	printf 'right one\n' >p
	for kind in sign age; do
		run --separate-stderr "$KEYGEN" "$kind" -n a/b -o "$kind" \
			--passphrase-fd 3 3<p
		[ "$status" -eq 0 ]
		[ "$stderr" = "" ]
		[ "$(head -n 1 "$kind")" = age-encryption.org/v1 ]
		grep -aq '^-> scrypt [A-Za-z0-9+/]\{22\} 18$' "$kind"
		run --separate-stderr "$KEYGEN" public "$kind" \
			--passphrase-fd 3 3<p
		[ "$status" -eq 0 ]
		[ "$output" = "$(cat "$kind.pub")" ]
	done
	printf 'wrong one\n' >w
	run --separate-stderr "$KEYGEN" public sign --passphrase-fd 3 3<w
	[ "$status" -eq 1 ]
	[ "$output" = "" ]
	[ "$stderr" = "bulla-keygen: sign: wrong passphrase" ]
}

@test "passphrase: age opens a wrapped key, and we one that age wrapped" {
	command -v expect
	printf 'right one\n' >p
	"$KEYGEN" age -o k --passphrase-fd 3 3<p
	echo hello | age -r "$(cat k.pub)" >c
	run expect -c 'log_user 0' -c 'spawn age -d -i k -o plain c' \
		-c 'expect "passphrase"' -c 'send "right one\r"' -c 'expect eof' \
		-c 'exit [lindex [wait] 3]'
	[ "$status" -eq 0 ]
	[ "$(cat plain)" = hello ]
	age-keygen -o plainkey 2>/dev/null
	for armor in "" -a; do
		run expect -c 'log_user 0' \
			-c "spawn age -p $armor -o wrapped$armor plainkey" \
			-c 'expect "passphrase"' -c 'send "right one\r"' \
			-c 'expect "onfirm"' -c 'send "right one\r"' \
			-c 'expect eof' -c 'exit [lindex [wait] 3]'
		[ "$status" -eq 0 ]
		chmod 600 "wrapped$armor"
		run --separate-stderr "$KEYGEN" public "wrapped$armor" \
			--passphrase-fd 3 3<p
		[ "$status" -eq 0 ]
		[ "$output" = "$(age-keygen -y plainkey)" ]
	done
}

@test "passphrase on a terminal: asked twice, not echoed" {
	command -v expect
	# what is typed before a question is thrown away
	cat >asked.exp <<-'END'
		set timeout 60
		lassign $argv first second
		spawn -noecho {*}[lrange $argv 2 end]
		expect {
			timeout {exit 99}
			-ex "new passphrase: " {send "$first\r"}
		}
		expect {
			timeout {exit 99}
			-ex "once more: " {send "$second\r"}
		}
		expect eof
		exit [lindex [wait] 3]
	END
	run expect asked.exp 'open sesame' 'open sesame' \
		"$KEYGEN" sign -p -n a/b -o k
	[ "$status" -eq 0 ]
	[[ $output == *'new passphrase: '*'once more: '* ]]
	[[ $output != *sesame* ]]
	printf 'open sesame\n' >p
	"$KEYGEN" public k --passphrase-fd 3 3<p >line
	cmp line k.pub
	run expect asked.exp 'open sesame' 'open simsim' \
		"$KEYGEN" sign -p -n a/b -o k2
	[ "$status" -eq 1 ]
	[[ $output == *differ* ]]
	[ ! -e k2 ]
	[ ! -e k2.pub ]
}

@test "passphrase: none to ask for, or an empty one, is no key" {
	run --separate-stderr setsid "$KEYGEN" sign -p -n a/b -o k </dev/null
	[ "$status" -eq 3 ]
	[[ $stderr == *"no terminal"* ]]
	run --separate-stderr "$KEYGEN" sign -n a/b -o k --passphrase-fd 3 \
		3</dev/null
	[ "$status" -eq 1 ]
	[[ $stderr == *"empty passphrase"* ]]
	run --separate-stderr "$KEYGEN" sign -n a/b -o k --passphrase-fd 9
	[ "$status" -eq 3 ]
	[ -z "$(find . -type f)" ]
}

@test "an existing file stays as it is, unless -f" {
	echo precious >k
	run --separate-stderr "$KEYGEN" sign -n a/b -o k
	[ "$status" -eq 1 ]
	[ "$output" = "" ]
	[[ $stderr == "bulla-keygen: k: exists already"* ]]
	[ "$(cat k)" = precious ]
	[ ! -e k.pub ]
	rm k
	echo precious >k.pub
	run --separate-stderr "$KEYGEN" age -o k
	[ "$status" -eq 1 ]
	[ ! -e k ]
	run --separate-stderr "$KEYGEN" age -f -o k
	[ "$status" -eq 0 ]
	[ "$(cat k.pub)" = "$output" ]
}

@test "secret files: mode, type, owner, size and lines are judged" {
	"$KEYGEN" sign -n a/b -o k >line
	for mode in 640 604 610 666; do
		chmod "$mode" k
		run --separate-stderr "$KEYGEN" public k
		[ "$status" -eq 3 ]
		[ "$output" = "" ]
		[[ $stderr == *"k: mode 0$mode"*"chmod 600"* ]]
	done
	chmod 600 k
	ln -s k link
	mkfifo fifo
	mkdir dir
	for f in link fifo dir /dev/null; do
		run --separate-stderr timeout 10 "$KEYGEN" public "$f"
		[ "$status" -eq 3 ]
		[ "$output" = "" ]
	done
	truncate -s 1G big
	chmod 600 big
	run --separate-stderr "$KEYGEN" public big
	[ "$status" -eq 1 ]
	sed 's/$/\r/' k >crlf
	chmod 600 crlf
	run --separate-stderr "$KEYGEN" public crlf
	[ "$status" -eq 1 ]
	[ "$output" = "" ]
	[[ $stderr != *"$(cut -d+ -f5- k | head -c 12)"* ]]
	: >none
	chmod 600 none
	run --separate-stderr "$KEYGEN" public none
	[ "$status" -eq 1 ]
	run --separate-stderr "$KEYGEN" public absent
	[ "$status" -eq 3 ]
}

@test "usage mistakes exit 2, say what, and make nothing" {
	local cases=('' 'frob' 'sign' 'sign -o k' 'sign -n a/b' 'age'
		'sign -n a/b -o k extra' 'public' 'public a b' '-Z' '--frob'
		'sign -n' 'age -o -' 'sign -n A -o k' 'sign -n a+b -o k'
		'age -o k --passphrase-fd x' 'age -o k --passphrase-fd -1')
	for args in "${cases[@]}"; do
		# shellcheck disable=SC2086 # words
		run --separate-stderr "$KEYGEN" $args
		[ "$status" -eq 2 ]
		[ "$output" = "" ]
		[[ $stderr == bulla-keygen:* ]]
	done
	[ -z "$(find . -type f)" ]
}

@test "a name is shown escaped" {
	run --separate-stderr "$KEYGEN" sign -n $'a\e[31m\n' -o k
	[ "$status" -eq 2 ]
	[[ $stderr == *'"a\x1b[31m\x0a" cannot name a key'* ]]
	run --separate-stderr "$KEYGEN" public $'x\e[31m'
	[ "$status" -eq 3 ]
	[[ $stderr == *'x\x1b[31m'* ]]
	run --separate-stderr "$KEYGEN" $'--x\e[31m'
	[ "$status" -eq 2 ]
	[[ $stderr != *$'\e'* ]]
}

@test "help and version on stdout; a full disk is noticed" {
	run --separate-stderr "$KEYGEN" -h
	[ "$status" -eq 0 ]
	[[ $output == 'usage: bulla-keygen sign '* ]]
	[ "$stderr" = "" ]
	run --separate-stderr "$KEYGEN" -V
	[ "$status" -eq 0 ]
	[[ $output =~ ^bulla-keygen\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	run --separate-stderr sh -c "'$KEYGEN' -h >/dev/full"
	[ "$status" -eq 3 ]
	[[ $stderr == *'standard output: No space left'* ]]
	run --separate-stderr "$KEYGEN" age -o "$BATS_TEST_TMPDIR/none/k"
	[ "$status" -eq 3 ]
	[ "$output" = "" ]
}

@test "a key of ours verifies with openssl" {
	"$KEYGEN" sign -n a/b -o k >/dev/null
	# RFC 8410: the fixed beginning of an Ed25519 key in DER
	{
		printf '\060\052\060\005\006\003\053\145\160\003\041\000'
		sed 's/^[^+]*+[^+]*+//' k.pub | base64 -d | tail -c 32
	} >pub.der
	{
		printf '\060\056\002\001\000\060\005\006\003\053\145\160'
		printf '\004\042\004\040'
		sed 's/^PRIVATE+KEY+[^+]*+[^+]*+//' k | base64 -d | tail -c 32
	} >key.der
	openssl pkey -inform DER -in key.der -pubout -outform DER -out derived
	cmp derived pub.der
}
