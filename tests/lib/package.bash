# For the bats tests of packages: keys, evidence, and asserting runs.
# shellcheck shell=bash disable=SC2034 # the tests use what is set here

# Keys of two sides in $BATS_TEST_TMPDIR, which becomes the directory.
package_setup() {
	: "${BULLA_BIN:=$BATS_TEST_DIRNAME/../../build/release/bin}"
	BIN=$(cd "$BULLA_BIN" && pwd)
	PATH=$BIN:$PATH
	unset BULLA_HOME
	cd "$BATS_TEST_TMPDIR" || return 1
	HOME=$PWD
	bulla-keygen sign -n alpha/sealer -o seal.key >/dev/null
	bulla-keygen age -o desk.key >/dev/null
	seal=$(cat seal.key.pub)
	desk=$(cat desk.key.pub)
}

# ok COMMAND...: exit 0 and nothing on stderr
ok() {
	run --separate-stderr "$@"
	[ "$status" -eq 0 ] && [ -z "$stderr" ] || {
		echo "status $status, stderr: $stderr"
		return 1
	}
}

# no STATUS TEXT COMMAND...: that exit status, TEXT within stderr, which names
# the tool, and nothing on stdout
no() {
	local want=$1 text=$2
	shift 2
	run --separate-stderr "$@"
	echo "status $status, stdout '$output', stderr '$stderr'"
	[ "$status" -eq "$want" ]
	[ -z "$output" ]
	[[ $stderr == *"bulla-"* ]]
	[[ $stderr == *"$text"* ]]
}

# sealed FILE PATH...: a package of them
sealed() {
	local out=$1
	shift
	bulla-seal -q -i seal.key -r "$desk" -o "$out" "$@"
}

# opened PACKAGE DIR: opened, with the one bag in DIR
opened() {
	bulla-open -q -i desk.key -k "$seal" -d "$2" "$1"
}

# Nobody but root reads all files: other users as nobody, when we are root.
as_nobody() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid 65534 --regid 65534 --clear-groups -- "$@"
	else
		"$@"
	fi
}

# need COMMAND
need() {
	command -v "$1" >/dev/null || skip "no $1"
}
