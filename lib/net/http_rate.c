#include <stdio.h>
#include <time.h>

#include "http.h"

#define LOOK_MS 30000u	/* at the clock, which may be set or change zone */

bool
http_rate(const struct bulla_send_config *c, uint64_t *rate, unsigned *secs)
{
	const struct bulla_send_window *w = NULL;
	time_t now = time(NULL);
	unsigned left = 1;
	struct tm t = { 0 };

	if (c->windows.n > 0 && localtime_r(&now, &t) != NULL)
		w = bulla_send_windows_at(&c->windows,
		    (unsigned)(t.tm_hour * 60 + t.tm_min), &left);
	*rate = w != NULL ? w->rate : c->max_rate;
	*secs = left * 60 - (t.tm_sec < 60 ? (unsigned)t.tm_sec : 59);
	return w == NULL || w->rate > 0;
}

enum bulla_status
http_rate_wait(const struct http *h, struct bulla_err *err)
{
	struct bulla_send_event e = { .kind = BULLA_SEND_PAUSED };
	bool told = false;
	char line[80];
	uint64_t rate;
	unsigned secs;

	while (!http_rate(h->c, &rate, &secs)) {
		if (http_stopped(h->c))
			return bulla_fail(err, BULLA_E_AGAIN, "stopped");
		e.asked = secs;
		e.wait_ms = (uint64_t)secs * 1000;
		if (http_is_late(h, e.wait_ms)) {
			e.kind = BULLA_SEND_GIVEN_UP;
			e.text = "the deadline comes before the window's end";
			http_event(h->c, &e);
			return bulla_fail(err, BULLA_E_AGAIN, "nothing is "
			    "sent in this window, and %s", e.text);
		}
		(void)snprintf(line, sizeof(line),
		    "nothing is sent in this window; on in %u s", secs);
		if (!told) {
			http_say(h->c, line);
			http_event(h->c, &e);
		}
		told = true;
		http_pause(h, e.wait_ms < LOOK_MS ? e.wait_ms : LOOK_MS);
	}
	return BULLA_OK;
}
