# faults.sh: sourced by tests/faults/*.sh. A scratch directory with keys,
# files and packages; one scenario a tool (and form); and what must hold
# after a scenario that was disturbed.
#
#   FAULTS=full  every case; otherwise a sample that SEED chooses
# shellcheck shell=sh disable=SC2034,SC2154 # shared variables
set -u
umask 077
cd "$(dirname "$0")/../.." || exit 3
: "${SEED:=1}" "${FAULTS:=short}" "${BULLA_BUILD:=$PWD/build}"
: "${BULLA_BIN:=$BULLA_BUILD/release/bin}"
case $BULLA_BIN in /*) ;; *) BULLA_BIN=$PWD/$BULLA_BIN ;; esac
AID=${BULLA_BIN%/*}/aid
SYSFAULT=$AID/sysfault
export LC_ALL=C.UTF-8
unset BULLA_HOME
T=2026-11-22T03:04:05Z
bad=0
W=$(mktemp -d)
trap 'chmod -R u+rwX "$W" 2>/dev/null; rm -rf "$W"' EXIT
trap 'exit 130' INT TERM
mkdir "$W/home" "$W/tmp"
export HOME="$W/home" TMPDIR="$W/tmp"
cd "$W" || exit 3

# fail WORD...: one line; the first hundred are shown
fail()
{
	bad=$((bad + 1))
	[ "$bad" -gt 100 ] || echo "FAIL $*"
}

# tool NAME ARG...: the tool NAME under $via
via=
tool()
{
	name=$1
	shift
	# shellcheck disable=SC2086 # a command and its words
	$via "$BULLA_BIN/bulla-$name" "$@"
}

make_source()
{
	mkdir -p src/sub/empty
	echo 'GET / 200' >'src/access log'
	: >src/nothing
	# over a MiB: written by a thread of its own
	head -c 1300000 /dev/urandom >src/sub/image
	ln -s /etc/passwd src/link
	find src -exec touch -h -d 2026-11-21T00:00:00Z {} +
}

# What a quiet run makes, for comparison
make_fixture()
{
	make_source
	for who in sealer receiver; do
		tool keygen sign -n "a.example/$who" -o "$who.key" >"$who.vkey"
	done
	tool keygen age -o desk.age >desk.pub
	tool keygen age -o other.age >other.pub
	DESK=$(cat desk.pub)
	# reading changes access times, which are recorded: once is enough
	tool pack src
	tool pack -n bag --time $T -o bag.tar src &&
		tool seal -i sealer.key -r "$DESK" -o p.bulla -q <bag.tar &&
		tool open -i desk.age -K sealer.vkey -d good p.bulla &&
		tool open -i desk.age -K sealer.vkey -O p.bulla >plain.tar &&
		tool verify -K sealer.vkey p.bulla >verify.txt &&
		tool inspect p.bulla >inspect.txt &&
		head -c 200000 plain.tar >plain &&
		tool age -r "$DESK" -o plain.age plain
} >/dev/null

# scenario_NAME runs the tool once, from a fresh out/; its stdout is the
# result. Names end in what is special: "pipe", "force", "stdout".
scenario_keygen()
{
	tool keygen sign -n a.example/new -o out/k
}
scenario_keygen_age_force()
{
	tool keygen age -f -o out/k
}
scenario_keygen_public()
{
	tool keygen public -o out/p sealer.key
}
scenario_pack()
{
	tool pack -n bag --time $T -o out/bag.tar src
}
scenario_pack_stdout()
{
	tool pack -n bag --time $T src
}
scenario_pack_stdin()
{
	tool pack -n bag --time $T -o out/bag.tar --name image - <plain
}
scenario_seal()
{
	tool seal -i sealer.key -r "$DESK" -o out/p.bulla src
}
scenario_seal_force()
{
	tool seal -f -z -i sealer.key -r "$DESK" -o out/p.bulla src
}
scenario_seal_pipe()
{
	tool seal -i sealer.key -r "$DESK" -o out/p.bulla <bag.tar
}
scenario_seal_stdout()
{
	tool seal -i sealer.key -r "$DESK" src
}
scenario_verify()
{
	tool verify -K sealer.vkey p.bulla
}
scenario_inspect()
{
	tool inspect p.bulla
}
scenario_open()
{
	tool open -i desk.age -K sealer.vkey -d out/d p.bulla
}
scenario_open_stdout()
{
	tool open -i desk.age -K sealer.vkey -O p.bulla
}
scenario_open_pipe()
{
	# shellcheck disable=SC2002 # a pipe is wanted: it is spooled
	cat p.bulla | tool open -i desk.age -K sealer.vkey -O
}
scenario_receive()
{
	tool receive --home out -i receiver.key -K sealer.vkey p.bulla
}
scenario_age_encrypt()
{
	tool age -r "$DESK" -a -o out/a plain
}
scenario_age_decrypt()
{
	tool age -d -i desk.age -o out/a plain.age
}
scenario_age_decrypt_stdout()
{
	tool age -d -i desk.age plain.age
}
SCENARIOS='keygen keygen_age_force keygen_public pack pack_stdout pack_stdin
 seal seal_force seal_pipe seal_stdout verify inspect open open_stdout
 open_pipe receive age_encrypt age_decrypt age_decrypt_stdout'

# before NAME: out/ as the scenario finds it
before()
{
	rm -rf out
	mkdir out
	case $1 in
	keygen_age_force) cp other.age out/k && cp other.pub out/k.pub ;;
	seal_force) cp p.bulla out/p.bulla ;;
	receive) mkdir out/packages out/custody out/receipts ;;
	esac
}

# attempt NAME: the scenario from the start; rc, stdout in so, stderr in se
attempt()
{
	before "$1"
	again "$1"
}

again()
{
	"scenario_$1" >so 2>se </dev/null
	rc=$?
}

# prefix A B: the bytes of A are the first ones of B
prefix()
{
	cmp -s -n "$(stat -c %s "$1")" "$1" "$2"
}

package_whole()
{
	rm -rf check
	"$BULLA_BIN/bulla-open" -q -i desk.age -K sealer.vkey -d check "$1" \
	    >/dev/null 2>&1 &&
		diff -r check/bag/data good/bag/data >/dev/null
}

receipt_whole()
{
	grep -q '^bulla custody v1$' "$1" && grep -q '^event: receive$' "$1" &&
		grep -q "^$EMDASH a.example/receiver " "$1"
}
EMDASH=$(printf '\342\200\224')

# whole_file NAME FILE: is what stands under a final name all of it?
whole_file()
{
	case $1 in
	keygen_public) cmp -s "$2" sealer.key.pub ;;
	keygen*)
		case $2 in
		*.pub) grep -qE '^(age1|a\.example/new\+)' "$2" ;;
		*) [ "$("$BULLA_BIN/bulla-keygen" public "$2")" != '' ] ;;
		esac
		;;
	pack) cmp -s "$2" bag.tar ;;
	pack_stdin) tar -xOf "$2" bag/data/image 2>/dev/null | cmp -s - plain &&
		tar -tf "$2" | tail -n 1 | grep -q tagmanifest ;;
	seal*) package_whole "$2" ;;
	open) cmp -s "$2" "good/${2#out/d/}" ;;
	receive)
		case $2 in
		*.bulla) cmp -s "$2" p.bulla ;;
		*) receipt_whole "$2" ;;
		esac
		;;
	age_encrypt) "$BULLA_BIN/bulla-age" -d -i desk.age "$2" | cmp -s - plain ;;
	age_decrypt) cmp -s "$2" plain ;;
	*) false ;;
	esac
}

# all_whole NAME: every file in out/ is whole, and none is temporary
# (TEMPORARY=yes: hidden ones may be left, of a process that was killed)
all_whole()
{
	find out -type f >files
	while read -r file; do
		case $file in
		*/.*) [ "${TEMPORARY-}" = yes ] || fail "$what: left $file" ;;
		*) whole_file "$1" "$file" || fail "$what: not whole: $file" ;;
		esac
	done <files
	[ "${TEMPORARY-}" = yes ] || [ -z "$(ls -A tmp)" ] ||
		fail "$what: left in TMPDIR: $(ls -A tmp)"
	case $1 in
	open)
		[ ! -e out/d/bag ] || diff -r out/d/bag good/bag >/dev/null ||
			fail "$what: out/d/bag is not the bag"
		;;
	esac
}

# Away with the remark about src/link
unremarked()
{
	sed -i '/: recorded in metadata.tsv, not packed: /d' se
}

# result_ok NAME: what a run that says yes must have left, files and stdout
result_ok()
{
	unremarked
	[ ! -s se ] || fail "$what: says yes and complains: $(head -n 1 se)"
	case $1 in
	keygen*force) [ "$("$BULLA_BIN/bulla-keygen" public out/k)" = "$(cat so)" ] &&
		cmp -s so out/k.pub ;;
	keygen) cmp -s so out/k.pub && [ -s out/k ] ;;
	keygen_public) cmp -s out/p sealer.key.pub ;;
	pack_stdout) cmp -s so bag.tar ;;
	seal_stdout) package_whole so ;;
	seal*) [ -s out/p.bulla ] && [ "$(wc -c <so)" -eq 33 ] ;;
	verify | inspect) cmp -s so "$1.txt" ;;
	open) [ -d out/d/bag ] && [ "$(cat so)" = out/d/bag ] ;;
	open_*) cmp -s so plain.tar ;;
	receive) receipt_whole so && [ "$(find out -name '*.bulla' | wc -l)" -eq 1 ] &&
		cmp -s so out/custody/*/0001-receive.note ;;
	age_decrypt_stdout) cmp -s so plain ;;
	*) [ -n "$(ls out)" ] ;;
	esac || fail "$what: exit 0, but the result is not right"
}

# result_none NAME: what a run that failed must have left: nothing but
# whole prefixes of streams, and stored packages that are whole. A result
# that could not be printed is durable already (SAID=no).
result_none()
{
	[ "${SAID-}$1" != noseal_stdout ] || return 0
	case $1 in
	pack_stdout) prefix so bag.tar || fail "$what: stdout is other data" ;;
	seal_stdout) ! package_whole so || fail "$what: fails with a whole package" ;;
	open_*) prefix so plain.tar || fail "$what: releases other data" ;;
	age_decrypt_stdout) prefix so plain || fail "$what: releases other data" ;;
	*) [ "${SAID-}" = no ] || [ ! -s so ] || fail "$what: fails with a result: $(head -n 1 so)" ;;
	esac
	[ "${SAID-}" != no ] || return 0
	case $1 in
	keygen_age_force) [ -e out/k ] || fail "$what: the old key is gone" ;;
	seal_force) [ -e out/p.bulla ] || fail "$what: the old package is gone" ;;
	receive) ;;
	open) [ -z "$(find out/d -type f ! -path '*/.*.part/*' 2>/dev/null)" ] || fail "$what: fails with $(ls -A out/d)" ;;
	*) [ -z "$(ls -A out)" ] || fail "$what: fails with $(ls -A out)" ;;
	esac
}

# one_message: one line of printable text on stderr, from the tool
one_message()
{
	# libarchive has its word before it ends the process
	sed -i "/^Fatal Internal Error in libarchive/d" se
	unremarked
	if [ "$(wc -l <se)" -ne 1 ] || ! grep -q '^bulla-[a-z]*: ..' se ||
	    LC_ALL=C grep -q '[^ -~]' se; then
		fail "$what: message: $(head -n 3 se)"
	fi
}

# sample N: N lines of stdin as SEED chooses, each kind (first word) once
# at least; all of them with FAULTS=full
sample()
{
	if [ "$FAULTS" = full ]; then
		cat
		return
	fi
	awk -v seed="$SEED" -v max="$1" '
	BEGIN { srand(seed) }
	{ line[NR] = $0 }
	END {
		for (i = NR; i > 1; i--) {
			j = int(rand() * i) + 1
			t = line[i]; line[i] = line[j]; line[j] = t
		}
		for (i = 1; i <= NR; i++) {
			split(line[i], w, " ")
			if (!(w[1] in seen)) { seen[w[1]] = 1; print line[i]; n++; line[i] = "" }
		}
		for (i = 1; i <= NR && n < max; i++)
			if (line[i] != "") { print line[i]; n++ }
	}'
}

needs_sysfault()
{
	"$SYSFAULT" true
	[ $? -ne 77 ] || {
		echo 'SKIP: no seccomp user notification here'
		exit 77
	}
}

make_fixture 2>fixture.err || {
	cat fixture.err
	echo 'faults.sh: the tools do not work undisturbed'
	exit 1
}
