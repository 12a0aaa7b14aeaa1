#include <criterion/criterion.h>
#include <stdio.h>

#include "bulla/send.h"

static enum bulla_status
add(struct bulla_send_windows *ws, const char *text)
{
	return bulla_send_windows_add(ws, text, NULL);
}

/* The rate at a minute of the day, UINT64_MAX outside of all windows. */
static uint64_t
at(const struct bulla_send_windows *ws, unsigned minute, unsigned *left)
{
	const struct bulla_send_window *w = bulla_send_windows_at(ws, minute,
	    left);

	return w != NULL ? w->rate : UINT64_MAX;
}

Test(send_window, one)
{
	struct bulla_send_windows ws = { 0 };
	unsigned left;

	cr_assert_eq(at(&ws, 5, &left), UINT64_MAX);
	cr_assert_eq(left, 1440);
	cr_assert_eq(add(&ws, "08:00-18:30 2M"), BULLA_OK);
	cr_assert_eq(at(&ws, 8 * 60 - 1, &left), UINT64_MAX);
	cr_assert_eq(left, 1);
	cr_assert_eq(at(&ws, 8 * 60, &left), 2u << 20);
	cr_assert_eq(left, 630);
	cr_assert_eq(at(&ws, 18 * 60 + 29, &left), 2u << 20);
	cr_assert_eq(left, 1);
	cr_assert_eq(at(&ws, 18 * 60 + 30, &left), UINT64_MAX);
	cr_assert_eq(left, 810);
}

Test(send_window, past_midnight)
{
	struct bulla_send_windows ws = { 0 };
	unsigned left;

	cr_assert_eq(add(&ws, "22:00-06:00 0"), BULLA_OK);
	cr_assert_eq(at(&ws, 22 * 60, &left), 0);
	cr_assert_eq(left, 480);
	cr_assert_eq(at(&ws, 0, &left), 0);
	cr_assert_eq(left, 360);
	cr_assert_eq(at(&ws, 359, &left), 0);
	cr_assert_eq(left, 1);
	cr_assert_eq(at(&ws, 360, &left), UINT64_MAX);
	cr_assert_eq(left, 960);
}

Test(send_window, whole_day)
{
	struct bulla_send_windows ws = { 0 };
	unsigned left;

	cr_assert_eq(add(&ws, "00:00-24:00 1"), BULLA_OK);
	cr_assert_eq(at(&ws, 0, &left), 1);
	cr_assert_eq(left, 1440);
	cr_assert_eq(at(&ws, 1439, &left), 1);
	cr_assert_eq(left, 1);
	cr_assert_eq(add(&ws, "12:00-12:01 1"), BULLA_E_USAGE);
}

Test(send_window, next_to_each_other)
{
	struct bulla_send_windows ws = { 0 };
	unsigned left;

	cr_assert_eq(add(&ws, "08:00-18:00 2M"), BULLA_OK);
	cr_assert_eq(add(&ws, "18:00-22:00 5K"), BULLA_OK);
	cr_assert_eq(add(&ws, "22:00-08:00 1"), BULLA_OK);
	cr_assert_eq(at(&ws, 18 * 60, &left), 5 << 10);
	cr_assert_eq(at(&ws, 1, &left), 1);
	cr_assert_eq(left, 479);
}

Test(send_window, overlaps)
{
	static const char *const bad[] = { "08:00-18:00 1", "09:00-10:00 1",
	    "07:00-08:01 1", "17:59-19:00 1", "07:00-19:00 1",
	    "20:00-08:01 1", "17:59-07:00 1", "00:00-24:00 1" };
	struct bulla_send_windows ws = { 0 };

	cr_assert_eq(add(&ws, "08:00-18:00 2M"), BULLA_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_eq(add(&ws, bad[i]), BULLA_E_USAGE, "%s", bad[i]);
	cr_assert_eq(ws.n, 1);
	/* And around midnight */
	ws.n = 0;
	cr_assert_eq(add(&ws, "22:00-06:00 0"), BULLA_OK);
	cr_assert_eq(add(&ws, "00:00-01:00 1"), BULLA_E_USAGE);
	cr_assert_eq(add(&ws, "23:00-24:00 1"), BULLA_E_USAGE);
	cr_assert_eq(add(&ws, "23:00-05:00 1"), BULLA_E_USAGE);
	cr_assert_eq(add(&ws, "06:00-22:00 1"), BULLA_OK);
}

Test(send_window, both_names_of_midnight)
{
	static const char *const text[] = { "22:00-24:00 0", "22:00-00:00 0" };
	unsigned left;

	for (size_t i = 0; i < 2; i++) {
		struct bulla_send_windows ws = { 0 };

		cr_assert_eq(add(&ws, text[i]), BULLA_OK);
		cr_assert_eq(add(&ws, "00:00-22:00 1"), BULLA_OK);
		cr_assert_eq(bulla_send_windows_at(&ws, 1439, &left),
		    &ws.w[0]);
		cr_assert_eq(left, 1);
		cr_assert_eq(bulla_send_windows_at(&ws, 0, &left), &ws.w[1]);
		cr_assert_eq(left, 1320);
		cr_assert_eq(bulla_send_windows_at(&ws, 1319, &left),
		    &ws.w[1]);
	}
}

Test(send_window, no_windows)
{
	static const char *const bad[] = { "", "08:00-18:00", "08:00-18:00 ",
	    "8:00-18:00 1", "08:00-18:60 1", "08:00-24:01 1", "24:00-01:00 1",
	    "08:00-08:00 1", "00:00-00:00 1", "08:00 18:00 1",
	    "08:00-18:00  1", "08:00-18:00 1x", "08:00-18:00 -1",
	    "08.00-18:00 1", "08:00-18:0a 1", " 08:00-18:00 1",
	    "08:00-18:00 2M ", "99:99-18:00 1" };
	struct bulla_send_windows ws = { 0 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_eq(add(&ws, bad[i]), BULLA_E_USAGE, "%s", bad[i]);
	cr_assert_eq(ws.n, 0);
}

Test(send_window, too_many)
{
	struct bulla_send_windows ws = { 0 };
	char text[32];
	unsigned i;

	for (i = 0; i < BULLA_SEND_WINDOWS_MAX; i++) {
		(void)snprintf(text, sizeof(text), "%02u:00-%02u:30 1", i, i);
		cr_assert_eq(add(&ws, text), BULLA_OK);
	}
	cr_assert_eq(add(&ws, "20:00-21:00 1"), BULLA_E_LIMIT);
}
