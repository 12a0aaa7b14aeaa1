#!/bin/sh
# keyfiles.sh: secret files that others can read or write, that are no
# regular files, or hold something else: refused by each tool that takes one,
# at once, with nothing done.
# shellcheck source=tests/lib/faults.sh disable=SC2034,SC2154
. "${0%/*}/../lib/faults.sh"
n=0
mkdir keys

# make CASE KEY FILE: FILE is KEY with that fault
make()
{
	rm -rf "$3"
	case $1 in
	mode-*)
		cp "$2" "$3"
		chmod "${1#mode-}" "$3"
		;;
	symlink) ln -s "$W/$2" "$3" ;;
	dangling) ln -s "$W/nowhere" "$3" ;;
	owner)
		cp "$2" "$3"
		chown 12345 "$3"
		;;
	directory) mkdir "$3" ;;
	fifo) mkfifo "$3" ;;
	device) ln /dev/zero "$3" 2>/dev/null || mknod "$3" c 1 5 ;;
	missing) ;;
	huge)
		cp "$2" "$3"
		truncate -s 1G "$3"
		;;
	empty) : >"$3" ;;
	crlf) sed 's/$/\r/' "$2" >"$3" ;;
	nul) printf '\0' | cat "$2" - >"$3" ;;
	text) echo 'not a key' >"$3" ;;
	binary) head -c 4096 /dev/urandom >"$3" ;;
	public) cp "$2.pub" "$3" 2>/dev/null || cp "${2%.age}.pub" "$3" ;;
	short) head -c 40 "$2" >"$3" ;;
	twice) cat "$2" "$2" >"$3" ;;
	esac
	case $1 in
	huge | empty | crlf | nul | text | binary | public | short | twice) chmod 600 "$3" ;;
	esac
}

want()	# CASE: the exit statuses that are right
{
	case $1 in
	mode-0600) echo 1 ;;
	mode-* | symlink | dangling | owner | directory | fifo | device | missing) echo 3 ;;
	*) echo 1 ;;
	esac
}

try()	# CASE KEY TOOL ARG...
{
	case=$1 key=$2
	shift 2
	what="$1 with a key file: $case"
	rm -rf out keys/k
	mkdir out
	make "$case" "$key" keys/k 2>make.err || {
		echo "SKIP: cannot make a key file: $case"
		return
	}
	_t=$1
	shift
	# at once: neither waiting nor much reading, on a busy machine too
	(
		# shellcheck disable=SC3045 # dash has it
		ulimit -t 1
		exec timeout 60 "$BULLA_BIN/bulla-$_t" "$@"
	) >so 2>se </dev/null
	rc=$?
	n=$((n + 1))
	[ "$rc" -eq "$(want "$case")" ] ||
		fail "$what: exit status $rc: $(head -n 2 se)"
	one_message
	grep -q 'keys/k' se || fail "$what: does not name the file: $(cat se)"
	[ ! -s so ] || fail "$what: has a result: $(head -c 80 so)"
	[ -z "$(ls -A out)" ] || fail "$what: leaves $(ls -A out)"
	! grep -qF -e "$(sed -n "s/^PRIVATE+KEY+[^+]*+[^+]*+//p; /^AGE-/p" "$W/$key")" se so ||
		fail "$what: shows the key"
}

cases='mode-0644 mode-0640 mode-0604 mode-0660 mode-0610 symlink dangling
 directory fifo device missing huge empty crlf nul text binary public short'
[ "$(id -u)" -ne 0 ] || cases="$cases owner"
for c in $cases; do
	try "$c" sealer.key seal -i keys/k -r "$DESK" -o out/p src
	try "$c" sealer.key seal -i sealer.key -i keys/k -r "$DESK" -o out/p src
	try "$c" desk.age open -i keys/k -K sealer.vkey -d out/d p.bulla
	try "$c" desk.age open -i keys/k -K sealer.vkey -O p.bulla
	try "$c" receiver.key receive --home out -i keys/k -K sealer.vkey p.bulla
	try "$c" desk.age age -d -i keys/k -o out/a plain.age
	try "$c" sealer.key keygen public -o out/p keys/k
	try "$c" desk.age keygen public -o out/p keys/k
done
try twice sealer.key seal -i keys/k -r "$DESK" -o out/p src
try twice sealer.key keygen public -o out/p keys/k
# an age key where a signing key is wanted, and the other way round
cp desk.age age.key
try mode-0600 age.key seal -i keys/k -r "$DESK" -o out/p src
try mode-0600 sealer.key open -i keys/k -K sealer.vkey -d out/d p.bulla
echo "COUNT faults-key-files $n $bad"
[ "$bad" -eq 0 ]
