#include <stdio.h>

#include "bulla/when.h"

#define DAY 86400
#define ERA_DAYS 146097		/* days of 400 years */
#define EPOCH_SHIFT 719468	/* days from 0000-03-01 to 1970-01-01 */

struct date {
	int64_t year;
	int month, day;		/* 1..12, 1..31 */
};

/*
 * The proleptic Gregorian calendar, counted in years that begin in March so
 * that the leap day is a year's last: the month lengths from March on then
 * follow (153 m + 2) / 5. Not gmtime(3): its result depends on the system's
 * time zone data where that counts leap seconds.
 */
static int64_t
days_of(const struct date *d)
{
	int64_t y = d->month > 2 ? d->year : d->year - 1;
	int64_t m = d->month > 2 ? d->month - 3 : d->month + 9;
	int64_t in_era = y % 400;
	int64_t day = (153 * m + 2) / 5 + d->day - 1;

	return y / 400 * ERA_DAYS + in_era * 365 + in_era / 4 - in_era / 100 +
	    day - EPOCH_SHIFT;
}

static struct date
date_of(int64_t days)
{
	int64_t shifted = days + EPOCH_SHIFT;
	int64_t in_era = shifted % ERA_DAYS;
	int64_t y = (in_era - in_era / 1460 + in_era / 36524 -
	    in_era / 146096) / 365;
	int64_t in_year = in_era - (365 * y + y / 4 - y / 100);
	int64_t m = (5 * in_year + 2) / 153;
	struct date d;

	d.day = (int)(in_year - (153 * m + 2) / 5 + 1);
	d.month = (int)(m < 10 ? m + 3 : m - 9);
	d.year = y + shifted / ERA_DAYS * 400 + (d.month <= 2 ? 1 : 0);
	return d;
}

/* Exactly width digits, zeros in front. */
static void
put_digits(char *out, int64_t v, int width)
{
	for (int i = width - 1; i >= 0; i--) {
		out[i] = (char)('0' + v % 10);
		v /= 10;
	}
}

void
bulla_when_text(int64_t t, char out[BULLA_WHEN_LEN + 1])
{
	static const char shape[BULLA_WHEN_LEN + 1] = "0000-00-00T00:00:00Z";
	struct date d;
	int64_t s;

	BULLA_CHECK(t >= 0 && t <= BULLA_WHEN_MAX);
	d = date_of(t / DAY);
	s = t % DAY;
	for (unsigned i = 0; i <= BULLA_WHEN_LEN; i++)
		out[i] = shape[i];
	put_digits(out, d.year, 4);
	put_digits(out + 5, d.month, 2);
	put_digits(out + 8, d.day, 2);
	put_digits(out + 11, s / 3600, 2);
	put_digits(out + 14, s / 60 % 60, 2);
	put_digits(out + 17, s % 60, 2);
}

/* Exactly n digits, zeros in front allowed, in lo..hi. */
static bool
take_digits(struct bulla_cur *c, size_t n, int64_t lo, int64_t hi,
    int64_t *out)
{
	struct bulla_cur digits;
	int64_t v = 0;

	if (!bulla_cur_take(c, n, &digits))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return false;
		v = v * 10 + (digits.p[i] - '0');
	}
	*out = v;
	return v >= lo && v <= hi;
}

static int
days_in_month(int64_t year, int month)
{
	static const int days[] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
	};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month == 2 && leap ? 29 : days[month - 1];
}

bool
bulla_when_parse(const struct bulla_cur *text, int64_t *out)
{
	struct bulla_cur c = *text;
	int64_t year, month, day, h, m, s;
	struct date d;

	if (!take_digits(&c, 4, 1970, 9999, &year) ||
	    !bulla_cur_eat_str(&c, "-") ||
	    !take_digits(&c, 2, 1, 12, &month) ||
	    !bulla_cur_eat_str(&c, "-") ||
	    !take_digits(&c, 2, 1, 31, &day) ||
	    !bulla_cur_eat_str(&c, "T") ||
	    !take_digits(&c, 2, 0, 23, &h) || !bulla_cur_eat_str(&c, ":") ||
	    !take_digits(&c, 2, 0, 59, &m) || !bulla_cur_eat_str(&c, ":") ||
	    !take_digits(&c, 2, 0, 59, &s) || !bulla_cur_eat_str(&c, "Z") ||
	    !bulla_cur_done(&c))
		return false;
	d = (struct date){ year, (int)month, (int)day };
	if (d.day > days_in_month(d.year, d.month))
		return false;
	*out = days_of(&d) * DAY + h * 3600 + m * 60 + s;
	return true;
}

bool
bulla_when_ends(int64_t until, int64_t now, char out[BULLA_WHEN_ENDS_LEN])
{
	char text[BULLA_WHEN_LEN + 1];
	int64_t left = (until - now) / DAY;

	if (until > now && left >= BULLA_WHEN_WARN_DAYS)
		return false;
	bulla_when_text(until < 0 ? 0 : until, text);
	if (until <= now)
		(void)snprintf(out, BULLA_WHEN_ENDS_LEN, "ended on %.10s",
		    text);
	else if (left == 0)
		(void)snprintf(out, BULLA_WHEN_ENDS_LEN, "ends today (%s)",
		    text);
	else
		(void)snprintf(out, BULLA_WHEN_ENDS_LEN,
		    "ends in %d day%s (%.10s)", (int)left,
		    left == 1 ? "" : "s", text);
	return true;
}

static const char *
some(int64_t n, const char *unit, char out[BULLA_WHEN_SPAN_LEN])
{
	(void)snprintf(out, BULLA_WHEN_SPAN_LEN, "%lld %s%s", (long long)n,
	    unit, n == 1 ? "" : "s");
	return out;
}

const char *
bulla_when_span(int64_t secs, char out[BULLA_WHEN_SPAN_LEN])
{
	int64_t hours = secs / 3600, days = secs / DAY, rest = hours % 24;

	if (secs < 60) {
		(void)snprintf(out, BULLA_WHEN_SPAN_LEN, "less than a minute");
		return out;
	}
	if (hours == 0)
		return some(secs / 60, "minute", out);
	if (days < 2)
		return some(hours, "hour", out);
	if (days >= 30 || rest == 0)
		return some(days, "day", out);
	(void)snprintf(out, BULLA_WHEN_SPAN_LEN, "%lld days %lld hour%s",
	    (long long)days, (long long)rest, rest == 1 ? "" : "s");
	return out;
}
