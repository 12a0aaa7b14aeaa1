# metrics.awk: is this a page of the Prometheus text format 0.0.4? Stricter
# than it: HELP, TYPE, then the samples of one family, each family once; a
# name has its unit, counters end in _total; labels and values are plain.
function bad(why) {
	print FILENAME ":" FNR ": " why ": " $0
	n_bad++
}
/^# HELP / {
	if ($0 !~ /^# HELP [a-z_][a-z0-9_]* .+\.$/ || ($3 in seen))
		bad("HELP")
	seen[$3] = 1
	helped = $3
	next
}
/^# TYPE / {
	if (NF != 4 || $4 !~ /^(counter|gauge|summary)$/ || $3 != helped)
		bad("TYPE")
	name = $3
	type = $4
	if ((type == "counter") != (name ~ /_total$/))
		bad("name of a " type)
	next
}
{
	sample = $1
	sub(/\{.*/, "", sample)
	base = sample
	if (type == "summary")
		sub(/_(sum|count)$/, "", base)
	if (base != name)
		bad("not of the family above")
	if ($0 !~ /^[a-z_][a-z0-9_]*(\{[a-z_]+="[A-Za-z0-9._-]*"\})? [0-9]+(\.[0-9]+)?$/)
		bad("sample")
	if ($1 in values)
		bad("twice")
	values[$1] = $2
	n++
}
END {
	if (n < 20)
		bad("only " n " samples")
	exit n_bad > 0
}
