# fetch.bash: what the bats files of fetch share. shellcheck shell=bash
# An nginx with TLS and client certificates, and a server that answers
# whatever it is told to.
load ../lib/inbox.bash

# setup_file and teardown_file
fetch_up() {
	way_setup_file
	mkdir www nginx
	cp package big www
	echo 'a plain file' >www/plain
	nginx_up
}

fetch_down() {
	kill "$(cat "$BATS_FILE_TMPDIR/nginx/pid")"
}

fetch_setup() {
	way_setup
	export HOME=$PWD
	PORT=$(cat "$D/nginx/port")
	URL=https://127.0.0.1:$PORT
	: >"$D/nginx/access"
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
