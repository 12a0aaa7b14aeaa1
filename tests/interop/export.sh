#!/bin/sh
# What bulla-export writes, read by others: hashdeep's audit, xmllint with the
# schema of DFXML, and the SHACL shapes of CASE/UCO 1.4 (npm packages, pinned
# in tests/interop/case). Broken listings and graphs must be found. Without
# node or npm the last part is skipped.
set -eu
cd "$(dirname "$0")/../.."
: "${BULLA_BIN:=build/release/bin}"
TOPV=$PWD/tests/vectors
BIN=$(cd "$BULLA_BIN" && pwd)
PATH=$BIN:$PATH
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
sh tests/lib/handover.sh "$dir/x"
id=$(cat "$dir/x/id")
bag=$dir/x/opened/bag
cases=0 bad=0

# ok COMMAND...; found TEXT COMMAND...: fails, and says TEXT
ok()
{
	cases=$((cases + 1))
	"$@" >"$dir/log" 2>&1 || {
		echo "FAILED: $*"
		cat "$dir/log"
		bad=$((bad + 1))
	}
}
found()
{
	cases=$((cases + 1))
	text=$1
	shift
	if "$@" >"$dir/log" 2>&1 || ! grep -q "$text" "$dir/log"; then
		echo "NOT FOUND ($text): $*"
		cat "$dir/log"
		bad=$((bad + 1))
	fi
}

# --- hashdeep
audit()
{
	(cd "$bag" && hashdeep -v -l -r -a -k "$1" data)
}
if command -v hashdeep >/dev/null; then
	bulla-export hashdeep -o "$dir/list" "$bag"
	ok audit "$dir/list"
	sed 's/,\([0-9a-f]\)\(.*disk.img\)/,0000\1\2/' "$dir/list" >"$dir/l2"
	found 'Audit failed' audit "$dir/l2"
	grep -v disk.img "$dir/list" >"$dir/l2"
	found 'Audit failed' audit "$dir/l2"
	cp -r "$bag" "$dir/other"
	bag=$dir/other
	echo more >>"$bag/data/logs/access.log"
	found 'Audit failed' audit "$dir/list"
	bag=$dir/x/opened/bag
else
	echo 'SKIP: export: no hashdeep'
fi

# --- DFXML
if command -v xmllint >/dev/null; then
	bulla-export dfxml -o "$dir/list.xml" "$bag"
	ok xmllint --noout --nonet "$dir/list.xml"
	name=$(xmllint --nonet --xpath \
	    'string(//*[local-name()="fileobject"][1]/*[local-name()="filename"])' \
	    "$dir/list.xml")
	ok test "$name" = 'data/<script>alert(1)<'
	xsd=$TOPV/dfxml/dfxml.xsd
	ok xmllint --noout --nonet --schema "$xsd" "$dir/list.xml"
	sed 's/<filesize>/<filesize>x/' "$dir/list.xml" >"$dir/2.xml"
	found 'fails to validate' xmllint --noout --nonet \
	    --schema "$xsd" "$dir/2.xml"
else
	echo 'SKIP: export: no xmllint'
fi

# --- CASE
shapes=$TOPV/case/case-1.4.0.ttl
case_shapes()
{
	for c in node npm; do
		command -v "$c" >/dev/null || {
			echo "SKIP: export: no $c"
			return
		}
	done
	cp -r tests/interop/case "$dir/case"
	(cd "$dir/case" && npm ci --silent --ignore-scripts --no-audit \
	    --no-fund) >"$dir/log" 2>&1 || {
		echo 'SKIP: export: npm cannot fetch its packages'
		return
	}
	cd "$dir/case"
	bulla-export case --home "$dir/x/a" --bag "$bag" \
	    -i "$dir/x/a/keys/desk.age" -o good.jsonld "$id"
	bulla-export case --home "$dir/x/b" -o theirs.jsonld "$id"
	ok node validate.mjs "$shapes" good.jsonld theirs.jsonld
	sed '0,/"uco-types:hashMethod": "SHA256",/s///' good.jsonld >1.jsonld
	found 'hashMethod' node validate.mjs "$shapes" 1.jsonld
	sed 's/"@type": "xsd:dateTime"/"@type": "xsd:string"/' good.jsonld \
	    >2.jsonld
	found 'startTime' node validate.mjs "$shapes" 2.jsonld
	# a performer that is a facet
	sed 's/"uco-identity:Person"/"uco-observable:FileFacet"/' good.jsonld \
	    >3.jsonld
	found 'performer' node validate.mjs "$shapes" 3.jsonld
	sed 's/exhibitNumber/exhibitNo/' good.jsonld >4.jsonld
	found 'no term of the ontology' node validate.mjs "$shapes" 4.jsonld
	sed 's/"kb": "urn:bulla:"/"kb": "kb"/' good.jsonld >5.jsonld
	found '5.jsonld: ' node validate.mjs "$shapes" 5.jsonld
}
case_shapes

echo "COUNT export $cases $bad"
[ "$bad" -eq 0 ]
