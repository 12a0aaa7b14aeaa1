#!/usr/bin/env bats
# bulla-fetch: from a real nginx over TLS with client certificates, on good
# lines and bad ones, and from a server that answers whatever it is told to.
# shellcheck disable=SC2154,SC2030,SC2031 # run sets stderr; tests are subshells
bats_require_minimum_version 1.5.0
load ../lib/inbox.bash

setup_file() {
	way_setup_file
	mkdir www nginx
	cp package big www
	echo 'a plain file' >www/plain
	printf 'x' >www/hidden
	chmod 000 www/hidden
	nginx_up
}

teardown_file() {
	kill "$(cat "$BATS_FILE_TMPDIR/nginx/pid")"
}

setup() {
	way_setup
	export HOME=$PWD
	PORT=$(cat "$D/nginx/port")
	URL=https://127.0.0.1:$PORT
	: >"$D/nginx/access"
}

teardown() {
	way_teardown
}

# nginx_conf PORT
nginx_conf() {
	cat <<-END
	daemon off;
	worker_processes 1;
	pid pid;
	error_log error;
	$([ "$(id -u)" -ne 0 ] || echo 'user root;')
	events { }
	http {
	log_format f '\$request_uri \$status \$body_bytes_sent \$http_range';
	access_log access f;
	client_body_temp_path t; proxy_temp_path t; fastcgi_temp_path t;
	uwsgi_temp_path t; scgi_temp_path t;
	default_type application/octet-stream;
	server {
		listen 127.0.0.1:$1 ssl;
		ssl_certificate ../tls/server.pem;
		ssl_certificate_key ../tls/server.key;
		ssl_client_certificate ../tls/ca.pem;
		ssl_verify_client on;
		root ../www;
		location /noranges/ { alias $PWD/www/; max_ranges 0; }
		location /noetag/ { alias $PWD/www/; etag off; }
		location /blind/ { alias $PWD/www/; etag off;
			add_header Last-Modified ''; }
		location /gzip/ { alias $PWD/www/; add_header
			Content-Encoding gzip; }
		location /moved/ { return 302 https://127.0.0.1:1/x; }
		location /busy/ { add_header Retry-After 1 always; return 503; }
		location /never/ { add_header Retry-After 1000 always;
			return 429 "come back tomorrow\n"; }
		location /broken/ { return 500; }
	}
	}
	END
}

# On a free port, which goes to nginx/port
nginx_up() {
	local port try n
	for try in 1 2 3 4 5 6 7 8 9; do
		port=$((20000 + (SEED + RANDOM + try) % 40000))
		nginx_conf "$port" >nginx/conf
		nginx -p "$PWD/nginx" -c conf -e error 2>nginx/stderr 3>&- &
		for ((n = 0; n < 100; n++)); do
			kill -0 $! 2>/dev/null || break
			if [ -s nginx/pid ] && (: <"/dev/tcp/127.0.0.1/$port") \
			    2>/dev/null; then
				echo "$port" >nginx/port
				return
			fi
			sleep 0.05
		done
	done
	cat nginx/stderr nginx/error
	return 1
}

# fetch OPTION...: as the client named by $AS
fetch() {
	"$BULLA_BIN/bulla-fetch" --cacert "$D/tls/ca.pem" \
	    --cert "$D/tls/${AS:-client}.pem" \
	    --key "$D/tls/${AS:-client}.key" "$@"
}

# vfetch OPTION...: with the sealer's key
vfetch() {
	fetch -K "$D/s.key.pub" "$@"
}

# whole FILE WANT: it is all there, and nothing else of it
whole() {
	cmp "$1" "$2"
	[ ! -e "$1.part" ]
	[ ! -e "$1.part.info" ]
	[ "$(stat -c %a "$1")" = 600 ]
}

# fails STATUS TEXT COMMAND...: that status, nothing on stdout, TEXT on stderr
fails() {
	local want=$1 text=$2
	shift 2
	run --separate-stderr "$@"
	echo "status $status, stdout '$output', stderr '$stderr'"
	[ "$status" -eq "$want" ]
	[ -z "$output" ]
	[[ $stderr == *"$text"* ]]
}

# requests: what the server was asked for, when it has written it down
requests() {
	local n
	for ((n = 0; n < 100; n++)); do
		[ "$(wc -l <"$D/nginx/access")" -lt "$1" ] || break
		sleep 0.05
	done
	cat "$D/nginx/access"
	[ "$(wc -l <"$D/nginx/access")" -eq "$1" ]
}

# killed NAME BYTES: a fetch of big to NAME was killed with so much there; AT
killed() {
	local n pid
	"$BULLA_BIN/bulla-fetch" --cacert "$D/tls/ca.pem" \
	    --cert "$D/tls/client.pem" --key "$D/tls/client.key" \
	    -K "$D/s.key.pub" --limit-rate 12M -o "$1" "${3:-$URL/big}" \
	    >/dev/null 3>&- &
	pid=$!
	for ((n = 0; n < 500; n++)); do
		AT=$(stat -c %s "$1.part" 2>/dev/null || echo 0)
		[ "$AT" -lt "$2" ] || break
		kill -0 "$pid" || return 1
		sleep 0.02
	done
	kill -KILL "$pid"
	wait "$pid" || :
	AT=$(stat -c %s "$1.part")
	[ "$AT" -ge "$2" ]
	[ "$AT" -lt "$(stat -c %s "$D/big")" ]
	[ ! -e "$1" ]
}

# replay FILE...: a server that answers with these, one after another; URL
replay() {
	rm -f via
	mkfifo via
	"$AID/tlsreplay" "$D/tls/server.pem" "$D/tls/server.key" asked "$@" \
	    >via 3>&- &
	pids="$pids $!"
	read -r URL <via
	URL=https://127.0.0.1:$URL
}

@test "a package comes, verified, and nothing is left beside it" {
	run --separate-stderr vfetch "$URL/package"
	[ "$status" -eq 0 ]
	[[ $output == "package: $(stat -c %s "$D/package") bytes, sha256 $(sha "$D/package"), package "*" verified, from a.example/sealer" ]]
	[ -z "$stderr" ]
	whole package "$D/package"
	[ "$(requests 1)" = "/package 200 $(stat -c %s package) -" ]
	# never over a file, unless it is asked for
	fails 1 'package: exists already' vfetch "$URL/package"
	echo old >package
	fails 1 'package: exists already' vfetch -o package "$URL/big"
	[ "$(cat package)" = old ]
	vfetch -q -f -o package "$URL/big" >/dev/null
	whole package "$D/big"
}

@test "--json" {
	run --separate-stderr vfetch --json -o p "$URL/package?x=1"
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	jq -e ".ok and .verified and .complete and .file == \"p\" and
	    .sha256 == \"$(sha "$D/package")\" and .had == 0 and
	    .arrived == .bytes and .from == \"a.example/sealer\"" <<<"$output"
	run --separate-stderr fetch --json "$URL/nothing"
	[ "$status" -eq 1 ]
	jq -e '.ok == false and .status == "refused"' <<<"$output"
}

@test "killed with -9 in the middle: goes on, and nothing comes twice" {
	killed p 5000000
	: >"$D/nginx/access"
	run --separate-stderr vfetch --json -o p "$URL/big"
	[ "$status" -eq 0 ]
	whole p "$D/big"
	size=$(stat -c %s p)
	jq -e ".verified and .had == $AT and .arrived == $size - $AT" \
	    <<<"$output"
	[ "$(grep 206 "$D/nginx/access")" = \
	    "/big 206 $((size - AT)) bytes=$AT-" ]
}

@test "killed again and again, then finished without a network" {
	killed p 2000000
	killed p 7000000
	# it ends short of the keys, with all bytes there
	fails 2 'p.part' fetch -K "$D/r.key.pub" -o p "$URL/big"
	[ ! -e p ]
	: >"$D/nginx/access"
	run --separate-stderr vfetch -o p "$URL/big"
	[ "$status" -eq 0 ]
	[[ $stderr == *"$(stat -c %s p) bytes were here from an earlier run" ]]
	whole p "$D/big"
	[ ! -s "$D/nginx/access" ]
}

@test "after a reboot only what was made durable counts" {
	killed p 5000000
	# what a crash leaves: the right length, and zeros in it
	truncate -s 1000000 p.part
	truncate -s 9000000 p.part
	sed -i 's/^durable: .*/durable: 1000000/
	    s/^boot: .*/boot: another/' p.part.info
	: >"$D/nginx/access"
	run --separate-stderr vfetch -o p "$URL/big"
	[ "$status" -eq 0 ]
	whole p "$D/big"
	grep -q ' bytes=1000000-$' "$D/nginx/access"
	[[ $stderr == *"1000000 bytes were here"* ]]
}

@test "bytes that were spoilt here are noticed and fetched once more" {
	killed p 5000000
	printf 'X' | dd of=p.part bs=1 seek=4000000 conv=notrunc status=none
	run --separate-stderr vfetch -o p "$URL/big"
	[ "$status" -eq 0 ]
	[[ $stderr == *"it came in pieces: fetched once more"* ]]
	whole p "$D/big"
}

@test "an .info that is spoilt, of another URL, or too long a part" {
	killed p 2000000
	cp p.part b.part
	cp p.part.info b.part.info
	for f in p b; do
		case $f in
		p) echo nonsense >p.part.info ;;
		b) truncate -s 40000000 b.part ;;
		esac
		run --separate-stderr vfetch -o $f "$URL/big"
		[ "$status" -eq 0 ]
		[[ $stderr == *"is not used, because"*": starting again"* ]]
		whole $f "$D/big"
	done
	killed p2 2000000
	run --separate-stderr vfetch -o p2 "$URL/package"
	[ "$status" -eq 0 ]
	[[ $stderr == *"it is of another URL: starting again"* ]]
	whole p2 "$D/package"
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
	fails 5 'nothing moved for 2 s' vfetch --attempts 1 --stall 1 -o r "$URL/x"
	[ ! -e r.part ]
	status=0
	wait $drip || status=$?
	[ "$status" -eq 5 ]
	grep -q ' bytes in 2 s' q.err
	[ ! -s q.out ]
	# what was there goes on, on a good line
	wait $stalled
	grep -q 'nothing moved for 2 s; again in' p.err ||
		grep -q ' bytes in 2 s; again in' p.err
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
	fails 5 'deadline' vfetch --deadline 1 --limit-rate 1M -o q "$URL/big"
	[ "$(stat -c %s q.part)" -gt "$AT" ]
	vfetch -o q "$URL/big"
	whole q "$D/big"
}

@test "the object changes between two runs: starts again, and says so" {
	cp "$D/big" "$D/www/changing"
	killed p 3000000 "$URL/changing"
	cp "$D/package" "$D/www/new"
	mv "$D/www/new" "$D/www/changing"
	run --separate-stderr vfetch -o p "$URL/changing"
	[ "$status" -eq 0 ]
	[[ $stderr == *"the object has changed on the server: starting again"* ]]
	whole p "$D/package"
}

@test "a server without ranges starts again, one without ETag goes on" {
	touch -d '1 hour ago' "$D/www/big"
	killed a 2000000 "$URL/noranges/big"
	run --separate-stderr vfetch -o a "$URL/noranges/big"
	[ "$status" -eq 0 ]
	[[ $stderr == *"the server sends no ranges of it: starting again"* ]]
	whole a "$D/big"
	killed b 2000000 "$URL/noetag/big"
	: >"$D/nginx/access"
	run --separate-stderr vfetch -o b "$URL/noetag/big"
	[ "$status" -eq 0 ]
	whole b "$D/big"
	grep -q " 206 .* bytes=$AT-\$" "$D/nginx/access"
	# neither: nothing that says the rest is of the same object
	killed c 2000000 "$URL/blind/big"
	run --separate-stderr vfetch -o c "$URL/blind/big"
	[ "$status" -eq 0 ]
	[[ $stderr == *"no version to go by: starting again"* ]]
	whole c "$D/big"
}

@test "what the server says no to, for good and for now" {
	fails 1 'the server answered 404' vfetch "$URL/nothing"
	fails 1 "302 and leads to \"https://127.0.0.1:1/x\"" \
	    vfetch "$URL/moved/package"
	fails 1 'Content-Encoding' vfetch "$URL/gzip/package"
	fails 5 'the server answered 500' vfetch --attempts 1 \
	    "$URL/broken/package"
	fails 5 'come back tomorrow' vfetch --deadline 5 "$URL/never/package"
	start=$(date +%s%N)
	fails 5 'given up after 2 failures' vfetch --attempts 2 \
	    "$URL/busy/package"
	[ $((($(date +%s%N) - start) / 1000000)) -ge 900 ]
	[ -z "$(ls -I 'separate-*')" ]
}

@test "certificates and pins" {
	AS=other vfetch --pin "$(cat "$D/tls/elsewhere.pin")" \
	    --pin "$(cat "$D/tls/server.pin")" -o p "$URL/package"
	whole p "$D/package"
	fails 1 'not the server that we trust' vfetch \
	    --pin "$(cat "$D/tls/elsewhere.pin")" "$URL/package"
	fails 1 'not the server that we trust' "$BULLA_BIN/bulla-fetch" \
	    --cacert "$D/tls/foreign-ca.pem" "$URL/package"
	fails 1 'not the server that we trust' "$BULLA_BIN/bulla-fetch" \
	    "$URL/package"
	fails 1 'the server answered 400' "$BULLA_BIN/bulla-fetch" \
	    --cacert "$D/tls/ca.pem" "$URL/package"
	AS=foreign fails 1 'the server answered 400' fetch "$URL/package"
	[ ! -e package.part ]
}

@test "keys: verified, not verified, unknown, and a package that is none" {
	run --separate-stderr fetch -o a "$URL/package"
	[ "$status" -eq 0 ]
	[[ $output == *' NOT VERIFIED' ]]
	[[ $stderr == *"NOT VERIFIED: no sealer's key is known"* ]]
	whole a "$D/package"
	run --separate-stderr fetch --json -q -o b "$URL/package"
	jq -e '.ok and .verified == false' <<<"$output"
	# bytes that do not verify never get the name
	cp "$D/package" "$D/www/bad"
	printf 'X' | dd of="$D/www/bad" bs=1 seek=1000000 conv=notrunc \
	    status=none
	fails 1 'what came is left in bad.part' vfetch "$URL/bad"
	[ ! -e bad ]
	cmp bad.part "$D/www/bad"
	# the server mends it: the part is of no use
	cp "$D/package" "$D/www/mended"
	mv "$D/www/mended" "$D/www/bad"
	vfetch -q "$URL/bad"
	whole bad "$D/package"
	# not real evidence
	"$BULLA_BIN/bulla-seal" -q --exercise -i "$D/s.key" \
	    -R "$D/desk.age.pub" -o "$D/www/drill" "$D/www/plain" >/dev/null
	fails 1 EXERCISE vfetch "$URL/drill"
	fails 1 EXERCISE fetch "$URL/drill"
	vfetch -q --exercise "$URL/drill"
	whole drill "$D/www/drill"
	# cut short on the server
	head -c 1000000 "$D/package" >"$D/www/short"
	fails 4 'early' vfetch "$URL/short"
	fails 4 'early' fetch "$URL/short"
	[ ! -e short ]
	fails 1 'no sealed package' vfetch "$URL/plain"
	fails 1 'no sealed package' fetch "$URL/plain"
	[ ! -e plain ]
}

@test "without -k the rosters of the home say who may seal" {
	for s in a b; do
		"$BULLA_BIN/bulla-trust" init -q --home $s -n $s.example \
		    --person "Ann Lee" >/dev/null
	done
	for s in 'a b' 'b a'; do
		"$BULLA_BIN/bulla-trust" pin -q --home "${s% *}" \
		    --fingerprint "$("$BULLA_BIN/bulla-trust" fingerprint \
		    --home "${s#* }")" "${s#* }/roster/ours.note"
	done
	"$BULLA_BIN/bulla-seal" -q --home a -r b.example/desk \
	    -o "$D/www/theirs" "$D/www/plain"
	run --separate-stderr fetch --home b "$URL/theirs"
	[ "$status" -eq 0 ]
	[[ $output == *" verified, from a.example/sealer" ]]
	whole theirs "$D/www/theirs"
	# a sealer of whom they do not know
	fails 2 'package.part' fetch --home b "$URL/package"
	[ ! -e package ]
}

@test "--sha256: any file, and only that one" {
	run --separate-stderr fetch --sha256 "$(sha "$D/www/plain")" \
	    "$URL/plain"
	[ "$status" -eq 0 ]
	[[ $output == "plain: 13 bytes, sha256 $(sha plain), as demanded, no package" ]]
	whole plain "$D/www/plain"
	fails 1 "not what --sha256 says: the digest is $(sha "$D/package")" \
	    vfetch --sha256 "$(sha plain)" "$URL/package"
	# a slip of ours costs no second download
	: >"$D/nginx/access"
	vfetch -q --sha256 "$(sha "$D/package")" "$URL/package"
	whole package "$D/package"
	[ ! -s "$D/nginx/access" ]
	fails 2 '64 hex digits' fetch --sha256 abc "$URL/plain"
}

@test "two at once, and parts that others could change" {
	touch p.part
	exec 9<p.part
	flock -x 9
	fails 5 'another process holds this lock' vfetch -o p "$URL/big"
	exec 9<&-
	chmod 666 p.part
	fails 3 'not a regular file of ours alone' vfetch -o p "$URL/big"
	chmod 600 p.part
	ln p.part other
	fails 3 'not a regular file of ours alone' vfetch -o p "$URL/big"
	rm -f p.part
	ln -s other p.part
	fails 3 'p.part' vfetch -o p "$URL/big"
	[ ! -e p ]
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
	while IFS='|' read -r what fields; do
		# shellcheck disable=SC2059 # that is the point
		printf "HTTP/1.1 $fields\r\n\r\nbody" >one
		replay one
		fails 1 "$what" vfetch -o q "$URL/x"
		[ -z "$(ls -d q*)" ]
		COUNT=$((COUNT + 1))
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
	echo "# COUNT fetch-answers $COUNT 0" >&3
}

@test "chunks, an endless header, no room" {
	{
		printf 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
		printf '%x\r\n' "$(stat -c %s "$D/package")"
		cat "$D/package"
	} >torn
	{ cat torn; printf '\r\n0\r\nETag: "late"\r\n\r\n'; } >chunks
	# without the last chunk it is not known to be whole
	replay torn chunks
	run --separate-stderr vfetch -o p "$URL/x"
	[ "$status" -eq 0 ]
	[[ $stderr == *"again in"* ]]
	whole p "$D/package"
	{
		printf 'HTTP/1.1 200 OK\r\n'
		yes 'X-Bomb: 0123456789012345678901234567890' | head -c 80000
	} >bomb
	replay bomb
	fails 1 'header of the server' vfetch -o q "$URL/x"
	printf 'HTTP/1.1 200 OK\r\nContent-Length: 9000000000000000000\r\n\r\nx' >vast
	replay vast
	fails 3 'there is room for' vfetch -o q "$URL/x"
}

@test "usage" {
	fails 2 'one URL at a time' fetch
	fails 2 'one URL at a time' fetch "$URL/a" "$URL/b"
	fails 2 'gives no good name' fetch "$URL/"
	fails 2 'gives no good name' fetch https://127.0.0.1
	fails 2 'gives no good name' fetch "$URL/.hidden"
	fails 2 'gives no good name' fetch "$URL/a%2Fb"
	fails 2 'needs a file' fetch -o - "$URL/package"
	fails 2 'only https is spoken' fetch http://127.0.0.1/package
	fails 2 'no user, password' fetch https://me:x@127.0.0.1/package
	fails 2 'belong together' "$BULLA_BIN/bulla-fetch" --key x "$URL/p"
	fails 2 'is no pin' fetch --pin /etc/passwd "$URL/package"
	cp "$D/s.key.pub" key.pub
	fails 2 'would replace' "$BULLA_BIN/bulla-fetch" -f -o key.pub \
	    --cacert key.pub "$URL/package"
	[ "$(ls -I 'separate-*')" = key.pub ]
}
