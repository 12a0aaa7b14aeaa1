#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "bulla/when.h"

static bool
parse(const char *s, int64_t *t)
{
	struct bulla_cur c = bulla_cur_str(s);

	return bulla_when_parse(&c, t);
}

Test(when, known_times)
{
	static const struct {
		int64_t t;
		const char *s;
	} v[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ 1, "1970-01-01T00:00:01Z" },
		{ 951782400, "2000-02-29T00:00:00Z" },
		{ 951868799, "2000-02-29T23:59:59Z" },
		{ 951868800, "2000-03-01T00:00:00Z" },
		{ 2147483648, "2038-01-19T03:14:08Z" },
		{ 4107542400, "2100-03-01T00:00:00Z" },
		{ 1795316645, "2026-11-22T03:04:05Z" },
		{ BULLA_WHEN_MAX, "9999-12-31T23:59:59Z" },
	};
	char out[BULLA_WHEN_LEN + 1];
	int64_t t;

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		bulla_when_text(v[i].t, out);
		cr_assert_str_eq(out, v[i].s);
		cr_assert(parse(v[i].s, &t), "%s", v[i].s);
		cr_assert_eq(t, v[i].t, "%s", v[i].s);
	}
}

/* A step that is no divisor of the day, so that every field moves. */
Test(when, agrees_with_the_c_library_and_comes_back)
{
	char ours[BULLA_WHEN_LEN + 1], theirs[40];
	int64_t back;

	for (int64_t t = 0; t <= BULLA_WHEN_MAX; t += 86400 * 3 - 7919) {
		time_t tt = (time_t)t;
		struct tm tm;

		bulla_when_text(t, ours);
		cr_assert_not_null(gmtime_r(&tt, &tm));
		(void)strftime(theirs, sizeof(theirs), "%Y-%m-%dT%H:%M:%SZ",
		    &tm);
		if (strcmp(ours, theirs) != 0 || !parse(ours, &back) ||
		    back != t)
			cr_assert_fail("%s, %s", ours, theirs);
	}
}

Test(when, refuses_other_forms)
{
	static const char *const bad[] = {
		"", "2026-11-22", "2026-11-22T03:04:05", "2026-11-22T03:04Z",
		"2026-11-22T03:04:05z", "2026-11-22t03:04:05Z",
		"2026-11-22 03:04:05Z", "2026-11-22T03:04:05+00:00",
		"2026-11-22T03:04:05.0Z", "2026-11-22T03:04:05Z ",
		" 2026-11-22T03:04:05Z", "2026-11-22T03:04:05Z\n",
		"2026-11-22T03:04:05ZZ", "2026/11/22T03:04:05Z",
		"2026-11-22T03-04-05Z", "2026-11-22T03:04:60Z",
		"2026-11-22T03:60:05Z", "2026-11-22T24:00:00Z",
		"2026-00-22T03:04:05Z", "2026-13-22T03:04:05Z",
		"2026-11-00T03:04:05Z", "2026-11-31T03:04:05Z",
		"2026-01-32T03:04:05Z", "2026-04-31T03:04:05Z",
		"2026-06-31T03:04:05Z", "2026-09-31T03:04:05Z",
		"2026-02-29T03:04:05Z", "2024-02-30T03:04:05Z",
		"2100-02-29T03:04:05Z", "1969-12-31T23:59:59Z",
		"0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z",
		"-026-11-22T03:04:05Z", "+026-11-22T03:04:05Z",
		"2026-1-22T03:04:05Z", "2026-11-2 T03:04:05Z",
		"202a-11-22T03:04:05Z", "2026-11-22T0:04:05ZZ",
	};
	int64_t t = 42;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_not(parse(bad[i], &t), "'%s'", bad[i]);
	cr_assert_eq(t, 42);
}

Test(when, refuses_every_truncation_and_every_other_byte)
{
	static const char good[] = "2026-11-22T03:04:05Z";
	char s[sizeof(good)];
	int64_t t;

	for (size_t n = 0; n < BULLA_WHEN_LEN; n++) {
		struct bulla_cur c = bulla_cur_of(good, n);

		cr_assert_not(bulla_when_parse(&c, &t));
		memcpy(s, good, sizeof(s));
		s[n] = 'x';
		cr_assert_not(parse(s, &t), "%s", s);
		s[n] = '/';	/* the byte before '0' */
		cr_assert_not(parse(s, &t), "%s", s);
		s[n] = good[n] == ':' ? '-' : ':';	/* the one after '9' */
		cr_assert_not(parse(s, &t), "%s", s);
	}
}

Test(when, last_days_of_months)
{
	int64_t t;

	cr_assert(parse("2024-02-29T00:00:00Z", &t));
	cr_assert(parse("2000-02-29T00:00:00Z", &t));
	cr_assert(parse("2023-02-28T00:00:00Z", &t));
	cr_assert(parse("2023-01-31T00:00:00Z", &t));
	cr_assert(parse("2023-04-30T00:00:00Z", &t));
	cr_assert(parse("2023-12-31T23:59:59Z", &t));
}

Test(when, negative_time_is_a_mistake_of_ours, .signal = SIGABRT)
{
	char out[BULLA_WHEN_LEN + 1];

	bulla_when_text(-1, out);
}

Test(when, year_10000_is_a_mistake_of_ours, .signal = SIGABRT)
{
	char out[BULLA_WHEN_LEN + 1];

	bulla_when_text(BULLA_WHEN_MAX + 1, out);
}

Test(when, what_ends_is_said_30_days_ahead)
{
	static const struct {
		int64_t left;
		const char *text;	/* NULL: nothing is said */
	} v[] = {
		{ 30 * 86400, NULL }, { 31 * 86400, NULL },
		{ 30 * 86400 - 1, "ends in 29 days (2026-11-22)" },
		{ 2 * 86400 - 1, "ends in 1 day (2026-11-22)" },
		{ 86400 - 1, "ends today (2026-11-22T03:04:05Z)" },
		{ 1, "ends today (2026-11-22T03:04:05Z)" },
		{ 0, "ended on 2026-11-22" },
		{ -86400 * 900, "ended on 2026-11-22" },
	};
	const int64_t until = 1795316645;
	char out[BULLA_WHEN_ENDS_LEN];

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		cr_assert_eq(bulla_when_ends(until, until - v[i].left, out),
		    v[i].text != NULL, "%zu", i);
		if (v[i].text != NULL)
			cr_assert_str_eq(out, v[i].text);
	}
	cr_assert_not(bulla_when_ends(INT64_MAX, until, out));
}

Test(when, why_not)
{
	static const char *const v[][2] = {
		{ "tomorrow", "begin with a year" },
		{ "22.11.2026", "begin with a year" },
		{ "", "begin with a year" },
		{ "1969-12-31T23:59:59Z", "1970 to 9999" },
		{ "2026", "the month is missing" },
		{ "2026-1-22T03:04:05Z", "month is not two digits" },
		{ "2026-13-22T03:04:05Z", "01 to 12" },
		{ "2026-11", "the day is missing" },
		{ "20261122T030405Z", "not parted by -" },
		{ "2026-11-32T03:04:05Z", "01 to 31" },
		{ "2026-11-31T03:04:05Z", "no such day" },
		{ "2026-02-29T03:04:05Z", "no such day" },
		{ "2026-11-22", "time of day is missing" },
		{ "2026-11-22 03:04:05Z", "capital T" },
		{ "2026-11-22t03:04:05Z", "capital T" },
		{ "2026-11-22T24:00:00Z", "00 to 23" },
		{ "2026-11-22T3:04:05Z", "hour is not two digits" },
		{ "2026-11-22T03Z", "minutes are missing" },
		{ "2026-11-22T03.04.05Z", "parted by :" },
		{ "2026-11-22T03:60:05Z", "minute is not one" },
		{ "2026-11-22T03:04Z", "seconds are missing" },
		{ "2026-11-22T03:04+01:00", "seconds are missing" },
		{ "2026-11-22T03:04:60Z", "second is not one" },
		{ "2026-11-22T03:04:05", "the Z at its end" },
		{ "2026-11-22T03:04:05z", "capital Z" },
		{ "2026-11-22T03:04:05.5Z", "fractions" },
		{ "2026-11-22T03:04:05+02:00", "an offset" },
		{ "2026-11-22T03:04:05Z ", "stands behind it" },
	};
	struct bulla_cur c;
	int64_t t;

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		c = bulla_cur_str(v[i][0]);
		cr_assert(!parse(v[i][0], &t), "%s", v[i][0]);
		cr_assert_not_null(bulla_when_why(&c), "%s", v[i][0]);
		cr_assert_not_null(strstr(bulla_when_why(&c), v[i][1]),
		    "%s: %s", v[i][0], bulla_when_why(&c));
	}
	c = bulla_cur_str("2024-02-29T23:59:59Z");
	cr_assert_null(bulla_when_why(&c));
}

Test(when, how_long_it_is)
{
	enum { H = 3600, D = 86400 };
	static const struct {
		int64_t secs;
		const char *text;
	} v[] = {
		{ -D, "less than a minute" }, { 0, "less than a minute" },
		{ 59, "less than a minute" }, { 60, "1 minute" },
		{ 119, "1 minute" }, { 120, "2 minutes" },
		{ H - 1, "59 minutes" }, { H, "1 hour" },
		{ 2 * H - 1, "1 hour" }, { 23 * H, "23 hours" },
		{ D, "24 hours" }, { 2 * D - 1, "47 hours" },
		{ 2 * D, "2 days" }, { 2 * D + H - 1, "2 days" },
		{ 2 * D + H, "2 days 1 hour" }, { 7 * D, "7 days" },
		{ 7 * D + 3 * H, "7 days 3 hours" },
		{ 30 * D - 1, "29 days 23 hours" }, { 30 * D, "30 days" },
		{ 30 * D + 5 * H, "30 days" }, { 400 * D, "400 days" },
		{ INT64_MAX, "106751991167300 days" },
	};
	char out[BULLA_WHEN_SPAN_LEN];

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		cr_assert_str_eq(bulla_when_span(v[i].secs, out), v[i].text);
	cr_assert_str_eq(bulla_when_span(INT64_MIN, out),
	    "less than a minute");
}
