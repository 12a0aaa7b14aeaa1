#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "inbox_int.h"

#include "bulla/file.h"
#include "bulla/when.h"

int64_t
inbox_clock(void)
{
	struct timespec t;

	BULLA_CHECK(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
	return t.tv_sec;
}

void
inbox_log(struct bulla_inbox *ib, const char *fmt, ...)
{
	char line[1024] = "time=", *at = line + 5;
	va_list ap;

	if (ib->cfg.log == NULL)
		return;
	bulla_when_text(bulla_now(), at);
	at += BULLA_WHEN_LEN;
	*at++ = ' ';
	va_start(ap, fmt);
	(void)vsnprintf(at, sizeof(line) - (size_t)(at - line), fmt, ap);
	va_end(ap);
	pthread_mutex_lock(&ib->log_mu);
	ib->cfg.log(ib->cfg.log_ctx, line);
	pthread_mutex_unlock(&ib->log_mu);
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
