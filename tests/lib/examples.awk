# examples.awk: turns the commands of a man page (the EXAMPLES section of
# mdoc source) or of a Markdown file (its ```sh blocks) into a shell script.
# docs/HACKING.md, "Examples are tests", states the convention.
#
# Script functions it calls, defined by run_examples.sh:
#   example N LINE      before each block
#   expect WANT STATUS  after a block that is to exit with a status of its own
# Lines "#: TEXT" before a block give it as the author wrote it.

function fail(msg)
{
	printf "%s:%d: %s\n", FILENAME, FNR, msg > "/dev/stderr"
	bad = 1
	exit 1
}

# What mdoc source spells in escapes, as the reader sees it
function unroff(s)
{
	gsub(/\\&/, "", s)
	gsub(/\\-/, "-", s)
	gsub(/\\\(aq/, "'", s)
	gsub(/\\\(dq/, "\"", s)
	gsub(/\\\(ti/, "~", s)
	gsub(/\\\(ha/, "^", s)
	gsub(/\\\(ga/, "`", s)
	gsub(/\\\(rs/, "\\", s)
	gsub(/\\e/, "\\", s)
	return s
}

# .Dl parses its arguments: quotes group words and are not shown
function unquote(s,    out, in_word, quoted, i, c)
{
	for (i = 1; i <= length(s); i++) {
		c = substr(s, i, 1)
		if (c == "\"" && (quoted || !in_word)) {
			quoted = !quoted
			continue
		}
		in_word = quoted || c != " "
		out = out c
	}
	return out
}

function directive(s)
{
	if (s ~ /^setup: /) {
		print substr(s, 8)
	} else if (s ~ /^skip: /) {
		skip = 1
		printf "echo 'SKIP: %s:%d: %s'\n", FILENAME, FNR, plain(substr(s, 7))
	} else if (s ~ /^expect: [0-9]+$/) {
		want = substr(s, 9)
	} else {
		fail("unknown test directive: " s)
	}
}

function plain(s)
{
	gsub(/'/, "", s)
	return s
}

function open_block()
{
	n_lines = 0
	prompts = 0
	start = FNR
}

function add_line(s)
{
	if (s ~ /^\$ /)
		prompts = 1
	line[++n_lines] = s
}

# With prompts, "$ " starts a command and "> " continues it; the rest is
# output shown to the reader. Without, every line is a command.
function close_block(    i, s)
{
	if (skip) {
		skip = 0
		want = ""
		return
	}
	n_blocks++
	for (i = 1; i <= n_lines; i++)
		print "#: " line[i]
	printf "example %d %d\n", n_blocks, start
	if (want != "")
		print "set +e"
	for (i = 1; i <= n_lines; i++) {
		s = line[i]
		if (prompts) {
			if (s !~ /^[$>] /)
				continue
			s = substr(s, 3)
		}
		print s
	}
	if (want != "")
		printf "expect %d $?; set -e\n", want
	want = ""
}

FNR == 1 {
	mdoc = FILENAME ~ /\.[1-9]$/
}

# --- Markdown
!mdoc && !block && /^<!-- test: .* -->$/ {
	s = $0
	sub(/^<!-- test: /, "", s)
	sub(/ -->$/, "", s)
	directive(s)
	next
}
!mdoc && !block && /^```sh$/ {
	block = 1
	open_block()
	next
}
!mdoc && block && /^```$/ {
	block = 0
	close_block()
	next
}
!mdoc && block {
	add_line($0)
	next
}
!mdoc && /^```/ {
	other = !other
	next
}

# --- mdoc
mdoc && /^\.Sh / {
	inside = $0 == ".Sh EXAMPLES"
	next
}
!mdoc || !inside {
	next
}
/^\.\\" test: / {
	s = $0
	sub(/^\.\\" test: /, "", s)
	directive(s)
	next
}
/^\.Dl / {
	open_block()
	add_line(unroff(unquote(substr($0, 5))))
	close_block()
	next
}
/^\.Bd .*-literal/ {
	block = 1
	open_block()
	next
}
/^\.Ed/ {
	block = 0
	close_block()
	next
}
block && !/^\./ {
	add_line(unroff($0))
}

END {
	if (bad)
		exit 1
	if (block || other)
		fail("a block without an end")
	printf "examples_done %d\n", n_blocks
}
