#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "send.h"

#include "bulla/text.h"
#include "bulla/when.h"

static double
seconds(const struct timespec *from, const struct timespec *to)
{
	return (double)(to->tv_sec - from->tv_sec) +
	    (double)(to->tv_nsec - from->tv_nsec) / 1e9;
}

static struct cmd_json *
begin(const struct send *s, const char *name)
{
	struct cmd_json *j;

	if (s->events == NULL)
		return NULL;
	j = cmd_json_new();
	cmd_json_str(j, "event", name);
	cmd_json_when(j, "time", bulla_now());
	return j;
}

/* Whoever listened has gone: that is no reason to stop sending. */
static void
put(struct send *s, struct cmd_json *j)
{
	if (s->events == NULL || cmd_json_write(s->events, j))
		return;
	(void)fclose(s->events);
	s->events = NULL;
	cmd_say(&s->c, "--events-fd: it takes no more events");
}

static void
say(void *ctx, const char *line)
{
	struct send *s = ctx;

	cmd_say(&s->c, "%s", line);
}

static void
tell_progress(struct send *s, const struct timespec *now)
{
	double run = seconds(&s->since, now), rate = 0;
	struct cmd_json *j = begin(s, "progress");

	if (run > 0 && s->acked > s->base)
		rate = (double)(s->acked - s->base) / run;
	cmd_json_u64(j, "acknowledged", s->acked);
	if (s->what.size > 0)
		cmd_json_u64(j, "total", s->what.size);
	cmd_json_u64(j, "rate", (uint64_t)rate);
	if (rate >= 1 && s->what.size >= s->acked)
		cmd_json_u64(j, "left", (uint64_t)((double)(s->what.size -
		    s->acked) / rate));
	put(s, j);
	s->told = *now;
}

static void
progress(void *ctx, uint64_t acked)
{
	struct send *s = ctx;
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	s->asked = 0;
	s->acked = acked;
	if (!s->moving) {
		/* What was there before is none of this run's speed. */
		s->moving = true;
		s->base = acked;
		s->since = now;
		s->told = (struct timespec){ 0 };
		cmd_progress_base(&s->progress, acked);
	}
	cmd_progress_at(&s->progress, acked);
	if (s->events != NULL && seconds(&s->told, &now) >= 1)
		tell_progress(s, &now);
}

static void
tell_upload(struct send *s, const char *name,
    const struct bulla_send_event *e)
{
	struct cmd_json *j = begin(s, name);
	char shown[512], when[BULLA_WHEN_LEN + 1] = "";

	bulla_text_show_str(shown, sizeof(shown), e->text);
	if (e->expires > 0)
		bulla_when_text(e->expires, when);
	cmd_verbose(&s->c, "%s: %s%s%s", name, shown,
	    when[0] != '\0' ? ", kept until " : "", when);
	cmd_json_str(j, "url", e->text);
	cmd_json_u64(j, "acknowledged", e->bytes);
	if (e->expires > 0)
		cmd_json_when(j, "expires", e->expires);
	put(s, j);
}

static void
tell_wait(struct send *s, const char *name, const struct bulla_send_event *e)
{
	struct cmd_json *j = begin(s, name);

	s->asked = e->asked;
	if (e->text != NULL)
		cmd_json_str(j, "why", e->text);
	if (e->kind != BULLA_SEND_GIVEN_UP)
		cmd_json_u64(j, "wait-ms", e->wait_ms);
	if (e->asked > 0)
		cmd_json_u64(j, "retry-after", e->asked);
	put(s, j);
}

static void
tell_one(struct send *s, const char *name, const char *key, const char *text)
{
	struct cmd_json *j = begin(s, name);

	if (key != NULL)
		cmd_json_str(j, key, text);
	else
		cmd_json_u64(j, "acknowledged", s->acked);
	put(s, j);
}

static void
event(void *ctx, const struct bulla_send_event *e)
{
	struct send *s = ctx;

	switch (e->kind) {
	case BULLA_SEND_CONNECTED:
		cmd_verbose(&s->c, "connected to %s", e->text);
		tell_one(s, "connected", "peer", e->text);
		break;
	case BULLA_SEND_CREATED:
		send_state_put(s, e->text);
		tell_upload(s, "created", e);
		break;
	case BULLA_SEND_RESUMED:
		tell_upload(s, "resumed", e);
		break;
	case BULLA_SEND_RETRY:
		tell_wait(s, "retry", e);
		break;
	case BULLA_SEND_PAUSED:
		tell_wait(s, "paused", e);
		break;
	case BULLA_SEND_GIVEN_UP:
		tell_wait(s, "given-up", e);
		break;
	case BULLA_SEND_SENT:
		tell_one(s, "sent", NULL, NULL);
		break;
	case BULLA_SEND_DELETED:
		send_state_drop(s);
		tell_upload(s, "deleted", e);
		break;
	}
}

void
send_events_begin(struct send *s)
{
	s->cfg.watch = (struct bulla_send_watch){ .say = say,
	    .progress = progress, .event = event, .ctx = s };
}

int
send_events_open(struct send *s, int fd)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (own != -1)
		s->events = fdopen(own, "w");
	if (s->events != NULL)
		return CMD_YES;
	return cmd_usage(&s->c, "--events-fd: descriptor %d cannot be "
	    "written: %s", fd, strerror(errno));
}

void
send_events_receipt(struct send *s, const struct bulla_receipt *r)
{
	struct cmd_json *j = begin(s, "receipt");

	cmd_json_bool(j, "accepted", r->accepted);
	cmd_json_str(j, "actor", r->actor);
	cmd_json_when(j, "at", r->time);
	put(s, j);
}
