#include <criterion/criterion.h>
#include <string.h>

#include "when_kit.h"

#include "bulla/agreement.h"

/* Expectations are worked out by hand: the weekday stands beside each date. */
#define SAT_SUN 0x60u

static struct bulla_duration
dur(const char *text)
{
	struct bulla_cur c = bulla_cur_str(text);
	struct bulla_duration d = { 0 };

	cr_assert(bulla_duration_parse(&c, &d), "%s", text);
	return d;
}

static void
expect_end(const struct bulla_calendar *cal, const char *start,
    const char *duration, const struct bulla_stop *stops, size_t n,
    const char *want)
{
	struct bulla_duration d = dur(duration);
	char got[BULLA_WHEN_LEN + 1];
	int64_t t = bulla_duration_end(&d, cal, at(start), stops, n);

	bulla_when_text(t, got);
	cr_expect_str_eq(got, want, "%s from %s: %s, want %s", duration,
	    start, got, want);
}

Test(calendar, durations_have_one_spelling)
{
	static const char *const bad[] = { "", "0h", "01h", "10000h", "h",
	    "5 h", "5H", "5w", "wd", "5dd", "-1d", "--", "5", "+5d", "5wdd",
	    "1.5h", "999999999999999999999h" };
	struct bulla_buf b = BULLA_BUF_INIT(100);
	struct bulla_duration d = { BULLA_DAYS, 7 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct bulla_cur c = bulla_cur_str(bad[i]);

		cr_expect_not(bulla_duration_parse(&c, &d), "%s", bad[i]);
	}
	cr_expect(d.unit == BULLA_DAYS && d.n == 7, "left as it was");
	d = dur("9999wd");
	cr_expect(d.unit == BULLA_WORKDAYS && d.n == 9999);
	bulla_duration_put(&b, &d);
	d = dur("1h");
	bulla_duration_put(&b, &d);
	d = dur("30d");
	bulla_duration_put(&b, &d);
	d = dur("-");
	bulla_duration_put(&b, &d);
	cr_expect_str_eq(bulla_buf_cstr(&b), "9999wd1h30d-");
	bulla_buf_free(&b);
}

Test(calendar, days_have_one_spelling)
{
	static const char *const bad[] = { "2026-02-29", "2026-13-01",
	    "1969-12-31", "2026-1-01", "2026-01-1", "2026-01-01T", "",
	    "10000-01-01" };
	struct bulla_cur c;
	char text[11];
	int64_t day = -7;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		c = bulla_cur_str(bad[i]);
		cr_expect_not(bulla_day_parse(&c, &day), "%s", bad[i]);
	}
	cr_expect_eq(day, -7);
	c = bulla_cur_str("1970-01-02");
	cr_assert(bulla_day_parse(&c, &day) && day == 1);
	c = bulla_cur_str("2028-02-29");
	cr_assert(bulla_day_parse(&c, &day));
	bulla_day_text(day, text);
	cr_expect_str_eq(text, "2028-02-29");
}

Test(calendar, hours_and_days_are_plain_time)
{
	expect_end(NULL, "2026-11-20T15:00:00Z", "1h", NULL, 0,
	    "2026-11-20T16:00:00Z");
	expect_end(NULL, "2026-11-20T15:00:00Z", "10d", NULL, 0,
	    "2026-11-30T15:00:00Z");
	/* over a leap day, and where there is none */
	expect_end(NULL, "2028-02-15T00:00:00Z", "30d", NULL, 0,
	    "2028-03-16T00:00:00Z");
	expect_end(NULL, "2027-02-15T00:00:00Z", "30d", NULL, 0,
	    "2027-03-17T00:00:00Z");
	expect_end(NULL, "9999-12-31T00:00:00Z", "9999d", NULL, 0,
	    "9999-12-31T23:59:59Z");
}

Test(calendar, weekends_do_not_count)
{
	const struct bulla_calendar utc = { .weekend = SAT_SUN };

	/* Friday: 9 h of it, then 15 h of Monday */
	expect_end(&utc, "2026-11-20T15:00:00Z", "1wd", NULL, 0,
	    "2026-11-23T15:00:00Z");
	expect_end(&utc, "2026-11-20T15:00:00Z", "5wd", NULL, 0,
	    "2026-11-27T15:00:00Z");
	/* Saturday and Sunday count as Monday at midnight */
	expect_end(&utc, "2026-11-21T12:00:00Z", "1wd", NULL, 0,
	    "2026-11-24T00:00:00Z");
	expect_end(&utc, "2026-11-22T23:59:59Z", "1wd", NULL, 0,
	    "2026-11-24T00:00:00Z");
	/* the end of Friday is the end, not Monday */
	expect_end(&utc, "2026-11-23T00:00:00Z", "5wd", NULL, 0,
	    "2026-11-28T00:00:00Z");
	/* hours and days do not care */
	expect_end(&utc, "2026-11-20T15:00:00Z", "1d", NULL, 0,
	    "2026-11-21T15:00:00Z");
}

Test(calendar, the_day_is_that_of_the_side)
{
	const struct bulla_calendar east = { 480, SAT_SUN, NULL, 0 };
	const struct bulla_calendar west = { -300, SAT_SUN, NULL, 0 };
	/* Friday and Saturday are free */
	const struct bulla_calendar other = { 210, 0x30, NULL, 0 };

	/* Friday 23:30 there: half an hour, the rest on Monday */
	expect_end(&east, "2026-11-20T15:30:00Z", "1wd", NULL, 0,
	    "2026-11-23T15:30:00Z");
	/* Saturday 00:30 there: Monday there begins Sunday 16:00 UTC */
	expect_end(&east, "2026-11-20T16:30:00Z", "1wd", NULL, 0,
	    "2026-11-23T16:00:00Z");
	/* Saturday 02:00 UTC is Friday 21:00 there: 3 h, then 21 h */
	expect_end(&west, "2026-11-21T02:00:00Z", "1wd", NULL, 0,
	    "2026-11-24T02:00:00Z");
	/* Thursday 12:30 there: 11:30 h, then Sunday until 12:30 */
	expect_end(&other, "2026-11-19T09:00:00Z", "1wd", NULL, 0,
	    "2026-11-22T09:00:00Z");
	/* 1970-01-01 was a Thursday: 5 h east of it, the day before in UTC */
	expect_end(&west, "1970-01-01T00:00:00Z", "1wd", NULL, 0,
	    "1970-01-02T00:00:00Z");
}

Test(calendar, holidays_year_ends_and_the_leap_day)
{
	static const char *const dates[] = { "2026-12-25", "2027-01-01",
	    "2028-02-29" };
	int64_t day[3];
	const struct bulla_calendar cal = { 0, SAT_SUN, day, 3 };
	const struct bulla_calendar no_leap = { 0, SAT_SUN, day, 2 };

	for (size_t i = 0; i < 3; i++) {
		struct bulla_cur c = bulla_cur_str(dates[i]);

		cr_assert(bulla_day_parse(&c, &day[i]));
	}
	/*
	 * Thursday 14 h, Friday is a holiday, Monday, Tuesday, Wednesday 10 h
	 */
	expect_end(&cal, "2026-12-24T10:00:00Z", "3wd", NULL, 0,
	    "2026-12-30T10:00:00Z");
	/* ... Thursday, New Year's Friday, the weekend, Monday, Tuesday 10 h */
	expect_end(&cal, "2026-12-24T10:00:00Z", "6wd", NULL, 0,
	    "2027-01-05T10:00:00Z");
	/* 2028-02-29 is a Tuesday */
	expect_end(&cal, "2028-02-28T12:00:00Z", "1wd", NULL, 0,
	    "2028-03-01T12:00:00Z");
	expect_end(&no_leap, "2028-02-28T12:00:00Z", "1wd", NULL, 0,
	    "2028-02-29T12:00:00Z");
}

Test(calendar, stops_move_the_end)
{
	const struct bulla_calendar utc = { .weekend = SAT_SUN };
	struct bulla_stop s[2] = {
		{ at("2026-11-20T16:00:00Z"), at("2026-11-20T18:00:00Z") },
		{ at("2026-11-20T22:00:00Z"), at("2026-11-21T00:00:00Z") },
	};

	/* 1 h, 2 h stopped, 4 h, 2 h stopped, 3 h */
	expect_end(NULL, "2026-11-20T15:00:00Z", "8h", s, 2,
	    "2026-11-21T03:00:00Z");
	/* reached before the second one */
	expect_end(NULL, "2026-11-20T15:00:00Z", "5h", s, 2,
	    "2026-11-20T22:00:00Z");
	/* Friday 1 + 4 h count, so 19 h of Monday are left */
	expect_end(&utc, "2026-11-20T15:00:00Z", "1wd", s, 2,
	    "2026-11-23T19:00:00Z");
	/* a stop over a weekend costs no working time but its Friday's */
	s[0] = (struct bulla_stop){ at("2026-11-20T20:00:00Z"),
	    at("2026-11-23T00:00:00Z") };
	expect_end(&utc, "2026-11-20T15:00:00Z", "1wd", s, 1,
	    "2026-11-23T19:00:00Z");
	/* it still stands */
	s[0] = (struct bulla_stop){ at("2026-11-20T16:00:00Z"), INT64_MAX };
	cr_expect_eq(bulla_duration_end(&(struct bulla_duration){
	    BULLA_HOURS, 8 }, NULL, at("2026-11-20T15:00:00Z"), s, 1), 0);
	expect_end(NULL, "2026-11-20T15:00:00Z", "1h", s, 1,
	    "2026-11-20T16:00:00Z");
}

Test(calendar, what_counts_between_two_times)
{
	const struct bulla_calendar utc = { .weekend = SAT_SUN };
	int64_t fri = at("2026-11-20T15:00:00Z");
	int64_t tue = at("2026-11-24T01:00:00Z");

	cr_expect_eq(bulla_duration_counted(BULLA_WORKDAYS, &utc, fri, tue),
	    (9 + 24 + 1) * 3600);
	cr_expect_eq(bulla_duration_counted(BULLA_HOURS, NULL, fri, tue),
	    tue - fri);
	cr_expect_eq(bulla_duration_counted(BULLA_WORKDAYS, &utc, tue, fri),
	    0);
}
