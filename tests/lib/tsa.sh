#!/bin/sh
# tsa.sh DIR: a throw-away time-stamp authority (RFC 3161). TEST ONLY.
#
#   ca.pem			the CA
#   p256.pem/.key, rsa.pem/.key	good authorities
#   expired.pem/.key		one whose certificate ended in 2020
#   server.pem/.key		a certificate for a server
#   lax.pem/.key		for time-stamping, but that is not critical
#   foreign-ca.pem, foreign.pem/.key	of another CA
#
# tsa.sh DIR reply NAME QUERY REPLY [ARG...]: answers with that certificate;
# ARG... goes to openssl ts.
# tsa.sh DIR forge NAME QUERY REPLY [ARG...]: the same where openssl ts does
# not want to: the contents of a good token, signed by openssl cms ARG...
set -eu
umask 077
dir=${1:?usage: tsa.sh DIR [reply NAME QUERY REPLY]}

if [ "${2-}" = reply ]; then
	name=$3 query=$4 reply=$5
	shift 5
	openssl ts -reply -config "$dir/tsa.cnf" -section tsa \
	    -signer "$dir/$name.pem" -inkey "$dir/$name.key" \
	    -queryfile "$query" -out "$reply" "$@" 2>"$dir/tsa.log" || {
		cat "$dir/tsa.log" >&2
		exit 1
	}
	exit
fi
if [ "${2-}" = forge ]; then
	name=$3 query=$4 reply=$5
	shift 5
	sh "$0" "$dir" reply p256 "$query" "$dir/good"
	openssl ts -reply -in "$dir/good" -token_out -out "$dir/token" 2>&1
	openssl cms -verify -noverify -inform DER -in "$dir/token" \
	    -out "$dir/content" 2>&1
	openssl cms -sign -binary -nodetach -outform DER -md sha256 \
	    -econtent_type 1.2.840.113549.1.9.16.1.4 -in "$dir/content" \
	    -signer "$dir/$name.pem" -inkey "$dir/$name.key" "$@" \
	    -out "$dir/token"
	# a SEQUENCE of the status "granted" and the token
	{
		n=$(($(stat -c %s "$dir/token") + 5))
		printf '3082%04x3003020100' "$n" | xxd -r -p
		cat "$dir/token"
	} >"$reply"
	exit
fi
mkdir -p "$dir"
cd "$dir"

quiet()
{
	"$@" 2>pki.log || {
		cat pki.log >&2
		exit 1
	}
}

key()	# NAME
{
	case $1 in
	rsa) set -- "$1" -algorithm RSA -pkeyopt rsa_keygen_bits:2048 ;;
	*) set -- "$1" -algorithm EC -pkeyopt ec_paramgen_curve:P-256 ;;
	esac
	name=$1
	shift
	quiet openssl genpkey "$@" -out "$name.key"
}

ca()	# NAME
{
	key "$1"
	quiet openssl req -x509 -new -key "$1.key" -days 300 \
	    -subj "/CN=bulla TEST ONLY $1" \
	    -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' \
	    -addext 'keyUsage=critical,keyCertSign,cRLSign' -out "$1.pem"
}

cert()	# NAME CA USAGE; $since and $until if set
{
	key "$1"
	quiet openssl req -new -key "$1.key" -subj "/CN=TEST ONLY $1" \
	    -out req.pem
	cat >ext.cnf <<-END
	basicConstraints=critical,CA:FALSE
	keyUsage=critical,digitalSignature
	extendedKeyUsage=$3
	END
	: >index.txt
	cat >ca.cnf <<-END
	[ca]
	default_ca=x
	[x]
	database=$PWD/index.txt
	new_certs_dir=$PWD
	rand_serial=yes
	default_md=sha256
	policy=p
	unique_subject=no
	[p]
	commonName=supplied
	END
	quiet openssl ca -batch -notext -config ca.cnf -cert "$2.pem" \
	    -keyfile "$2.key" -extfile ext.cnf -in req.pem -out "$1.pem" \
	    -startdate "${since:-$(date -u -d '-1 day' +%Y%m%d%H%M%SZ)}" \
	    -enddate "${until:-$(date -u -d '+200 days' +%Y%m%d%H%M%SZ)}"
}

ca ca
ca foreign-ca
cert p256 ca critical,timeStamping
cert rsa ca critical,timeStamping
cert server ca serverAuth
cert lax ca timeStamping
cert foreign foreign-ca critical,timeStamping
since=20200101000000Z
until=20200201000000Z
cert expired ca critical,timeStamping
cat >tsa.cnf <<END
[tsa]
serial=$PWD/serial
crypto_device=builtin
signer_digest=sha256
default_policy=1.2.3.4.1
other_policies=1.2.3.4.2
digests=sha256
accuracy=secs:1
ordering=no
tsa_name=no
ess_cert_id_chain=no
ess_cert_id_alg=sha256
END
echo 01 >serial
rm -f req.pem ext.cnf ca.cnf index.txt* pki.log ./[0-9A-F]*.pem
