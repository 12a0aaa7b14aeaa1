#!/bin/sh
# tls.sh: certificates and handshakes that are wrong, of clients and of
# servers (fault 19). Each is refused before a byte of a body: the inbox logs
# no upload, stores nothing, and a server that should not be trusted is told
# nothing. FAULTS=full: testssl looks at the inbox too.
# shellcheck source=tests/lib/faults.sh disable=SC2034,SC2154
. "${0%/*}/../lib/faults.sh"
TOP=$OLDPWD
for c in openssl faketime curl; do
	command -v $c >/dev/null || {
		echo "SKIP: no $c"
		exit 77
	}
done
unset https_proxy HTTPS_PROXY all_proxy ALL_PROXY
n=0
pids=
finish()
{
	for p in $pids; do
		kill "$p" 2>/dev/null || :
	done
	for p in $pids; do
		wait "$p" 2>/dev/null || :
	done
	rm -rf "$W"
}
trap finish EXIT

# Two sides with rosters; both ways of letting clients in are tried
for s in a b; do
	tool trust --home $s init -n $s.example --person "Lea $s"
	tool trust --home $s tls make -n localhost -n 127.0.0.1
done >/dev/null
tool trust --home a pin b/roster/ours.note \
    --fingerprint "$(tool trust --home b fingerprint)" >/dev/null
tool trust --home b pin a/roster/ours.note \
    --fingerprint "$(tool trust --home a fingerprint)" >/dev/null
sh "$TOP/tests/lib/pki.sh" pki
head -c 100000 /dev/urandom >blob
tool seal -q --home a -r b.example/desk --to b.example -o package blob \
    >/dev/null

spki()
{
	openssl x509 -in "$1" -noout -pubkey |
	    openssl pkey -pubin -outform DER | sha256sum | cut -c 1-64
}

# cert NAME EXTENSIONS [OPENSSL OPTION...]: signed by itself, pki/NAME.*
cert()
{
	name=$1
	shift
	[ -e "pki/$name.key" ] || openssl genpkey -quiet -algorithm EC \
	    -pkeyopt ec_paramgen_curve:P-256 -out "pki/$name.key" 2>/dev/null
	openssl req -x509 -new -key "pki/$name.key" -subj "/CN=$name" \
	    -days 30 "$@" -out "pki/$name.pem" 2>/dev/null
}
dated()	# OFFSET NAME EXTENSIONS: the same, made then
{
	at=$1 name=$2
	shift 2
	faketime -f "$at" openssl req -x509 -new -key "pki/$name.key" \
	    -subj "/CN=$name" -days 30 "$@" -out "pki/$name.pem" 2>/dev/null
}
leaf='-addext basicConstraints=critical,CA:FALSE'
san='-addext subjectAltName=IP:127.0.0.1,DNS:localhost'
# shellcheck disable=SC2086 # words
{
	cert own $leaf -addext extendedKeyUsage=clientAuth
	cert own-usage $leaf -addext extendedKeyUsage=serverAuth
	cert own-sign $leaf -addext extendedKeyUsage=clientAuth \
	    -addext keyUsage=critical,keyAgreement
	cert own-ca -addext extendedKeyUsage=clientAuth
	cert own-ended $leaf
	cert stranger $leaf -addext extendedKeyUsage=clientAuth
	openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:1024 \
	    -out pki/own-weak.key 2>/dev/null
	cert own-weak $leaf -addext extendedKeyUsage=clientAuth
	cp pki/own.key pki/own-past.key
	cp pki/own.key pki/own-future.key
	dated -60d own-past $leaf
	dated +60d own-future $leaf
}
# All of these keys are in the roster, one of them not any more
set --
for k in own own-usage own-sign own-ca own-weak own-ended; do
	set -- "$@" --tls "$(spki "pki/$k.pem")"
done
tool trust --home a propose -o r2 "$@" >/dev/null
tool trust --home a pin r2 >/dev/null
tool trust --home a propose -o r3 \
    --tls "$(spki pki/own-ended.pem)=now" >/dev/null
tool trust --home a pin r3 >/dev/null
tool trust --home b pin r2 r3 >/dev/null

# starts NAME OPTION...: an inbox; $url, $log
starts()
{
	log=$1.log
	shift
	rm -f up
	mkfifo up
	"$BULLA_BIN/bulla-inbox" --home b --listen 127.0.0.1:0 "$@" \
	    >up 2>"$log" &
	inbox=$!
	pids="$pids $inbox"
	url=
	read -r _ _ url <up
	[ -n "$url" ] || {
		cat "$log"
		exit 1
	}
}
ends()
{
	kill "$inbox"
	wait "$inbox" || fail "the inbox ends with $?"
}

# Nothing of an upload in the log, or on the disk
untouched()
{
	! grep -q -e event=created -e event=stored -e event=cut-short "$log" ||
		fail "$what: an upload was begun"
	[ -z "$(find b/incoming b/packages b/answers -type f ! -name '.lock' \
	    2>/dev/null)" ] || fail "$what: something is stored"
}

# logs WORDS: since $seen_lines; the line may come after the client's end
logs()
{
	for _ in $(seq 30); do
		! tail -n "+$((seen_lines + 1))" "$log" | grep -q "$1" ||
			return 0
		sleep 0.1
	done
	return 1
}

# refused CURL-OPTION...: an upload that is not answered, or with 403
refused()
{
	code=$(curl -s -o body -w '%{http_code}' --max-time 20 \
	    --cacert b/keys/tls.pem --data-binary @package \
	    -H 'Tus-Resumable: 1.0.0' -H "Upload-Length: $(wc -c <package)" \
	    -H 'Content-Type: application/offset+octet-stream' "$@" \
	    "$url/packages")
	case $code in
	000 | 403) ;;
	*) fail "$what: answered $code" ;;
	esac
}

# out WHAT REASON CURL-OPTION...: the client gets nothing done
out()
{
	what=$1 why=$2
	shift 2
	n=$((n + 1))
	seen_lines=$(wc -l <"$log")
	# What strangers do stands in the log only so many times a second
	for _ in 1 2 3; do
		refused "$@"
		! logs "$why" || break
	done
	logs "$why" || fail "$what: the log has no \"$why\""
	untouched
}

# good WHAT OPTION...: and a good one does, or the others prove nothing
good()
{
	what=$1
	shift
	n=$((n + 1))
	code=$(curl -s -o body -w '%{http_code}' --max-time 20 \
	    --cacert b/keys/tls.pem -X OPTIONS "$@" "$url/packages")
	[ "$code" = 204 ] || fail "$what: answered $code"
}

as()	# NAME: curl's options for it
{
	echo "--cert pki/$1.pem --key pki/$1.key"
}

# shellcheck disable=SC2046 # words
versions()	# NAME: what is older or weaker, with a good certificate
{
	for v in 1.0 1.1 1.2; do
		out "$mode: TLS $v" "did not come to its end" \
		    --tls-max "$v" --ciphers DEFAULT:@SECLEVEL=0 $(as "$1")
	done
	out "$mode: a group that is not offered" "did not come to its end" \
	    --tlsv1.3 --curves secp521r1 $(as "$1")
	out "$mode: a cipher that is not offered" "did not come to its end" \
	    --tlsv1.3 --tls13-ciphers TLS_AES_128_CCM_8_SHA256 $(as "$1")
}

# OpenSSL's own scruples are not what is tried here
cat >weak.cnf <<END
openssl_conf = all
[all]
ssl_conf = tls
[tls]
system_default = level
[level]
CipherString = DEFAULT:@SECLEVEL=0
END
mode=roster
starts roster
# shellcheck disable=SC2046 # words
{
	good "roster: listed" $(as own)
	out "roster: none" "gave no certificate"
	out "roster: expired" "has expired" $(as own-past)
	out "roster: not yet valid" "not valid yet" $(as own-future)
	out "roster: for servers" "not for clients" $(as own-usage)
	out "roster: not for signatures" event=tls-refused $(as own-sign)
	out "roster: an authority's" "is an authority's" $(as own-ca)
	export OPENSSL_CONF="$W/weak.cnf"
	out "roster: a weak key" "too weak" $(as own-weak)
	unset OPENSSL_CONF
	out "roster: its line has ended" event=suspended-agency $(as own-ended)
	out "roster: a stranger's" event=unknown-agency $(as stranger)
	out "roster: an authority vouches" event=unknown-agency $(as client)
	# curl finds that out itself; a handshake with it has no signature
	out "roster: without its key" "tls-refused\\|no TLS" \
	    --cert pki/own.pem --key pki/stranger.key
	cat pki/stranger.pem pki/own.pem >pki/chain.pem
	out "roster: another's behind one's own" event=unknown-agency \
	    --cert pki/chain.pem --key pki/stranger.key
	versions own
	good "roster: still listed" $(as own)
}
[ "$(grep -c event=tls-refused roster.log)" -ge 6 ] ||
	fail "roster: refusals are not in the log"
ends

mode=authority
starts authority --client-ca pki/ca.pem -K a/keys/sealer.key.pub
# shellcheck disable=SC2046 # words
{
	good "authority: vouched for" $(as client)
	out "authority: none" "gave no certificate"
	for c in foreign self own; do
		out "authority: $c" "issuer is unknown" $(as $c)
	done
	out "authority: expired" "expired certificate" $(as expired)
	out "authority: for servers" "intended purpose" $(as usage)
	out "authority: its own" event=tls-refused $(as ca)
	versions client
	good "authority: still vouched for" $(as client)
}
ends
# The roster counts beside an authority
mode=both
starts both --client-ca pki/ca.pem
# shellcheck disable=SC2046 # words
out "both: vouched for, but not in the roster" event=unknown-agency \
    $(as client)
ends

# The other way round: what bulla-send says to a server that is not the one.
# What it sends is cut off into a file.
server()	# CERT KEY [OPTION...]: https at $url; its standard output is seen
{
	cert=$1 key=$2
	shift 2
	for _ in 1 2 3 4 5; do
		port=$(perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(
		    LocalAddr => "127.0.0.1", Listen => 1)->sockport')
		openssl s_server -quiet -accept "127.0.0.1:$port" \
		    -cert "$cert" -key "$key" "$@" >seen 2>/dev/null \
		    <nothing-to-say &
		inbox=$!
		for _ in $(seq 100); do
			kill -0 "$inbox" 2>/dev/null || break
			! perl -MIO::Socket::INET -e 'exit !IO::Socket::INET->
			    new(PeerAddr => "127.0.0.1:'"$port"'")' || break
			sleep 0.1
		done
		! kill -0 "$inbox" 2>/dev/null || break
	done
	pids="$pids $inbox"
	url=https://127.0.0.1:$port
}
mkfifo nothing-to-say
exec 9<>nothing-to-say

# refuses WHAT STATUS MESSAGE SEND-OPTION...
refuses()
{
	what=$1 want=$2 why=$3
	shift 3
	n=$((n + 1))
	st=0
	tool send --home a --attempts 1 --cert pki/own.pem \
	    --key pki/own.key -u "$url" "$@" package >so 2>se || st=$?
	[ "$st" -eq "$want" ] || fail "$what: exit $st: $(cat se)"
	grep -q "$why" se || fail "$what: $(cat se)"
	[ ! -s so ] || fail "$what: it says $(cat so)"
	[ ! -s seen ] || fail "$what: the server was told something"
}
stop_server()
{
	kill "$inbox"
	wait "$inbox" 2>/dev/null
}

# shellcheck disable=SC2086 # words
{
	cert server $leaf $san -addext extendedKeyUsage=serverAuth
	cert server-usage $leaf $san -addext extendedKeyUsage=clientAuth
	cert server-other $leaf $san
	cp pki/server.key pki/server-past.key
	cp pki/server.key pki/server-future.key
	dated -60d server-past $leaf $san
	dated +60d server-future $leaf $san
	cp pki/server.key pki/server-name.key
	cert server-name $leaf -addext subjectAltName=DNS:inbox.example
}
tool trust --home b propose -o rb --tls "$(spki pki/server.pem)" \
    --tls "$(spki pki/server-usage.pem)" >/dev/null
tool trust --home b pin rb >/dev/null
no='not the server that we trust'
server pki/server-other.pem pki/server-other.key
refuses "send: no roster lists any key, no authority vouches" 1 "$no"
tool trust --home a pin rb >/dev/null
refuses "send: a key that the roster does not list" 1 "$no"
refuses "send: vouched for, and a wrong pin" 1 "$no" \
    --cacert pki/server-other.pem --pin "$(cat pki/other.pin)"
refuses "send: vouched for, but not in the roster" 1 "$no" \
    --cacert pki/server-other.pem
stop_server
for c in past future usage name; do
	server "pki/server-$c.pem" "pki/server-$c.key"
	refuses "send: server-$c" 1 "$no"
	stop_server
done
server pki/server.pem pki/server.key -tls1_2
refuses "send: TLS 1.2" 5 "version"
stop_server
# The roster's keys have all ended
tool trust --home b propose -o rb2 --tls "$(spki pki/server.pem)=now" \
    --tls "$(spki pki/server-usage.pem)=now" >/dev/null
tool trust --home b pin rb2 >/dev/null
tool trust --home a pin rb2 >/dev/null
server pki/server.pem pki/server.key
refuses "send: the roster's keys have all ended" 1 "none of the TLS keys"
stop_server

# Somebody else's eye on the parameters, in a minute or two. What it may find
# is named: a certificate that signs itself has nobody above it and no
# revocation but the roster; loopback has no CAA record.
look()
{
	starts testssl
	n=$((n + 1))
	what=testssl
	timeout 600 testssl --quiet --color 0 --warnings off --ip one \
	    --openssl-timeout 10 --jsonfile found.json -p -s -f -P -S -U \
	    "$url" </dev/null >testssl.out 2>&1
	jq -e 'any(.[]; .id == "TLS1_3" and .severity == "OK")' found.json \
	    >/dev/null || fail "testssl did not see TLS 1.3"
	jq -r '.[] | select(.severity | IN("OK", "INFO", "WARN") | not) |
	    .id' found.json | sort -u >found
	printf '%s\n' cert_chain_of_trust cert_revocation DNS_CAArecord \
	    service | sort >accepted
	comm -23 found accepted | grep . >news &&
		fail "testssl: $(tr '\n' ' ' <news)"
	ends
}
if [ "$FAULTS" = full ]; then
	if command -v testssl >/dev/null; then
		look
	else
		echo 'SKIP: no testssl'
	fi
fi

echo "COUNT faults-tls $n $bad $SEED"
[ "$bad" -eq 0 ]
