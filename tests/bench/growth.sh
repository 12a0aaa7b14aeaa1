#!/bin/sh
# growth.sh: part of run.sh, which reads it: how time grows with bytes and
# files, and memory, which must not.
# shellcheck disable=SC2154 # recipient and vkey are set there

# grow JOB SIZE COMMAND [PREPARE]: once
grow()
{
	pair -n 1 -b "$2" -o growth.tsv ${4:+-p "$4"} "$1" "$3" >/dev/null
}

# growth_table UNIT PER DIGITS: time for PER units, and how that compares
# with the first size of the same job. The least of the rounds: what else the
# machine does only adds.
growth_table()
{
	printf '%-22s %9s %9s %12s %9s %7s %7s\n' "" "" seconds \
	    "CPU-s/$1" MiB 'CPU x' 'time x'
	awk -F '\t' -v per="$2" -v show="$3" '
	!(($1, $2) in cpu) {
		job[++n] = $1; size[n] = $2
		cpu[$1, $2] = $4; wall[$1, $2] = $3
	}
	$3 < wall[$1, $2] { wall[$1, $2] = $3 }
	$4 < cpu[$1, $2] { cpu[$1, $2] = $4 }
	$5 > mib[$1, $2] { mib[$1, $2] = $5 }
	function show_one(i) {
		c = cpu[job[i], size[i]] / size[i] * per
		w = wall[job[i], size[i]] / size[i] * per
		if (!(job[i] in c0)) { c0[job[i]] = c; w0[job[i]] = w }
		c /= c0[job[i]]; w /= w0[job[i]]
		if (c > worst) worst = c
		if (w > slow) slow = w
		printf "%-22s %9.*f %9.2f %12.3f %9.0f %7.2f %7.2f\n", job[i],
		    show, size[i] / per, wall[job[i], size[i]],
		    c * c0[job[i]], mib[job[i], size[i]], c, w
	}
	END {
		for (k = 1; k <= n; k++) {
			if (job[k] in c0) continue
			for (i = k; i <= n; i++)
				if (job[i] == job[k]) show_one(i)
		}
		printf "worst: CPU %.2f times the first [goal 1.2: %s]," \
		    " time %.2f times\n", worst,
		    worst <= 1.2 ? "met" : "MISSED", slow
	}' growth.tsv
}

# A file of zeros costs no disk and the same work
growth_with_bytes()
{
	rm -f growth.tsv
	for g in 1 2 4 8; do
		truncate -s "${g}G" "zeros-$g"
		bulla-seal -q -f -i keys/sign -r "$recipient" \
		    -o "zeros-$g.bulla" "zeros-$g"
	done
	for _ in $(seq "$ROUNDS"); do
		for g in 1 2 4 8; do
			grow 'seal, GB' $((g << 30)) \
			    "bulla-seal -q -i keys/sign -r $recipient \
			    zeros-$g >/dev/null"
			grow 'open -O, GB' $((g << 30)) \
			    "bulla-open -q -i keys/age -k $vkey -O \
			    zeros-$g.bulla >/dev/null"
		done
	done
	rm -f zeros-*
	growth_table GB 1e9 1
}

# In memory: a file system's journal takes more for each file the more others
# write to it, and that is not ours
growth_with_files()
{
	rm -f growth.tsv
	make_place
	for _ in $(seq "$ROUNDS"); do
		for k in 10 20 40 80; do
			[ "$((k * 1000))" -le "$SMALL_FILES" ] || break
			dirs=$(find small -mindepth 1 -maxdepth 1 | sort |
			    head -n "$k" | tr '\n' ' ')
			grow 'seal, 1,000 files' $((k * 1000)) \
			    "bulla-seal -q -f -i keys/sign -r $recipient \
			    -o $place/$k.bulla $dirs"
			grow 'open -d, 1,000 files' $((k * 1000)) \
			    "bulla-open -q -i keys/age -k $vkey \
			    -d $place/out $place/$k.bulla" \
			    "rm -rf $place/out && mkdir $place/out"
		done
	done
	rm -rf "$place"
	growth_table '1,000' 1000 0
}

growth()
{
	make_small
	growth_with_bytes
	growth_with_files
}

# memory_of MIB NAME COMMAND [PREPARE]
memory_of()
{
	pair -n 1 -m "$1" ${4:+-p "$4"} "memory: $2" "$3"
}

# room GB: may it take that much of the disk?
room()
{
	free=$(df -Pk . | awk 'END { printf "%d", $4 / 1e6 }')
	[ "$1" -ge "$free" ] || [ "$1" -gt "${BENCH_DISK:-$free}" ] || return 0
	echo "memory: not measured, it would take $1 GB of disk"
	return 1
}

memory_of_bytes()
{
	room $(($1 * 108 / 100)) || return 0
	truncate -s "${1}G" zeros
	memory_of 64 "seal $1 GiB" "bulla-seal -q -j 2 -f -i keys/sign \
	    -r $recipient -o zeros.bulla zeros"
	memory_of 64 "verify $1 GiB" \
	    "bulla-verify -q -k $vkey zeros.bulla >/dev/null"
	open="bulla-open -q -j 2 -i keys/age -k $vkey -O"
	memory_of 64 "open -O $1 GiB" "$open zeros.bulla >/dev/null"
	# the pipe is spooled
	! room $(($1 * 216 / 100)) ||
	    memory_of 64 "open -O $1 GiB from a pipe" \
		"cat zeros.bulla | $open >/dev/null"
	rm -f zeros zeros.bulla
}

# memory_of_files DIRECTORY
memory_of_files()
{
	name="$MANY_FILES files, $2"
	memory_of 100 "seal $name" "bulla-seal -q -j 2 -f -i keys/sign \
	    -r $recipient -o many.bulla $1"
	memory_of 100 "verify $name" \
	    "bulla-verify -q -k $vkey many.bulla >/dev/null"
	open="bulla-open -q -j 2 -i keys/age -k $vkey"
	memory_of 100 "open -O $name" "$open -O many.bulla >/dev/null"
	memory_of 100 "open -d $name" "$open -d out many.bulla" \
	    'rm -rf out && mkdir out'
	rm -rf many.bulla out
}

memory()
{
	for g in $MEMORY_GB; do
		memory_of_bytes "$g"
	done
	room $((MANY_FILES * 10 / 1000000)) || return 0
	fill many $((MANY_FILES / 1000)) 1000 100 </dev/urandom
	memory_of_files many 'in thousands'
	rm -rf many
}
