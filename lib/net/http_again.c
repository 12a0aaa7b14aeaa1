#include <stdio.h>
#include <sys/random.h>
#include <time.h>

#include "http.h"

#include "bulla/text.h"

#define PAUSE_FIRST_MS 500u
#define PAUSE_MAX_MS 60000u
#define ASKED_MAX 60u	/* seconds of a Retry-After, without a deadline */
#define LOOK_MS 200u	/* how soon a stop is noticed */

bool
http_is_late(const struct http *h, uint64_t ms)
{
	return (int64_t)(ms / 1000) >= h->deadline - http_clock();
}

bool
http_stopped(const struct bulla_send_config *c)
{
	return c->stop != NULL && *c->stop != 0;
}

/* A stop may be another thread's word, without a signal that wakes us. */
void
http_pause(const struct http *h, uint64_t ms)
{
	for (uint64_t n; ms > 0 && !http_stopped(h->c); ms -= n) {
		struct timespec t;

		n = h->c->stop != NULL && ms > LOOK_MS ? LOOK_MS : ms;
		t = (struct timespec){ .tv_sec = (time_t)(n / 1000),
		    .tv_nsec = (long)(n % 1000) * 1000000 };
		while (nanosleep(&t, &t) != 0 && !http_stopped(h->c))
			;
	}
}

void
http_event(const struct bulla_send_config *c, const struct bulla_send_event *e)
{
	if (c->watch.event != NULL)
		c->watch.event(c->watch.ctx, e);
}

void
http_say(const struct bulla_send_config *c, const char *line)
{
	if (c->watch.say != NULL)
		c->watch.say(c->watch.ctx, line);
}

bool
http_passes(unsigned status)
{
	return status >= 500 || status == 408 || status == 423 ||
	    status == 425 || status == 429;
}

/* Full jitter: many senders that lost one server must not return at once. */
static uint64_t
jitter(uint64_t max_ms)
{
	uint64_t r;

	BULLA_CHECK(getrandom(&r, sizeof(r), 0) == (ssize_t)sizeof(r));
	return r % (max_ms + 1);
}

static enum bulla_status
give_up(struct again *g, uint64_t asked, const char *why,
    struct bulla_err *err)
{
	struct bulla_send_event e = { .kind = BULLA_SEND_GIVEN_UP,
	    .text = err->msg, .asked = asked };

	http_event(g->c, &e);
	return bulla_wrap(err, BULLA_E_AGAIN, "%s", why);
}

/* ", for 24 h at the most", to the nearest of a unit; "" without a deadline. */
static void
time_left(const struct http *h, char out[64])
{
	static const struct {
		int64_t secs;
		const char *name;
	} units[] = { { 3600, "h" }, { 60, "min" }, { 1, "s" } };
	int64_t left = h->deadline - http_clock();
	size_t i = 0;

	out[0] = '\0';
	if (h->deadline == INT64_MAX)
		return;
	while (i < 2 && left < 2 * units[i].secs)
		i++;
	(void)snprintf(out, 64, ", for %lld %s at the most",
	    (long long)((left + units[i].secs / 2) / units[i].secs),
	    units[i].name);
}

static void
tell(const struct again *g, uint64_t ms, uint64_t asked,
    const struct bulla_err *err)
{
	struct bulla_send_event e = { .kind = BULLA_SEND_RETRY,
	    .text = err->msg, .wait_ms = ms, .asked = asked };
	char line[sizeof(err->msg) + 192], left[64];

	time_left(g->http, left);
	(void)snprintf(line, sizeof(line), "%s; again in %llu.%llu s "
	    "(attempt %u of %u%s)", err->msg, (unsigned long long)(ms / 1000),
	    (unsigned long long)(ms % 1000 / 100), g->failures + 1,
	    g->c->attempts, left);
	http_say(g->c, line);
	http_event(g->c, &e);
}

enum bulla_status
http_again(struct again *g, uint64_t retry_after, struct bulla_err *err)
{
	uint64_t max = PAUSE_FIRST_MS << (g->failures < 8 ? g->failures : 8);
	uint64_t ms = jitter(max < PAUSE_MAX_MS ? max : PAUSE_MAX_MS);
	char why[64];

	g->failures++;
	if (http_stopped(g->c))
		return give_up(g, retry_after, "given up when asked to", err);
	if (http_clock() >= g->http->deadline)
		return give_up(g, retry_after, "given up at the deadline",
		    err);
	(void)snprintf(why, sizeof(why), "given up after %u failures in a row",
	    g->failures);
	if (g->failures >= g->c->attempts)
		return give_up(g, retry_after, why, err);
	if (retry_after * 1000 > ms)
		ms = retry_after * 1000;
	/* Nobody is kept for years by who may answer as it likes. */
	if (g->http->deadline == INT64_MAX && retry_after > ASKED_MAX)
		return give_up(g, retry_after, "given up, it wants to be "
		    "asked much later", err);
	if (http_is_late(g->http, ms))
		return give_up(g, retry_after, "given up, the deadline comes "
		    "before the next attempt", err);
	tell(g, ms, retry_after, err);
	http_pause(g->http, ms);
	return BULLA_OK;
}

enum bulla_status
http_says(const struct http_resp *a, enum bulla_status st, const char *what,
    struct bulla_err *err)
{
	struct bulla_cur body = bulla_buf_view(&a->body), line = body;
	char text[200];

	if (!bulla_cur_line(&body, &line))
		line = body;
	bulla_text_show(text, sizeof(text), &line);
	return bulla_fail(err, st, "%s: the server answered %u%s%s", what,
	    a->status, text[0] != '\0' ? ": " : "", text);
}
