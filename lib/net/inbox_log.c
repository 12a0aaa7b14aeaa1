#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "inbox_int.h"

#include "bulla/file.h"
#include "bulla/when.h"

#define STRANGERS 20	/* lines a second about them */

int64_t
inbox_clock(void)
{
	struct timespec t;

	BULLA_CHECK(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
	return t.tv_sec;
}

static void
line_locked(struct bulla_inbox *ib, const char *fmt, va_list ap)
    BULLA_PRINTF(2, 0);

static void
line_locked(struct bulla_inbox *ib, const char *fmt, va_list ap)
{
	char line[1024] = "time=", *at = line + 5;

	bulla_when_text(bulla_now(), at);
	at += BULLA_WHEN_LEN;
	*at++ = ' ';
	(void)vsnprintf(at, sizeof(line) - (size_t)(at - line), fmt, ap);
	ib->cfg.log(ib->cfg.log_ctx, line);
}

void
inbox_log(struct bulla_inbox *ib, const char *fmt, ...)
{
	va_list ap;

	if (ib->cfg.log == NULL)
		return;
	va_start(ap, fmt);
	pthread_mutex_lock(&ib->log_mu);
	line_locked(ib, fmt, ap);
	pthread_mutex_unlock(&ib->log_mu);
	va_end(ap);
}

static void
left_out_locked(struct bulla_inbox *ib, const char *fmt, ...)
    BULLA_PRINTF(2, 3);

static void
left_out_locked(struct bulla_inbox *ib, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line_locked(ib, fmt, ap);
	va_end(ap);
}

void
inbox_log_stranger(struct bulla_inbox *ib, const char *fmt, ...)
{
	int64_t now = inbox_clock();
	va_list ap;

	if (ib->cfg.log == NULL)
		return;
	va_start(ap, fmt);
	pthread_mutex_lock(&ib->log_mu);
	if (now != ib->log_second) {
		if (ib->log_left_out > 0)
			left_out_locked(ib, "event=left-out lines=%u",
			    ib->log_left_out);
		ib->log_second = now;
		ib->log_lines = ib->log_left_out = 0;
	}
	if (ib->log_lines++ < STRANGERS)
		line_locked(ib, fmt, ap);
	else
		ib->log_left_out++;
	pthread_mutex_unlock(&ib->log_mu);
	va_end(ap);
}

const char *
inbox_quote(char *out, size_t cap, const char *text)
{
	size_t n = 0;

	for (; *text != '\0' && n + 3 <= cap; text++) {
		if (*text == '"' || *text == '\\')
			out[n++] = '\\';
		out[n++] = *text;
	}
	out[n] = '\0';
	return out;
}
