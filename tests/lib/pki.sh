#!/bin/sh
# pki.sh DIR: a throw-away PKI for tests and the demo. TEST ONLY.
#
#   ca.pem			signs servers and clients
#   server.pem/.key		127.0.0.1, ::1, localhost
#   elsewhere.pem/.key		a server for another name (inbox.example)
#   client.pem/.key		a good client
#   other.pem/.key		another good client
#   renewed.pem			a new certificate for client.key
#   expired.pem/.key		client, expired
#   usage.pem/.key		signed by the CA, but for a server
#   self.pem/.key		client, self-signed
#   foreign-ca.pem		another CA
#   foreign.pem/.key		client of that one
#   *.pin			sha256//BASE64 of the public key, for --pin
set -eu
umask 077
dir=${1:?usage: pki.sh DIR}
mkdir -p "$dir"
cd "$dir"

quiet()
{
	"$@" 2>pki.log || {
		cat pki.log >&2
		exit 1
	}
}

key()
{
	quiet openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
	    -out "$1.key"
}

# ca NAME CN
ca()
{
	key "$1"
	quiet openssl req -x509 -new -key "$1.key" -subj "/CN=$2" -days 90 \
	    -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' \
	    -addext 'keyUsage=critical,keyCertSign,cRLSign' -out "$1.pem"
}

# cert NAME KEY CA USAGE CN [EXTENSION LINE]; $since and $until if set
cert()
{
	[ -f "$2.key" ] || key "$2"
	quiet openssl req -new -key "$2.key" -subj "/CN=$5" -out req.pem
	{
		echo 'basicConstraints=critical,CA:FALSE'
		echo 'keyUsage=critical,digitalSignature'
		echo "extendedKeyUsage=$4"
		[ -z "${6:-}" ] || echo "$6"
	} >ext.cnf
	: >index.txt
	cat >ca.cnf <<END
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
	quiet openssl ca -batch -notext -config ca.cnf -cert "$3.pem" \
	    -keyfile "$3.key" -extfile ext.cnf -in req.pem -out "$1.pem" \
	    -startdate "${since:-$(date -u -d '-1 day' +%Y%m%d%H%M%SZ)}" \
	    -enddate "${until:-$(date -u -d '+90 days' +%Y%m%d%H%M%SZ)}"
}

pin()
{
	openssl x509 -in "$1.pem" -noout -pubkey |
	    openssl pkey -pubin -outform DER |
	    openssl dgst -sha256 -binary | openssl base64 -A |
	    sed 's|^|sha256//|' >"$1.pin"
}

ca ca 'bulla TEST ONLY CA'
ca foreign-ca 'bulla TEST ONLY foreign CA'
cert server server ca serverAuth localhost \
    'subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost'
cert elsewhere elsewhere ca serverAuth inbox.example \
    'subjectAltName=DNS:inbox.example'
cert client client ca clientAuth 'TEST ONLY client'
cert renewed client ca clientAuth 'TEST ONLY client, renewed'
cert other other ca clientAuth 'TEST ONLY other client'
cert usage usage ca serverAuth 'TEST ONLY client with a server usage'
cert foreign foreign foreign-ca clientAuth 'TEST ONLY foreign client'
since=20200101000000Z
until=20200201000000Z
cert expired expired ca clientAuth 'TEST ONLY expired client'
key self
quiet openssl req -x509 -new -key self.key -subj '/CN=TEST ONLY self' \
    -addext 'extendedKeyUsage=clientAuth' -days 90 -out self.pem
for c in server elsewhere client other; do
	pin $c
done
rm -f req.pem ext.cnf ca.cnf index.txt* pki.log ./[0-9A-F]*.pem
