#!/bin/sh
# What docs/OPERATIONS.md points to: every event of the inbox's log is in its
# table and the other way round, its metrics exist, each job of docs/bulla.cron
# is silent in a good home and says something in a bad one, and systemd takes
# the units.
set -eu
cd "$(dirname "$0")/../.."
TOP=$PWD
: "${BULLA_BIN:=build/release/bin}"
PATH=$(cd "$BULLA_BIN" && pwd):$PATH
export PATH
unset BULLA_HOME
doc=docs/OPERATIONS.md
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail()
{
	echo "FAIL: $1"
	exit 1
}

# The first column of the log's table; "certificate-%s" is ends and ended
sed -n '/^\*\*The log\*\*/,/^\*\*Exit/p' $doc | grep '^| `' |
    sed 's/^| \([^|]*\)|.*/\1/; s/left-out.*//' | tr -dc 'a-z\n, -' |
    tr -s ', ' '\n\n' | sed '/^$/d' | sort -u >"$scratch/told"
echo left-out >>"$scratch/told"
grep -rhoE 'event=[a-z-]+|"asked"|"[a-z]*-agency"' lib/net/*.c cmd/inbox*.c |
    sed -e 's/event=//' -e 's/"//g' -e '/^certificate-$/c\
certificate-ends\
certificate-ended' | sort -u >"$scratch/done"
[ "$(wc -l <"$scratch/done")" -gt 20 ] || fail "where are the events?"
while read -r e; do
	grep -qx "$e" "$scratch/told" || fail "event=$e is not in the table"
done <"$scratch/done"
while read -r e; do
	grep -qx "$e" "$scratch/done" ||
		grep -q "\"$e\"" lib/net/*.c cmd/inbox*.c ||
		fail "there is no event=$e"
done <"$scratch/told"

grep -o 'bulla_inbox_[a-z_]*' $doc | sort -u | sed 's/^bulla_inbox_//' \
    >"$scratch/metrics"
[ -s "$scratch/metrics" ] || fail "no metrics"
while read -r m; do
	grep -q "\"${m%_sum}\"\\|NAME \"$m " lib/net/inbox_metrics.c ||
		grep -q "\"${m%_count}\"" lib/net/inbox_metrics.c ||
		fail "no metric $m"
done <"$scratch/metrics"

# jobs HOME: runs each line of the table, as cron would
jobs()
{
	n=0
	# the job that needs a program of theirs is off until there is one
	sed 's/^#\(.* bulla-request \)/\1/' docs/bulla.cron |
	    grep -v -e '^#' -e '^[A-Z_]*=' |
	    sed "s|/usr/local/bin/bulla-page|$scratch/page|" >"$scratch/jobs"
	while read -r _ _ _ _ _ user job; do
		[ "$user" = bulla ] || fail "a job of $user"
		case $job in
		*%*) fail "cron takes a percent sign for a line feed: $job" ;;
		esac
		n=$((n + 1))
		BULLA_HOME=$1 sh -c "$job" >"$scratch/said.$n" 2>&1 </dev/null ||
			fail "job $n ended with $?: $job"
	done <"$scratch/jobs"
	[ "$n" -eq 5 ] || fail "$n jobs, not 5"
}
silent()
{
	[ ! -s "$1" ] || fail "${1##*/}: $(cat "$1")"
}

printf '#!/bin/sh\nexit 0\n' >"$scratch/page"
chmod 700 "$scratch/page"
cd "$scratch"
for s in a b; do
	bulla-trust --home $s init -n $s.example --person "Lea $s" >out
done
bulla-trust --home a pin b/roster/ours.note \
    --fingerprint "$(bulla-trust --home b fingerprint)" >out
bulla-trust --home b pin a/roster/ours.note \
    --fingerprint "$(bulla-trust --home a fingerprint)" >out
bulla-ledger --home a prove --old 0 -o ask
bulla-ledger --home b cosign -o line ask
bulla-ledger --home a keep ask line >out
cd "$TOP"
jobs "$scratch/a"
for i in 1 2 3 4 5; do
	silent "$scratch/said.$i"
done

# Something sealed and not receipted; a tile that is not what it was
echo x >"$scratch/x"
bulla-seal -q --home "$scratch/a" -r b.example/desk --to b.example \
    -o "$scratch/x.bulla" "$scratch/x" >"$scratch/id"
echo x >"$scratch/a/ledger/public/tile/0/000"
find "$scratch/a/ledger/public/tile" -type f | while read -r f; do
	echo x >"$f"
done
jobs "$scratch/a"
for i in 3 4; do
	grep -q '^exit [1-9]' "$scratch/said.$i" || fail "job $i says nothing"
done
grep -q "$(cat "$scratch/id")" "$scratch/said.5" ||
	fail "job 5 does not name the package"

command -v systemd-analyze >/dev/null || {
	echo "SKIP: no systemd-analyze here"
	exit 0
}
cd "$scratch"
for f in "$TOP"/docs/*.service "$TOP"/docs/*.timer; do
	sed "s|/usr/local/bin/|${PATH%%:*}/|" "$f" >"${f##*/}"
done
systemd-analyze verify --man=no ./*.service ./*.timer >out 2>&1 || :
silent out
for u in bulla-*.service bulla-*.timer; do
	grep -q "${u%%.*}" "$TOP/$doc" || fail "$doc does not name $u"
done
