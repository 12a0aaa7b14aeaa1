#!/bin/sh
# terminal.sh: every byte, and characters that turn text around or cannot be
# seen, in whatever a tool may print: its arguments, names of files that are
# there or not, text of key files and lists, labels, names in a bag. What
# comes out is printable UTF-8.
# shellcheck source=tests/lib/faults.sh disable=SC2034,SC2154
. "${0%/*}/../lib/faults.sh"
n=0
VKEY=$(cat sealer.vkey)

# look: valid UTF-8 without control, format, private or separator characters
look()
{
	n=$((n + 1))
	if ! iconv -f UTF-8 -t UTF-8 so se >text 2>/dev/null ||
	    grep -qP "[\\p{Cc}\\p{Cf}\\p{Co}\\p{Cn}\\p{Zl}\\p{Zp}]" text; then
		fail "$what: $(head -n 1 se | od -An -c | head -n 4)"
	fi
}

# says FIELD COMMAND...: a message or a result that quotes the field
says()
{
	what="$show in $1"
	shift
	"$@" >so 2>se </dev/null
	rc=$?
	[ "$rc" -lt 124 ] || fail "$what: exit status $rc"
	[ -s se ] || [ -s so ] || fail "$what: says nothing"
	look
}

# in_arguments TEXT
in_arguments()
{
	x=$1
	says 'an option' tool verify "--$x"
	says 'a missing package' tool verify -k "$VKEY" "$x"
	says 'a missing package, JSON' tool verify --json -k "$VKEY" "$x"
	says 'a vkey' tool verify -k "$x" p.bulla
	says 'a missing list of keys' tool verify -K "$x" p.bulla
	says 'a missing key' tool open -i "$x" -k "$VKEY" -d out/d p.bulla
	says 'a directory' tool open -i desk.age -k "$VKEY" -d "p.bulla/$x" p.bulla
	says 'a missing path' tool pack "$x"
	says 'the name of a bag' tool pack -n "$x" -o no/z src
	says 'a label' tool pack -m "$x" -o no/z src
	says 'a time' tool pack --time "$x" -o no/z src
	says 'a profile' tool pack --profile "$x" -o no/z src
	says 'an info file' tool pack -I "$x" -o no/z src
	says 'an output' tool pack -o "no/$x" src
	says 'a recipient' tool seal -i sealer.key -r "$x" src
	says 'an addressee' tool seal -i sealer.key -r "$DESK" --to "$x" -o "no/$x" src
	says 'a kind' tool seal -i sealer.key -r "$DESK" --kind "$x" -o "no/$x" src
	says 'the name of a key' tool keygen sign -n "$x" -o "no/$x"
	says 'a home' tool receive --home "$x" -i receiver.key -k "$VKEY" "$x"
	says 'an input' tool age -d -i desk.age "$x"
	says 'a subcommand' "$BULLA_BIN/bulla" "$x"
}

# in_files TEXT: the text stands in files that are read
in_files()
{
	printf '%s\n' "$1" >list
	says 'a list of keys' tool verify -K list p.bulla
	says 'a list of recipients' tool seal -i sealer.key -R list src
	says 'an info file' tool pack -I list -o no/z src
	says 'not a package' tool inspect list
	says 'not an age file' tool age -d -i desk.age list
	says 'a key file' tool keygen public list
	printf '# %s\n' "$1" | cat - desk.age >list
	says 'the comment of a key' tool keygen public list
	printf 'PRIVATE+KEY+%s+00000000+AAAA\n' "$1" >list
	says 'the name in a key' tool seal -i list -r "$DESK" src
	printf 'age-encryption.org/v1\n-> %s a\n\n--- a\n' "$1" >list
	says 'a stanza' tool age -d -i desk.age list
	says 'a stanza, JSON' tool age --json -d -i desk.age list
}

# in_names: files with all of these names at once, the whole way
in_names()
{
	what='names of files'
	tool pack -v names 2>se >bag-of-names.tar || fail "$what: pack: $(cat se)"
	: >so
	look
	tool seal -v -i sealer.key -r "$DESK" -o names.bulla names >so 2>se ||
		fail "$what: seal: $(cat se)"
	look
	tool open -v --json -i desk.age -K sealer.vkey -d out/names names.bulla >so 2>se ||
		fail "$what: open: $(cat se)"
	look
}

# quoted NAME: messages about a file of that name: two alike, one that is
# a socket's name, one where an output is to stand
quoted()
{
	: >"names/$1"
	mkdir -p twice
	: >"twice/$1"
	says 'two paths alike' tool pack "names/$1" "twice/$1"
	says 'an output that exists' tool pack -o "names/$1" src
	says 'a package that is none' tool inspect "names/$1"
	says 'a bag that is none' sh -c '"$0" -i sealer.key -r "$1" -o out/x <"$2"' \
	    "$BULLA_BIN/bulla-seal" "$DESK" "names/$1"
}

rm -rf out
mkdir out names
# those that matter always, of the others a sample
{
	for i in 1 7 8 9 10 13 14 15 24 26 27 28 127 128 133 144 155 157 159 160 255; do
		printf 'control \\%03o\n' $i
	done
	for u in '\342\200\256' '\342\200\213' '\342\200\250' '\342\200\251' \
	    '\342\200\217' '\342\201\246' '\357\273\277' '\302\205' '\302\233' \
	    '\360\237\222\251' '\303\274' '\033[2J' \
	    '\033]0;x\007' '\342\200' '\300\200' '\355\240\200'; do
		echo "control $u"
	done
} >always
i=1
while [ $i -lt 256 ]; do
	[ $i -eq 47 ] || printf 'byte%d \\%03o\n' $((i % 8)) $i
	i=$((i + 1))
done | sample 12 >some
while read -r _ show; do
	x=$(printf "a${show}b.") 2>/dev/null
	in_arguments "$x"
	in_files "$x"
	quoted "$x"
done <<END
$(cat always some)
END
in_names
echo "COUNT faults-terminal $n $bad $SEED"
[ "$bad" -eq 0 ]
