#include <string.h>

#include "bulla/num.h"
#include "bulla/send.h"
#include "bulla/text.h"

#define DAY 1440u	/* minutes */

/* "08:30", and "24:00" for the end of the day. */
static bool
take_time(struct bulla_cur *c, unsigned *out)
{
	unsigned v[5];
	uint8_t b;

	for (size_t i = 0; i < 5; i++) {
		if (!bulla_cur_u8(c, &b) || (i == 2 ? b != ':' :
		    b < '0' || b > '9'))
			return false;
		v[i] = (unsigned)b - '0';
	}
	*out = (v[0] * 10 + v[1]) * 60 + v[3] * 10 + v[4];
	return v[3] < 6 && *out <= DAY;
}

static bool
take_window(struct bulla_cur c, struct bulla_send_window *w)
{
	if (!take_time(&c, &w->from) || !bulla_cur_eat_str(&c, "-") ||
	    !take_time(&c, &w->to) || !bulla_cur_eat_str(&c, " "))
		return false;
	/* "08:00-08:00" may be meant as never or as always; "00:00" ends a day
	 * as well as "24:00". */
	return w->from < DAY && w->from != w->to &&
	    bulla_num_size(&c, INT64_MAX, &w->rate);
}

static unsigned
length(const struct bulla_send_window *w)
{
	return (w->to + DAY - w->from - 1) % DAY + 1;
}

/* Minutes from one time of the day to the next other one, 0 .. DAY - 1. */
static unsigned
ahead(unsigned from, unsigned to)
{
	return (to + DAY - from) % DAY;
}

static bool
overlaps(const struct bulla_send_window *a, const struct bulla_send_window *b)
{
	return ahead(a->from, b->from) < length(a) ||
	    ahead(b->from, a->from) < length(b);
}

enum bulla_status
bulla_send_windows_add(struct bulla_send_windows *ws, const char *text,
    struct bulla_err *err)
{
	struct bulla_send_window w;
	char shown[64];

	bulla_text_show_str(shown, sizeof(shown), text);
	if (!take_window(bulla_cur_str(text), &w))
		return bulla_fail(err, BULLA_E_USAGE, "\"%s\" is no window: "
		    "give \"08:00-18:00 2M\", with a rate in bytes per second "
		    "or 0 for a pause", shown);
	for (size_t i = 0; i < ws->n; i++)
		if (overlaps(&ws->w[i], &w))
			return bulla_fail(err, BULLA_E_USAGE,
			    "\"%s\" overlaps another window", shown);
	if (ws->n == BULLA_SEND_WINDOWS_MAX)
		return bulla_fail(err, BULLA_E_LIMIT, "more than %u windows",
		    BULLA_SEND_WINDOWS_MAX);
	ws->w[ws->n++] = w;
	return BULLA_OK;
}

const struct bulla_send_window *
bulla_send_windows_at(const struct bulla_send_windows *ws, unsigned minute,
    unsigned *left)
{
	unsigned until;

	*left = DAY;
	for (size_t i = 0; i < ws->n; i++) {
		const struct bulla_send_window *w = &ws->w[i];

		until = ahead(w->from, minute);
		if (until < length(w)) {
			*left = length(w) - until;
			return w;
		}
		until = ahead(minute, w->from);
		if (until < *left)
			*left = until;
	}
	return NULL;
}
