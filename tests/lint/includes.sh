#!/bin/sh
# The direction of dependencies: who may include what. Layers are folders of
# lib/; the public header of a layer counts as part of it. tests/ and fuzz/
# may include anything, as they look inside and need second opinions.
set -u
cd "$(dirname "$0")/../.." || exit 3
find lib cmd include -name '*.[ch]' | sort | xargs awk '
BEGIN {
	# every public header stands in one layer
	put("base", "err buf cur enc html num field when text")
	put("os", "channel confine io file keyfile ring")
	put("crypto", "x509")
	put("crypto", "secret hash aead mac pk tsp")
	put("format", "addcp agehdr armor bag checkpoint custody note opening tile")
	put("format", "exercise reqdoc statement tlogproof tus ustar")
	put("archive", "tar zstd")
	put("net", "fetch inbox s3 send")
	put("core", "age agreement bagin cosign examine keys ledger merkle pack package")
	put("core", "outbox quarantine request")
	put("core", "chain cosigned exchange home monitor receive roster sign")
	put("core", "review stamp stix thread trust witness")
	put("format", "stixpattern")
	sees["base"] = " base "
	sees["os"] = " base os "
	sees["crypto"] = " base crypto "
	sees["format"] = " base format "
	sees["archive"] = " base os archive "
	sees["net"] = " base os net "
	sees["core"] = " base os crypto format archive core "
	sees["cmd"] = " base os crypto format archive net core "
	# the protocol that net speaks: bytes and structures, no more
	also["net", "tus"] = 1
	# the one format that comes as JSON is judged on the parser of the tools
	also["core", "jansson.h"] = 1
	# S3 has a secret
	also["net", "secret"] = 1
	# handshakes with a key that is known: libcrypto has to judge
	also["net", "x509"] = 1
	# and digests of what goes over the wire
	also["net", "hash"] = 1

	only["sodium.h"] = only["openssl/"] = "crypto"
	only["archive.h"] = only["archive_entry.h"] = "archive"
	only["zstd.h"] = "archive"
	only["curl/"] = only["microhttpd.h"] = only["gnutls/"] = "net"
	only["jansson.h"] = "cmd"
	# base does no input and output: the C library alone, for memory
	split("errno inttypes limits stdarg stdbool stddef stdint stdio " \
	    "stdlib string", c, " ")
	for (i in c)
		pure[c[i] ".h"] = 1
}
function put(layer, names,    v, i, n) {
	n = split(names, v, " ")
	for (i = 1; i <= n; i++)
		layer_of[v[i]] = layer
}
function offence(what) {
	print FILENAME ":" FNR ": " what
	bad++
}
# The layer that a file belongs to
function home(file,    p, h) {
	split(file, p, "/")
	if (p[1] == "lib")
		return p[2]
	if (p[1] != "include")
		return p[1]
	h = p[3]
	sub(/\.h$/, "", h)
	return layer_of[h]
}
FNR == 1 {
	here = home(FILENAME)
	if (!(here in sees)) {
		offence("belongs to no layer: add it to tests/lint/includes.sh")
		here = "core"
	}
}
function angle(name,    dir) {
	dir = name
	sub(/\/.*/, "/", dir)
	if (dir in only && only[dir] != here && !((here, dir) in also))
		offence("<" name "> is for " only[dir] " alone")
	else if (here == "base" && !(name in pure))
		offence("<" name "> in lib/base, which does no I/O")
	else if (name ~ /^bulla\//)
		offence("<" name ">: ours are included with quotes")
}
function quoted(name,    h, file) {
	if (name ~ /^bulla\//) {
		h = name
		sub(/^bulla\//, "", h)
		sub(/\.h$/, "", h)
		if (!(h in layer_of))
			offence("\"" name "\" belongs to no layer")
		else if (!index(sees[here], " " layer_of[h] " ") &&
		    !((here, h) in also))
			offence(here " includes \"" name "\" of " layer_of[h])
		return
	}
	if (FILENAME ~ /^include\//) {
		offence("\"" name "\" is a private header")
		return
	}
	# a private header stands beside the file that includes it
	if (name ~ /\.\./) {
		offence("\"" name "\" leaves its folder")
		return
	}
	file = name
	sub("^" here "/", "", file)
	dir = FILENAME
	sub(/[^\/]*$/, "", dir)
	if ((getline line < (dir file)) < 0)
		offence("\"" name "\" does not stand beside this file")
	close(dir file)
}
/^[ \t]*#[ \t]*include/ {
	n++
	if (match($0, /<[^>]*>/))
		angle(substr($0, RSTART + 1, RLENGTH - 2))
	else if (match($0, /"[^"]*"/))
		quoted(substr($0, RSTART + 1, RLENGTH - 2))
	else
		offence("an include that is no plain name")
}
END {
	print "COUNT includes " n + 0 " " bad + 0
	exit bad > 0 || n == 0
}' || exit 1
