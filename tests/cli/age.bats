#!/usr/bin/env bats
# bulla-age: alone, and against Debian's age both ways.
# shellcheck disable=SC2016 # sh -c gets its own arguments
# shellcheck disable=SC2094 # plain is read twice, never written
bats_require_minimum_version 1.5.0

setup() {
	: "${BULLA_BIN:=$BATS_TEST_DIRNAME/../../build/release/bin}"
	BIN=$(cd "$BULLA_BIN" && pwd)
	cd "$BATS_TEST_TMPDIR" || return 1
	age=$BIN/bulla-age
	"$BIN/bulla-keygen" age -n me -o me.key >/dev/null
	"$BIN/bulla-keygen" age -o other.key >/dev/null
	me=$(cat me.key.pub)
	other=$(cat other.key.pub)
	head -c 200000 /dev/urandom >plain
}

# ok COMMAND...: exit 0 and nothing on stderr
ok() {
	run --separate-stderr "$@"
	[ "$status" -eq 0 ] || {
		echo "status $status: $stderr"
		return 1
	}
	[ -z "$stderr" ]
}

# no STATUS TEXT COMMAND...: that exit status, TEXT within one line "bulla-age:
# ..." on stderr, nothing on stdout
no() {
	local want=$1 text=$2
	shift 2
	run --separate-stderr "$@"
	echo "status $status, stdout '$output', stderr '$stderr'"
	[ "$status" -eq "$want" ]
	[ -z "$output" ]
	[[ $stderr == "bulla-age: "* ]]
	[[ $stderr == *"$text"* ]]
}

need_age() {
	command -v age >/dev/null || skip "no age"
}

# typed ANSWERS COMMAND...: on a terminal, a line of ANSWERS at each question;
# what is typed before one is thrown away
typed() {
	command -v expect >/dev/null || skip "no expect"
	cat >typed.exp <<-'END'
		set timeout 60
		spawn -noecho {*}[lrange $argv 1 end]
		foreach line [split [lindex $argv 0] "\n"] {
			expect {
				timeout {exit 99}
				-re {assphrase[^\r\n]*: |once more: } {
					send "$line\r"
				}
			}
		}
		expect eof
		exit [lindex [wait] 3]
	END
	run expect typed.exp "$@"
	[ "$status" -eq 0 ] || {
		echo "status $status: $output"
		return 1
	}
}

@test "what is encrypted decrypts, from files and through pipes" {
	ok "$age" -e -r "$me" -o sealed plain
	[ -z "$output" ]
	[ "$(head -c 21 sealed)" = age-encryption.org/v1 ]
	ok "$age" -d -i me.key -o back sealed
	cmp plain back
	"$age" -r "$me" <plain | "$age" -d -i me.key | cmp plain -
	"$age" -d -i other.key -i me.key - <sealed | cmp plain -
	[ "$(stat -c %a back)" = 600 ]
}

@test "an empty file and one of exactly a chunk" {
	: >empty
	"$age" -r "$me" empty | "$age" -d -i me.key | cmp empty -
	head -c 65536 plain >chunk
	"$age" -r "$me" chunk | "$age" -d -i me.key | cmp chunk -
}

@test "armor is written with -a and detected" {
	ok "$age" -a -r "$me" -o sealed plain
	[ "$(head -n 1 sealed)" = "-----BEGIN AGE ENCRYPTED FILE-----" ]
	[ "$(tail -n 1 sealed)" = "-----END AGE ENCRYPTED FILE-----" ]
	[ "$(awk 'length > 64' sealed | wc -l)" -eq 0 ]
	"$age" -d -i me.key sealed | cmp plain -
	sed 's/$/\r/' sealed | "$age" -d -i me.key | cmp plain -
}

@test "our files open with age" {
	need_age
	"$age" -r "$other" -r "$me" plain | age -d -i me.key | cmp plain -
	"$age" -a -r "$me" plain | age -d -i me.key | cmp plain -
	printf '# both\n%s\n\n%s\n' "$me" "$other" >people
	"$age" -R people plain >sealed
	age -d -i me.key sealed | cmp plain -
	age -d -i other.key sealed | cmp plain -
	"$age" -R - -o sealed -f plain <people
	age -d -i other.key sealed | cmp plain -
}

@test "age's files open with ours" {
	need_age
	age-keygen -o theirs.key 2>/dev/null
	theirs=$(age-keygen -y theirs.key)
	age -r "$theirs" -r "$other" plain | "$age" -d -i theirs.key | cmp plain -
	age -a -r "$theirs" plain | "$age" -d -i theirs.key | cmp plain -
	printf '# one\n%s\n' "$theirs" >people
	age -R people plain | "$age" -d -i theirs.key | cmp plain -
	"$age" -r "$theirs" plain | age -d -i theirs.key | cmp plain -
}

@test "a passphrase from a descriptor, also as a file of age's" {
	echo secret words >pass
	ok "$age" -p --passphrase-fd 3 -o sealed plain 3<pass
	ok "$age" -d --passphrase-fd 3 -o back sealed 3<pass
	cmp plain back
	grep -aq '^-> scrypt [^ ]* 18$' sealed
	no 1 "wrong passphrase" "$age" -d --passphrase-fd 3 sealed 3<<<"wrong"
	no 1 "an empty passphrase" "$age" -p --passphrase-fd 3 plain 3</dev/null
	need_age
	# age reads passphrases from a terminal only
	typed $'secret words\nsecret words' age -p -o theirs plain
	ok "$age" -d --passphrase-fd 3 -o back -f theirs 3<pass
	cmp plain back
	typed 'secret words' age -d -o back2 sealed
	cmp plain back2
}

@test "a passphrase from the terminal" {
	typed $'a b c\na b c' "$age" -p -o sealed plain
	[[ $output == *'New passphrase: '*'once more: '* ]]
	[[ $output != *'a b c'* ]]
	typed 'a b c' "$age" -d -o back sealed
	[[ $output != *'a b c'* ]]
	cmp plain back
}

@test "a key file with a passphrase" {
	"$BIN/bulla-keygen" age -p --passphrase-fd 3 -o wrapped.key 3<<<"abc" >pub
	"$age" -r "$(cat pub)" -o sealed plain
	ok "$age" -d -i wrapped.key --passphrase-fd 3 -o back sealed 3<<<"abc"
	cmp plain back
	no 1 "wrong passphrase" "$age" -d -i wrapped.key --passphrase-fd 3 sealed 3<<<"abd"
}

@test "the wrong key opens nothing" {
	"$age" -r "$me" -o sealed plain
	no 1 "sealed: none of 1 identities matches" "$age" -d -i other.key sealed
	no 1 "no identity to open it with" "$age" -d sealed
	no 1 "none of 1 identities" "$age" -d -i other.key -o back sealed
	[ ! -e back ]
	"$age" -p --passphrase-fd 3 -o locked plain 3<<<"abc"
	# no question where only keys were given
	no 1 "encrypted with a passphrase" "$age" -d -i me.key locked
	ok "$age" -d -p -i me.key --passphrase-fd 3 -o back locked 3<<<"abc"
	cmp plain back
}

@test "no terminal to ask at is trouble, not a verdict" {
	command -v setsid >/dev/null || skip "no setsid"
	"$age" -p --passphrase-fd 3 -o locked plain 3<<<"abc"
	no 3 "locked:" setsid -w "$age" -d locked
}

@test "truncation anywhere, at chunk edges too, leaves no file" {
	"$age" -r "$me" -o sealed plain
	size=$(stat -c %s sealed)
	at=$((size - 200000 - 4 * 16))
	n=0
	for cut in 0 1 21 22 100 $((at - 16)) $((at - 1)) $at $((at + 1)) \
		$((at + 65551)) $((at + 65552)) $((at + 65553)) \
		$((at + 2 * 65552)) $((at + 3 * 65552)) \
		$((at + 3 * 65552 + 16)) $((size - 1)); do
		head -c "$cut" sealed >short
		no 1 "short: " "$age" -d -i me.key -o back short
		[ ! -e back ]
		n=$((n + 1))
	done
	echo "# COUNT age-cli/truncations $n 0" >&3
	# what had verified before the cut was released to the pipe
	head -c $((at + 2 * 65552)) sealed >short
	run --separate-stderr sh -c '"$1" -d -i me.key short >part' - "$age"
	[ "$status" -eq 1 ]
	[[ $stderr == *"payload: chunk 2: cut short: the last chunk is missing"* ]]
	head -c 131072 plain | cmp - part
}

@test "a flipped byte, anything appended or doubled is refused" {
	head -c 50 plain >small
	"$age" -r "$me" -o sealed small
	size=$(stat -c %s sealed)
	for i in 0 10 21 22 25 33 60 100 150 200 $((size - 90)) \
		$((size - 70)) $((size - 60)) $((size - 17)) $((size - 1)); do
		xxd -p -c1 sealed | awk -v i=$i '
			NR == i + 1 { $0 = ($0 == "41" ? "42" : "41") } 1' |
			xxd -r -p >bad
		run --separate-stderr "$age" -d -i me.key -o back bad
		[ "$status" -eq 1 ]
		[[ $stderr == "bulla-age: bad: "* ]]
		[ ! -e back ]
	done
	(cat sealed; printf x) >bad
	no 1 "bad: payload: chunk 0" "$age" -d -i me.key -o back bad
	cat sealed sealed >bad
	no 1 "bad: payload: chunk 0" "$age" -d -i me.key -o back bad
	[ ! -e back ]
}

@test "other files are refused with what they are" {
	no 1 "plain: age header: not an age v1 file" "$age" -d -i me.key plain
	: >empty
	no 1 "empty: " "$age" -d -i me.key empty
	printf 'age-encryption.org/v2\n' >v2
	no 1 'begins with "age-encryption.org/v2"' "$age" -d -i me.key v2
	printf '\033[31mred\n' >esc
	no 1 '\x1b[31mred' "$age" -d -i me.key esc
	[[ $stderr != *$'\033'* ]]
	"$age" -a -r "$me" -o sealed plain
	sed '3s/./*/' sealed >bad
	no 1 "bad: armor: line 3: not canonical base64" "$age" -d -i me.key bad
	(cat sealed; echo more) >bad
	no 1 "armor: data after the END line" "$age" -d -i me.key -o back bad
}

@test "scrypt work over 2^20 is refused before the question" {
	printf '%s\n' age-encryption.org/v1 \
		'-> scrypt AAAAAAAAAAAAAAAAAAAAAA 21' \
		AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA \
		'--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' >dear
	no 1 "a work factor of 2^21 is asked for" "$age" -d dear
}

@test "post-quantum keys are known and refused" {
	pq="$BATS_TEST_DIRNAME/../../../shared/vectors/age/hybrid"
	[ -z "${BULLA_VECTORS-}" ] || pq=$BULLA_VECTORS/age/hybrid
	[ -e "$pq" ] || skip "no vectors"
	sed '1,/^$/d' "$pq" >sealed
	sed -n 's/^identity: //p' "$pq" >pq.key
	chmod 600 pq.key
	no 3 "need libcrypto 3.5 or newer" "$age" -d -i pq.key sealed
	no 3 "need libcrypto 3.5 or newer" "$age" -d -i me.key sealed
	# a file for both opens with the key that we have
	"$age" -r "$me" -o both plain
	ok "$age" -d -i pq.key -i me.key -o back both
	cmp plain back
}

@test "key files that others can read are refused" {
	"$age" -r "$me" -o sealed plain
	chmod 644 me.key
	no 3 "chmod 600" "$age" -d -i me.key -o back sealed
	chmod 600 me.key
	ln -s me.key link.key
	no 3 "symbolic link" "$age" -d -i link.key sealed
	no 3 "absent.key" "$age" -d -i absent.key sealed
	mkfifo -m 600 fifo.key
	no 3 "not a regular file" "$age" -d -i fifo.key sealed
	no 3 "not a regular file" "$age" -d -i . sealed
	sed 's/$/\r/' me.key >crlf.key
	chmod 600 crlf.key
	no 1 "crlf.key: line " "$age" -d -i crlf.key sealed
	[[ $stderr != *AGE-SECRET-KEY-1[A-Z0-9]* ]]
	[ ! -e back ]
}

@test "wrong recipients are wrong usage" {
	no 2 "twice" "$age" -r "$me" -r "$me" plain
	no 2 "is not an age recipient" "$age" -r nonsense plain
	no 2 "is not an age recipient" "$age" -r "${me%?}" plain
	no 2 "is not an age recipient" "$age" -r "$(echo "$me" | tr '[:lower:]' '[:upper:]')" plain
	printf '%s\nnonsense\n' "$me" >people
	no 1 "people: line 2: " "$age" -R people plain
	no 3 "absent" "$age" -R absent plain
	printf '# none\n' >people
	no 1 "people: no recipient in it" "$age" -R people plain
	secret=$(tail -n 1 me.key)
	no 2 "this is a secret key" "$age" -r "$secret" plain
	[[ $stderr != *"${secret#AGE-SECRET-KEY-}"* ]]
}

@test "wrong usage" {
	no 2 "usage:" "$age"
	no 2 "nothing to do" "$age" plain
	no 2 "-e needs a recipient" "$age" -e plain
	no 2 "exclude each other" "$age" -e -d -r "$me"
	no 2 "for encryption only" "$age" -d -r "$me" -i me.key
	no 2 "for encryption only" "$age" -d -a -i me.key
	no 2 "-i is for decryption" "$age" -e -i me.key -r "$me"
	no 2 "not for both" "$age" -p -r "$me"
	no 2 "more than one input" "$age" -r "$me" a b
	no 2 "cannot both be standard input" "$age" -R - <me.key.pub
	no 1 "standard input: no recipient in it" "$age" -R - plain </dev/null
	no 2 "usage:" "$age" -Z
}

@test "files: missing, taken, the same, full" {
	no 3 "absent: cannot open" "$age" -r "$me" absent
	echo keep >taken
	no 1 "taken" "$age" -r "$me" -o taken plain
	[ "$(cat taken)" = keep ]
	ok "$age" -r "$me" -f -o taken plain
	no 1 "the same file" "$age" -r "$me" -f -o plain plain
	no 1 "the same file" "$age" -r "$me" -f -o ./plain - <plain
	run --separate-stderr sh -c '"$1" -r "$2" plain >>plain' - "$age" "$me"
	[ "$status" -eq 1 ]
	[[ $stderr == *"the same file"* ]]
	run --separate-stderr sh -c '"$1" -r "$2" plain >/dev/full' - "$age" "$me"
	[ "$status" -eq 3 ]
	[[ $stderr == *"No space left"* ]]
	run --separate-stderr sh -c '"$1" -d -i me.key taken >/dev/full' - "$age"
	[ "$status" -eq 3 ]
	no 3 "nowhere" "$age" -r "$me" -o nowhere/x plain
	no 1 "directory" "$age" -r "$me" .
}

@test "no binary to a terminal" {
	command -v script >/dev/null || skip "no script"
	script -qec "$age -r $me plain; echo status \$?" log >/dev/null
	grep -q "standard output is a terminal" log
	grep -q "status 1" log
	run ! grep -aq age-encryption log
	"$age" -r "$me" -o sealed plain
	script -qec "$age -d -i me.key sealed; echo status \$?" log >/dev/null
	grep -q "status 1" log
	# armor is text
	script -qec "$age -a -r $me me.key.pub; echo status \$?" log >/dev/null
	grep -q "status 0" log
	grep -q "BEGIN AGE" log
}

@test "--json tells class, bytes and digest" {
	sum=$(sha256sum <plain | cut -d' ' -f1)
	"$age" -r "$me" -o sealed plain
	ok "$age" -d --json -i me.key -o back sealed
	[ "$output" = "{\"ok\":true,\"class\":\"success\",\"bytes\":200000,\"sha256\":\"$sum\"}" ]
	# with data on stdout it stands on stderr
	run --separate-stderr sh -c '"$1" -d --json -i me.key sealed | cmp plain -' - "$age"
	[ "$status" -eq 0 ]
	[[ $stderr == *'"class":"success"'* ]]
	run --separate-stderr "$age" -d --json -i other.key -o back2 sealed
	[ "$status" -eq 1 ]
	[[ $output == '{"ok":false,"class":"no match","status":'* ]]
	[[ $output == *'"bytes":0'* ]]
	[[ $stderr == "bulla-age: sealed: none of 1 identities"* ]]
	head -c 150000 sealed >short
	run --separate-stderr "$age" -d --json -i me.key -o back2 short
	[ "$status" -eq 1 ]
	[[ $output == *'"class":"payload failure"'* ]]
	[[ $output == *"\"bytes\":131072,\"sha256\":\"$(head -c 131072 plain | sha256sum | cut -d' ' -f1)\""* ]]
	run --separate-stderr "$age" -d --json -i absent.key -o back2 sealed
	[ "$status" -eq 3 ]
	[[ $output == *'"class":"error"'* ]]
	run --separate-stderr "$age" -d --json -i me.key -o back2 plain
	[[ $output == *'"class":"header failure"'* ]]
	[ ! -e back2 ]
}

@test "help and version" {
	run --separate-stderr "$age" -h
	[ "$status" -eq 0 ]
	[[ $output == usage:* ]]
	[ -z "$stderr" ]
	run "$age" --version
	[ "$status" -eq 0 ]
	[[ $output == "bulla-age "* ]]
}
