#!/bin/sh
# Functions that have no place here. In all code: those that cannot be used
# safely on bytes from outside. In lib/ also: those that print or end the
# process, since a library does neither (abort is in one place, err.c).
set -u
cd "$(dirname "$0")/../.." || exit 3
find lib cmd include fuzz tests -name '*.[ch]' | sort | xargs awk '
BEGIN {
	split("sprintf vsprintf strcpy strcat stpcpy strncpy strncat strtok " \
	    "strtok_r atoi atol atoll atof gets alloca strdupa strndupa " \
	    "mktemp tmpnam tempnam tmpfile scanf sscanf fscanf system popen " \
	    "getwd rand random srand setjmp longjmp vfork", everywhere, " ")
	split("printf vprintf puts putchar putc fputs fputc fprintf vfprintf " \
	    "dprintf vdprintf perror psignal warn warnx vwarn err errx exit " \
	    "_exit abort", library, " ")
	for (i in everywhere)
		banned[everywhere[i]] = "anywhere"
	tests["system"] = tests["popen"] = tests["fscanf"] = 1
	for (i in library)
		in_lib[library[i]] = "in lib"
	ok["lib/base/err.c", "fprintf"] = ok["lib/base/err.c", "abort"] = 1
}
function offence(what) {
	print FILENAME ":" FNR ": " what
	bad++
}
# Leave out comments and the contents of strings
function code(s,    out, c, i, n, q) {
	n = length(s)
	for (i = 1; i <= n; i++) {
		c = substr(s, i, 1)
		if (comment) {
			if (c == "*" && substr(s, i + 1, 1) == "/") {
				comment = 0
				i++
			}
		} else if (q != "") {
			if (c == "\\")
				i++
			else if (c == q)
				q = ""
		} else if (c == "/" && substr(s, i + 1, 1) == "*") {
			comment = 1
			i++
		} else if (c == "\"" || c == "\047") {
			q = c
			out = out "\"\""
		} else {
			out = out c
		}
	}
	return out
}
FNR == 1 {
	files++
	comment = 0
}
{
	line = code($0)
	while (match(line, /[A-Za-z_][A-Za-z0-9_]*[ \t]*\(/)) {
		name = substr(line, RSTART, RLENGTH - 1)
		sub(/[ \t]*$/, "", name)
		before = substr(line, 1, RSTART - 1)
		line = substr(line, RSTART + RLENGTH)
		if (before ~ /(\.|->)$/)
			continue	# a member of that name
		if (name in banned && !(FILENAME ~ /^tests\// && name in tests))
			offence(name " is banned")
		else if (FILENAME ~ /^lib\// && name in in_lib &&
		    !((FILENAME, name) in ok))
			offence(name " is banned in lib")
	}
}
END {
	print "COUNT banned " files + 0 " " bad + 0
	exit bad > 0 || files == 0
}' || exit 1
