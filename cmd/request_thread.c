#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "request_thread.h"

#include "bulla/text.h"

int
request_threads(struct request_cmd *k, bool cosigned,
    struct bulla_threads *out)
{
	struct bulla_threads_from from = { .home = &k->m.h, .now = k->now,
	    .exercise = k->exercise, .cosigned = cosigned };
	struct bulla_threads t = { 0 };
	struct bulla_err err = { 0 };
	enum bulla_status st;
	int code = request_home(k);

	if (code != CMD_YES)
		return code;
	st = bulla_threads_load(&from, &t, &err);
	if (st == BULLA_OK)
		st = bulla_threads_documents(&t, &k->m.h, NULL, &err);
	if (st != BULLA_OK) {
		bulla_threads_free(&t);
		return cmd_fail(&k->c, k->m.h.path, st, &err);
	}
	if (t.agreements.lapsed[0] != '\0')
		cmd_say(&k->c, "not used: %s", t.agreements.lapsed);
	if (t.agreements.damaged[0] != '\0')
		cmd_say(&k->c, "%s", t.agreements.damaged);
	if (t.agreements.n == 0)
		cmd_say(&k->c, "there is no agreement in this home, so "
		    "nothing is ever due (bulla-trust agreement)");
	*out = t;
	return CMD_YES;
}

const char *
request_us(const struct bulla_threads *t, int side)
{
	return side < 0 ? "-" : side == t->ours ? "us" : "them";
}

static const struct {
	int64_t secs, max;
	char unit;
} units[] = { { 1, 100, 's' }, { 60, 100, 'm' }, { 3600, 72, 'h' },
    { 86400, INT64_MAX, 'd' } };

void
request_span(int64_t t, int64_t now, char out[REQUEST_SPAN])
{
	int64_t d = t > now ? t - now : now - t;
	size_t i = 0;

	while (d / units[i].secs >= units[i].max)
		i++;
	(void)snprintf(out, REQUEST_SPAN, "%s%" PRId64 "%c", t < now ? "-" :
	    "", d / units[i].secs, units[i].unit);
}

void
request_long(int64_t seconds, char out[REQUEST_LONG])
{
	size_t i = 3;

	while (i > 0 && seconds < units[i].secs)
		i--;
	if (i == 0)
		(void)snprintf(out, REQUEST_LONG, "%" PRId64 "s", seconds);
	else
		(void)snprintf(out, REQUEST_LONG, "%" PRId64 "%c %" PRId64
		    "%c", seconds / units[i].secs, units[i].unit,
		    seconds % units[i].secs / units[i - 1].secs,
		    units[i - 1].unit);
}

int
request_duration(struct request_cmd *k, const char *opt, const char *arg,
    int64_t *seconds)
{
	struct bulla_cur c = bulla_cur_str(arg);
	struct bulla_duration d;
	char shown[64];

	if (!bulla_duration_parse(&c, &d) || (d.unit != BULLA_HOURS &&
	    d.unit != BULLA_DAYS))
		return cmd_usage(&k->c, "%s: \"%s\" is no duration: write "
		    "24h or 7d", opt, bulla_text_show(shown, sizeof(shown),
		    &c));
	*seconds = d.n * (d.unit == BULLA_HOURS ? INT64_C(3600) :
	    INT64_C(86400));
	return CMD_YES;
}

void
request_when_json(struct cmd_json *j, const char *key, int64_t t)
{
	if (t != 0)
		cmd_json_when(j, key, t);
	else
		cmd_json_null(j, key);
}

void
request_str_json(struct cmd_json *j, const char *key, const char *v)
{
	if (v[0] != '\0')
		cmd_json_str(j, key, v);
	else
		cmd_json_null(j, key);
}

struct cmd_json *
request_clock_json(const struct bulla_clock *c)
{
	struct cmd_json *j = cmd_json_new();

	cmd_json_str(j, "state", bulla_clock_state_text(c->state));
	request_when_json(j, "due", c->due);
	request_when_json(j, "done", c->done);
	return j;
}
