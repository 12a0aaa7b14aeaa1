#include <stdio.h>
#include <string.h>

#include "ledger.h"

#include "bulla/file.h"
#include "bulla/monitor.h"
#include "bulla/num.h"
#include "bulla/when.h"

#define MAX_AGE "7d"
#define AGE_MAX (INT64_C(36500) * 86400)

struct report {
	struct ledger_cmd *k;
	struct cmd_json *j;		/* NULL: text */
};

/* "36h": a number and one of s, m, h, d; the number alone is seconds. */
static bool
parse_age(const char *text, int64_t *out)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 },
	    { 'd', 86400 } };
	struct bulla_cur c = bulla_cur_str(text);
	int64_t unit = 1;
	uint64_t n;

	for (size_t i = 0; c.len > 0 && i < 4; i++) {
		if (c.p[c.len - 1] == (uint8_t)units[i].unit) {
			unit = units[i].seconds;
			c.len--;
			break;
		}
	}
	if (!bulla_num_u64(&c, (uint64_t)(AGE_MAX / unit), &n))
		return false;
	*out = (int64_t)n * unit;
	return true;
}

static void
found(void *ctx, enum bulla_finding f, const char *text)
{
	struct report *r = ctx;
	struct cmd_json *j;

	if (r->j == NULL) {
		printf("%s: %s\n", bulla_finding_name(f), text);
		return;
	}
	j = cmd_json_new();
	cmd_json_str(j, "kind", bulla_finding_name(f));
	cmd_json_u64(j, "status", (uint64_t)f);
	cmd_json_str(j, "text", text);
	cmd_json_push_obj(r->j, "findings", j);
}

static void
remark(void *ctx, const char *text)
{
	struct report *r = ctx;

	cmd_say(&r->k->c, "%s", text);
}

static struct cmd_json *
tree_json(const char *origin, uint64_t size, uint64_t cosigned, int64_t at)
{
	struct cmd_json *j = cmd_json_new();

	cmd_json_str(j, "origin", origin);
	cmd_json_u64(j, "size", size);
	cmd_json_u64(j, "cosigned", cosigned);
	if (at > 0 && at <= BULLA_WHEN_MAX)
		cmd_json_when(j, "latest", at);
	else
		cmd_json_null(j, "latest");
	return j;
}

static int
end_json(struct report *r, const struct bulla_monitored *out)
{
	cmd_json_bool(r->j, "ok", out->n_findings == 0);
	cmd_json_u64(r->j, "status", (uint64_t)out->status);
	if (out->origin[0] != '\0')
		cmd_json_obj(r->j, "ours", tree_json(out->origin, out->size,
		    out->cosigned.size, out->cosigned.time));
	if (out->their_origin[0] != '\0')
		cmd_json_obj(r->j, "theirs", tree_json(out->their_origin,
		    out->their_size, out->their_cosigned,
		    out->their_time));
	return cmd_json_print(&r->k->c, r->j, out->status);
}

static void
put_age(uint64_t size, int64_t age)
{
	char span[BULLA_WHEN_SPAN_LEN];

	printf(", %llu of them last cosigned %s ago",
	    (unsigned long long)size, bulla_when_span(age, span));
}

static int
end_text(const struct bulla_monitored *out, int64_t now)
{
	const struct bulla_cosigned *c = &out->cosigned;

	if (out->n_findings > 0)
		return out->status;
	printf("ok %s, %llu records", out->origin,
	    (unsigned long long)out->size);
	if (c->time > 0)
		put_age(c->size, now - c->time);
	putchar('\n');
	if (out->their_origin[0] != '\0')
		printf("ok %s, %llu records\n", out->their_origin,
		    (unsigned long long)out->their_size);
	return CMD_YES;
}

int
ledger_monitor(struct ledger_cmd *k)
{
	struct bulla_monitor m = { .home = cmd_home(&k->c), .ask = &k->c.ask,
	    .known = &k->c.known, .now = bulla_now(), .found = found,
	    .remark = remark };
	struct report r = { .k = k };
	struct bulla_monitored out = { 0 };
	struct bulla_err err = { 0 };
	enum bulla_status st;

	m.theirs = cmd_operand(&k->c);
	if (k->c.argc > 0)
		return cmd_usage(&k->c, "one directory or checkpoint of "
		    "theirs at a time");
	if (m.home == NULL)
		return cmd_usage(&k->c, "where is the home? --home DIR");
	if (!parse_age(k->max_age != NULL ? k->max_age : MAX_AGE, &m.max_age))
		return cmd_usage(&k->c, "--max-age takes a number and s, m, h "
		    "or d, such as 36h");
	if (k->c.common.json)
		r.j = cmd_json_new();
	m.ctx = &r;
	st = bulla_monitor_run(&m, &out, &err);
	if (st != BULLA_OK) {
		/* What was found stands, but "cannot tell" is the answer */
		if (r.j != NULL)
			cmd_json_free(r.j);
		return cmd_fail(&k->c, NULL, st, &err);
	}
	return r.j != NULL ? end_json(&r, &out) : end_text(&out, m.now);
}
