#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "net/http.h"

static volatile sig_atomic_t stopping;

/* A thread that sends no signal: it only says so. */
static void *
say_stop(void *ctx)
{
	const struct timespec t = { 0, 50 * 1000000L };

	(void)ctx;
	(void)nanosleep(&t, NULL);
	stopping = 1;
	return NULL;
}

/* Would last an hour, if nobody looked. */
Test(http_again, a_pause_ends_when_it_is_to_stop, .timeout = 60)
{
	struct bulla_send_config c = { .stop = &stopping, .attempts = 2 };
	struct http h = { .c = &c, .deadline = INT64_MAX };
	pthread_t thread;

	stopping = 0;
	cr_assert_eq(pthread_create(&thread, NULL, say_stop, NULL), 0);
	http_pause(&h, UINT64_C(3600) * 1000);
	cr_assert(stopping);
	cr_assert_eq(pthread_join(thread, NULL), 0);
}

static enum bulla_status
again(int64_t deadline, uint64_t asked, char msg[256])
{
	struct bulla_send_config c = { .attempts = 1000 };
	struct http h = { .c = &c, .deadline = deadline };
	struct again g = { .c = &c, .http = &h };
	struct bulla_err err = { .msg = "not now" };
	enum bulla_status st = http_again(&g, asked, &err);

	(void)snprintf(msg, 256, "%s", err.msg);
	return st;
}

/* Who has no deadline of its own is not to be kept by who answers. */
Test(http_again, years_without_a_deadline, .timeout = 60)
{
	char msg[256];

	cr_assert_eq(again(INT64_MAX, 1u << 30, msg), BULLA_E_AGAIN);
	cr_assert(strstr(msg, "much later") != NULL);
	cr_assert_eq(again(INT64_MAX, 61, msg), BULLA_E_AGAIN);
	cr_assert_eq(again(http_clock() + 600, 1000, msg), BULLA_E_AGAIN);
	cr_assert(strstr(msg, "the deadline comes before") != NULL);
	cr_assert_eq(again(INT64_MAX, 1, msg), BULLA_OK);
	cr_assert_eq(again(http_clock() + 600, 1, msg), BULLA_OK);
}

static char said[1024];

static void
hear(void *ctx, const char *line)
{
	(void)ctx;
	(void)snprintf(said, sizeof(said), "%s", line);
}

/* Rounded so that a slow machine says the same. */
Test(http_again, how_long_it_will_go_on, .timeout = 60)
{
	struct bulla_send_config c = { .attempts = 3,
	    .watch = { .say = hear } };
	struct http h = { .c = &c, .deadline = http_clock() + 86400 };
	struct again g = { .c = &c, .http = &h };
	struct bulla_err err = { .msg = "cut" };

	cr_assert_eq(http_again(&g, 0, &err), BULLA_OK);
	cr_expect(strncmp(said, "cut; again in 0.", 16) == 0, "%s", said);
	cr_expect(strstr(said, " s (attempt 2 of 3, for 24 h at the most)") !=
	    NULL, "%s", said);
	h.deadline = http_clock() + 6000;
	cr_assert_eq(http_again(&g, 0, &err), BULLA_OK);
	cr_expect(strstr(said, "(attempt 3 of 3, for 100 min at the most)") !=
	    NULL, "%s", said);
	g.failures = 0;
	h.deadline = INT64_MAX;
	cr_assert_eq(http_again(&g, 0, &err), BULLA_OK);
	cr_expect(strstr(said, " s (attempt 2 of 3)") != NULL, "%s", said);
	g.failures = 0;
	h.deadline = http_clock() + 119;
	cr_assert_eq(http_again(&g, 0, &err), BULLA_OK);
	cr_expect(strstr(said, " s at the most)") != NULL, "%s", said);
}
