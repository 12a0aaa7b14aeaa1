#!/bin/sh
# shortio.sh: every read and write of every tool comes back short or
# interrupted. The results are those of a quiet run.
# shellcheck source=tests/lib/faults.sh disable=SC2034,SC2154
. "${0%/*}/../lib/faults.sh"
n=0
rounds=3
[ "$FAULTS" != full ] || rounds=50
export SHORTIO_SEED SHORTIO_MAX

for s in $SCENARIOS; do
	i=0
	while [ "$i" -lt "$rounds" ]; do
		SHORTIO_SEED=$((SEED + i))
		# byte by byte only once: each is a system call
		SHORTIO_MAX=100000000
		[ "$i" -ne 1 ] || SHORTIO_MAX=7
		what="$s, SHORTIO_SEED=$SHORTIO_SEED SHORTIO_MAX=$SHORTIO_MAX"
		via="env LD_PRELOAD=$AID/shortio.so"
		attempt "$s"
		via=
		[ "$rc" -eq 0 ] || fail "$what: exit status $rc: $(cat se)"
		result_ok "$s"
		all_whole "$s"
		n=$((n + 1))
		i=$((i + 1))
	done
done
echo "COUNT faults-short-io $n $bad $SEED"
[ "$bad" -eq 0 ]
