#include "bulla/when.h"

/* Why a text is no time: what a person has to change in it. */

struct part {
	unsigned digits;
	int least, most;
	const char *ill, *after;	/* ill-formed; what parts it */
	const char *none;		/* no such value */
	const char *short_of;		/* the text ends before it; or NULL */
};

static const struct part parts[] = {
	{ 4, 1970, 9999, "it does not begin with a year of four digits", "-",
	    "its year is not one of 1970 to 9999", NULL },
	{ 2, 1, 12, "its month is not two digits", "-", "its month is not "
	    "one of 01 to 12", "the month is missing" },
	{ 2, 1, 31, "its day is not two digits", "T", "its day is not one of "
	    "01 to 31", "the day is missing" },
	{ 2, 0, 23, "its hour is not two digits", ":", "its hour is not one "
	    "of 00 to 23", "the time of day is missing" },
	{ 2, 0, 59, "its minute is not two digits", ":", "its minute is not "
	    "one of 00 to 59", "the minutes are missing" },
	{ 2, 0, 59, "its second is not two digits", "Z", "its second is not "
	    "one of 00 to 59", "the seconds are missing" },
};
#define N_PARTS (sizeof(parts) / sizeof(parts[0]))

static bool
digits(struct bulla_cur *c, unsigned n, int *out)
{
	int v = 0;
	uint8_t d;

	for (unsigned i = 0; i < n; i++) {
		if (!bulla_cur_u8(c, &d) || d < '0' || d > '9')
			return false;
		v = v * 10 + (d - '0');
	}
	*out = v;
	return true;
}

/* What stands where the Z should: in which zone is it? */
static const char *
zone(const struct bulla_cur *c)
{
	if (bulla_cur_done(c))
		return "the Z at its end is missing, which says that it is in "
		    "UTC";
	if (c->p[0] == '+' || c->p[0] == '-')
		return "it has an offset, and must be in UTC, with a Z at "
		    "its end";
	if (c->p[0] == '.' || c->p[0] == ',')
		return "it has fractions of a second";
	return "it must end with a capital Z, for UTC";
}

static const char *
parted(size_t i, const struct bulla_cur *c)
{
	if (i + 1 == N_PARTS)
		return zone(c);
	if (bulla_cur_done(c))
		return parts[i + 1].short_of;
	if (parts[i].after[0] == 'T')
		return "between day and time stands no capital T";
	if (i >= 3 && (c->p[0] == 'Z' || c->p[0] == '+' || c->p[0] == '-'))
		return parts[i + 1].short_of;
	return parts[i].after[0] == ':' ? "hours, minutes and seconds are not "
	    "parted by :" : "year, month and day are not parted by -";
}

const char *
bulla_when_why(const struct bulla_cur *text)
{
	struct bulla_cur c = *text;
	int64_t when;
	int v;

	if (bulla_when_parse(text, &when))
		return NULL;
	for (size_t i = 0; i < N_PARTS; i++) {
		if (i > 0 && bulla_cur_done(&c))
			return parts[i].short_of;
		if (!digits(&c, parts[i].digits, &v))
			return parts[i].ill;
		if (v < parts[i].least || v > parts[i].most)
			return parts[i].none;
		if (!bulla_cur_eat_str(&c, parts[i].after))
			return parted(i, &c);
	}
	return bulla_cur_done(&c) ? "its month has no such day" :
	    "something stands behind it";
}
