#!/usr/bin/env bats
# bulla-fetch on bad lines, and from servers that lie.
# shellcheck disable=SC2154,SC2030,SC2031 # run sets stderr; tests are subshells
bats_require_minimum_version 1.5.0
load ../lib/fetch.bash

setup_file() {
	fetch_up
}

teardown_file() {
	fetch_down
}

setup() {
	fetch_setup
}

teardown() {
	way_teardown
}

@test "cut, reset or flipped anywhere: the bytes are the same in the end" {
	size=$(stat -c %s "$D/package")
	for spoil in 'cut 0' 'reset 70000' 'flip 1000000' \
	    "cut $((size + 2000))"; do
		rm -f p
		# shellcheck disable=SC2086 # two words
		proxy -d $spoil
		run --separate-stderr vfetch -o p "$VIA/package"
		echo "$spoil: $status $output $stderr"
		[ "$status" -eq 0 ]
		whole p "$D/package"
	done
}

@test "three cuts of a big one: it goes on, in one run" {
	proxy -d -c 3 cut 5000000
	run --separate-stderr vfetch --attempts 2 -o p "$VIA/big"
	[ "$status" -eq 0 ]
	whole p "$D/big"
	requests 4
	[ "$(grep -c ' 206 ' "$D/nginx/access")" -eq 3 ]
}

@test "a stalled line, a byte a second, a silence: given up, all at once" {
	proxy -d stall 1000000
	vfetch --stall 1 -o p "$VIA/package" >p.out 2>p.err 3>&- &
	stalled=$!
	printf 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nxxxxxxxxxx' >a.drip
	replay a.drip
	vfetch --attempts 1 --stall 1 -o q "$URL/x" >q.out 2>q.err 3>&- &
	drip=$!
	printf 'HTTP/1.1 200 OK\r\n' >b.hold
	replay b.hold
	# two seconds by a clock of whole ones, or a little more
	fails 5 'nothing moved for ' vfetch --attempts 1 --stall 1 -o r "$URL/x"
	[ ! -e r.part ]
	status=0
	wait $drip || status=$?
	[ "$status" -eq 5 ]
	grep -q 'only [0-9]* bytes in [0-9]* s' q.err
	[ ! -s q.out ]
	# what was there goes on, on a good line
	wait $stalled
	grep -q 'nothing moved for [0-9]* s; again in' p.err ||
		grep -q 'only [0-9]* bytes in [0-9]* s; again in' p.err
	whole p "$D/package"
}

@test "no server: exit 5, and the part stays; deadline and attempts" {
	fails 5 'given up after 2 failures' vfetch --attempts 2 -o p \
	    https://127.0.0.1:1/big
	[ ! -e p.part ]
	killed q 2000000
	AT=$(stat -c %s q.part)
	chmod 000 "$D/www/big"
	[ "$(id -u)" -eq 0 ] || fails 1 'answered 403' vfetch -o q "$URL/big"
	chmod 600 "$D/www/big"
	[ "$(stat -c %s q.part)" -eq "$AT" ]
	fails 5 'deadline' vfetch --deadline 4 --limit-rate 1M -o q "$URL/big"
	[ "$(stat -c %s q.part)" -gt "$AT" ]
	vfetch -o q "$URL/big"
	whole q "$D/big"
}

@test "answers that lie: refused, started again, and never joined" {
	size=$(stat -c %s "$D/package")
	all() {
		printf 'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Length: %d\r\n\r\n' \
		    "$size"
		cat "$D/package"
	}
	# rest RANGE [LENGTH]: the package from byte 100000 on, said to be
	rest() {
		printf 'HTTP/1.1 206 Partial\r\nContent-Range: bytes %s\r\n' "$1"
		printf 'Content-Length: %d\r\n\r\n' "${2:-$((size - 100000))}"
		tail -c +100001 "$D/package"
	}
	all >good.all
	head=$(($(all | wc -c) - size))
	all | head -c $((head + 100000)) >torn
	# each of these after a cut: what is said, then a good answer
	rest "100000-$((size - 1))/$size" >good
	rest "100001-$((size - 1))/$size" $((size - 100001)) >shifted
	printf 'HTTP/1.1 416 No\r\nContent-Range: bytes */%d\r\nContent-Length: 0\r\n\r\n' \
	    100000 >none
	# each of these after a cut, then a good answer
	for how in good shifted none; do
		rm -f p p.part* asked
		replay torn $how good.all
		run --separate-stderr vfetch -o p "$URL/x"
		echo "$how: $status $output $stderr"
		[ "$status" -eq 0 ]
		whole p "$D/package"
		[ "$(grep -c '^Range: bytes=100000-' asked)" -eq 1 ]
		[ "$(grep -c '^If-Range: "1"' asked)" -eq 1 ]
		case $how in
		good) [ "$(grep -c '^GET ' asked)" -eq 2 ] ;;
		shifted) [[ $stderr == *"another range than the one asked for"* ]] ;;
		none) [[ $stderr == *"has not the range asked for"* ]] ;;
		esac
	done
	COUNT=3
	# of no use for good, and nothing is kept
	rows=()
	files=()
	while IFS= read -r row; do
		# shellcheck disable=SC2059 # that is the point
		printf "HTTP/1.1 ${row#*|}\r\n\r\nbody" >"bad${#rows[@]}"
		files+=("bad${#rows[@]}")
		rows+=("${row%%|*}")
	done <<-'END'
	neither a length nor chunks|200 OK
	both chunks and a length|200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked
	malformed or doubled field "Content-Length"|200 OK\r\nContent-Length: 4\r\nContent-Length: 4
	malformed or doubled field "ETag"|200 OK\r\nETag: "1"\r\nETag: "2"
	malformed or doubled field "Transfer-Encoding"|200 OK\r\nTransfer-Encoding: gzip, chunked
	a part where all was asked for|206 Part\r\nContent-Length: 4\r\nContent-Range: bytes 0-3/4
	malformed or doubled field "Content-Range"|206 Part\r\nContent-Length: 4\r\nContent-Range: bytes 3-0/4
	malformed or doubled field "Content-Range"|206 Part\r\nContent-Length: 4\r\nContent-Range: bytes 0-3/3
	which was not asked for|200 OK\r\nContent-Length: 4\r\nContent-Encoding: br
	the server answered 416|416 No\r\nContent-Length: 4
	the server answered 204|204 Nothing\r\nX: y
	leads to "https://else.example/\x1b[31m"|307 Go\r\nLocation: https://else.example/\033[31m\r\nContent-Length: 4
	END
	replay "${files[@]}"
	for row in "${rows[@]}"; do
		fails 1 "$row" vfetch -o q "$URL/x"
		[ -z "$(ls -d q* 2>/dev/null)" ]
		COUNT=$((COUNT + 1))
	done
	echo "# COUNT fetch-answers $COUNT 0" >&3
}

@test "chunks, an endless header, no room" {
	{
		printf 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
		printf '%x\r\n' "$(stat -c %s "$D/package")"
		cat "$D/package"
	} >torn
	{ cat torn; printf '\r\n0\r\nETag: "late"\r\n\r\n'; } >chunks
	{
		printf 'HTTP/1.1 200 OK\r\n'
		yes 'X-Bomb: 0123456789012345678901234567890' | head -c 80000
	} >bomb
	printf 'HTTP/1.1 200 OK\r\nContent-Length: 9000000000000000000\r\n\r\nx' >vast
	# without the last chunk it is not known to be whole
	replay torn chunks bomb vast
	run --separate-stderr vfetch -o p "$URL/x"
	[ "$status" -eq 0 ]
	[[ $stderr == *"again in"* ]]
	whole p "$D/package"
	fails 1 'header of the server' vfetch -o q "$URL/x"
	fails 3 'there is room for' vfetch -o q "$URL/x"
}
