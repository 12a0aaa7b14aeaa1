#include <stdio.h>
#include <string.h>

#include "bulla/agreement.h"
#include "bulla/num.h"
#include "bulla/when.h"

#define HOUR INT64_C(3600)
#define DAY INT64_C(86400)
#define MONDAY 3	/* 1970-01-01 was a Thursday: 3 days after one */

static const struct {
	const char *text;
	enum bulla_duration_unit unit;
} units[] = {
	{ "wd", BULLA_WORKDAYS }, { "d", BULLA_DAYS }, { "h", BULLA_HOURS },
};
#define N_UNITS (sizeof(units) / sizeof(units[0]))

bool
bulla_duration_parse(const struct bulla_cur *text, struct bulla_duration *out)
{
	struct bulla_cur digits = *text;
	uint64_t n;

	if (bulla_cur_is(text, "-")) {
		*out = (struct bulla_duration){ BULLA_NO_TIME, 0 };
		return true;
	}
	for (size_t i = 0; i < N_UNITS; i++) {
		size_t len = strlen(units[i].text);
		struct bulla_cur end;

		if (text->len <= len)
			continue;
		end = bulla_cur_of(text->p + text->len - len, len);
		if (!bulla_cur_is(&end, units[i].text))
			continue;
		digits.len = text->len - len;
		if (!bulla_num_u64(&digits, BULLA_DURATION_MAX, &n) || n == 0)
			return false;
		*out = (struct bulla_duration){ units[i].unit, (uint32_t)n };
		return true;
	}
	return false;
}

void
bulla_duration_put(struct bulla_buf *b, const struct bulla_duration *d)
{
	if (d->unit == BULLA_NO_TIME) {
		bulla_buf_str(b, "-");
		return;
	}
	BULLA_CHECK(d->n > 0 && d->n <= BULLA_DURATION_MAX);
	bulla_buf_dec(b, d->n);
	for (size_t i = 0; i < N_UNITS; i++) {
		if (units[i].unit == d->unit)
			bulla_buf_str(b, units[i].text);
	}
}

bool
bulla_day_parse(const struct bulla_cur *text, int64_t *out)
{
	char when[BULLA_WHEN_LEN + 1];
	struct bulla_cur c;
	int64_t t;

	if (text->len != 10)
		return false;
	(void)snprintf(when, sizeof(when), "%.10sT00:00:00Z",
	    (const char *)text->p);
	c = bulla_cur_str(when);
	if (!bulla_when_parse(&c, &t))
		return false;
	*out = t / DAY;
	return true;
}

void
bulla_day_text(int64_t day, char out[11])
{
	char when[BULLA_WHEN_LEN + 1];

	bulla_when_text(day * DAY, when);
	memcpy(out, when, 10);
	out[10] = '\0';
}

/* Of the side's own days: t / DAY rounded down, also before 1970. */
static int64_t
local_day(const struct bulla_calendar *cal, int64_t t)
{
	int64_t s = t + cal->offset * INT64_C(60);

	return s >= 0 ? s / DAY : -((-s + DAY - 1) / DAY);
}

static bool
works(const struct bulla_calendar *cal, int64_t day)
{
	size_t lo = 0, hi = cal->n_holidays;

	if (cal->weekend >> ((day % 7 + 7 + MONDAY) % 7) & 1)
		return false;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (cal->holiday[mid] == day)
			return false;
		if (cal->holiday[mid] < day)
			lo = mid + 1;
		else
			hi = mid;
	}
	return true;
}

static int64_t
day_begins(const struct bulla_calendar *cal, int64_t day)
{
	return day * DAY - cal->offset * INT64_C(60);
}

int64_t
bulla_duration_counted(enum bulla_duration_unit unit,
    const struct bulla_calendar *cal, int64_t from, int64_t until)
{
	int64_t sum = 0;

	if (until <= from)
		return 0;
	if (unit != BULLA_WORKDAYS)
		return until - from;
	BULLA_CHECK(cal != NULL);
	while (from < until) {
		int64_t day = local_day(cal, from);
		int64_t end = day_begins(cal, day + 1);

		end = end < until ? end : until;
		if (works(cal, day))
			sum += end - from;
		from = end;
	}
	return sum;
}

/* The first moment at which this many seconds have counted. */
static int64_t
advance(enum bulla_duration_unit unit, const struct bulla_calendar *cal,
    int64_t t, int64_t seconds)
{
	if (unit != BULLA_WORKDAYS)
		return t + seconds;
	while (t < BULLA_WHEN_MAX) {
		int64_t day = local_day(cal, t), end = day_begins(cal, day + 1);

		if (works(cal, day)) {
			if (seconds <= end - t)
				return t + seconds;
			seconds -= end - t;
		}
		t = end;
	}
	return t;
}

int64_t
bulla_duration_end(const struct bulla_duration *d,
    const struct bulla_calendar *cal, int64_t start,
    const struct bulla_stop *stops, size_t n_stops)
{
	int64_t left = d->n * (d->unit == BULLA_HOURS ? HOUR : DAY);
	int64_t t = start;

	BULLA_CHECK(d->unit != BULLA_NO_TIME);
	BULLA_CHECK(d->unit != BULLA_WORKDAYS || cal != NULL);
	for (size_t i = 0; i < n_stops; i++) {
		const struct bulla_stop *s = &stops[i];
		int64_t ran;

		if (s->until <= t)
			continue;
		ran = bulla_duration_counted(d->unit, cal, t, s->from);
		if (ran >= left)
			break;
		if (s->until == INT64_MAX)
			return 0;
		left -= ran;
		t = s->until;
	}
	t = advance(d->unit, cal, t, left);
	return t < BULLA_WHEN_MAX ? t : BULLA_WHEN_MAX;
}
