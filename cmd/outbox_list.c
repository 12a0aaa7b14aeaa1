#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outbox.h"

#include "bulla/file.h"
#include "bulla/text.h"

#define TO 20			/* columns */
#define WHAT 22
#define SAID 72

/* Text into a column: cut, padded unless it is the last, harmless. */
static void
column(const struct bulla_cur *text, size_t width, bool pad)
{
	char shown[128];
	struct bulla_cur c;
	uint32_t cp;
	size_t n = 0;

	bulla_text_show(shown, width + 1, text);
	c = bulla_cur_str(shown);
	while (bulla_utf8_next(&c, &cp))
		n++;
	printf(" %s%*s", shown, (int)(pad && width > n ? width - n : 0), "");
}

/* "now", "-" or a duration of two or three characters, "-" before it: past. */
static void
from_now(int64_t t, int64_t now, char out[16])
{
	static const struct {
		int64_t secs, max;
		char unit;
	} units[] = { { 1, 100, 's' }, { 60, 100, 'm' }, { 3600, 72, 'h' },
	    { 86400, INT64_MAX, 'd' } };
	int64_t d = t > now ? t - now : now - t;
	size_t i = 0;

	while (d / units[i].secs >= units[i].max)
		i++;
	(void)snprintf(out, 16, t == 0 ? "-" : "%s%" PRId64 "%c",
	    t < now ? "-" : "", d / units[i].secs, units[i].unit);
}

static void
line(const struct bulla_outbox_item *i, int64_t now)
{
	bool waits = i->s.phase <= BULLA_OUTBOX_SENDING;
	int64_t t = i->e.not_before > i->s.next ? i->e.not_before : i->s.next;
	struct bulla_cur said = bulla_cur_str(i->s.said);
	char next[16] = "-", deadline[16];

	if (waits && t <= now)
		(void)snprintf(next, sizeof(next), "now");
	else if (waits)
		from_now(t, now, next);
	from_now(i->e.deadline, now, deadline);
	printf("%5" PRIu64 " %-7s %5" PRIu64 " %5s %8s", i->order,
	    outbox_word(i, now), i->s.tries, next,
	    i->s.phase == BULLA_OUTBOX_DONE ? "-" : deadline);
	column(&i->e.to, TO, true);
	column(bulla_cur_is(&i->e.note, "-") ? &i->e.what : &i->e.note,
	    WHAT, false);
	printf("\n");
	if (said.len == 0)
		return;
	printf("     ");
	column(&said, SAID, false);
	printf("\n");
}

static int
json(struct outbox_cmd *k, const struct bulla_outbox_item *i, int64_t now)
{
	static const char *const states[] = { "waiting", "sending", "failed",
	    "done" };
	struct cmd_json *j = cmd_json_new();

	cmd_json_u64(j, "id", i->order);
	cmd_json_str(j, "state", states[i->s.phase]);
	cmd_json_bool(j, "overdue", outbox_overdue(i, now));
	cmd_json_u64(j, "tries", i->s.tries);
	cmd_json_cur(j, "to", &i->e.to);
	cmd_json_cur(j, "what", &i->e.what);
	if (!bulla_cur_is(&i->e.note, "-"))
		cmd_json_cur(j, "note", &i->e.note);
	if (!bulla_cur_is(&i->e.id, "-"))
		cmd_json_cur(j, "package", &i->e.id);
	cmd_json_u64(j, "bytes", i->e.size);
	cmd_json_when(j, "added", i->e.added);
	if (i->e.not_before != 0)
		cmd_json_when(j, "not-before", i->e.not_before);
	if (i->e.deadline != 0)
		cmd_json_when(j, "deadline", i->e.deadline);
	if (i->s.last != 0)
		cmd_json_when(j, "last", i->s.last);
	if (i->s.next != 0 && i->s.phase <= BULLA_OUTBOX_SENDING)
		cmd_json_when(j, "next", i->s.next);
	cmd_json_str(j, "said", i->s.said);
	cmd_json_bool(j, "receipt", bulla_outbox_has_receipt(i));
	return cmd_json_print(&k->c, j, CMD_YES);
}

static int
show(struct outbox_cmd *k, enum bulla_outbox_where where, uint64_t order)
{
	struct bulla_outbox_item i = BULLA_OUTBOX_ITEM_INIT;
	struct bulla_err err = { 0 };
	enum bulla_status st;
	int code = CMD_YES;

	st = bulla_outbox_look(k->box, where, order, &i, &err);
	if (st == BULLA_E_NOMATCH)	/* gone since the names were read */
		return CMD_YES;
	if (st != BULLA_OK)
		return cmd_fail(&k->c, NULL, st, &err);
	if (k->c.common.json)
		code = json(k, &i, bulla_now());
	else
		line(&i, bulla_now());
	bulla_outbox_leave(&i);
	return code;
}

static int
part(struct outbox_cmd *k, enum bulla_outbox_where where, bool *any)
{
	struct bulla_err err = { 0 };
	uint64_t *orders = NULL;
	int worst = CMD_YES, code;
	enum bulla_status st;
	size_t n = 0;

	st = bulla_outbox_list(k->box, where, 0, &orders, &n, &err);
	if (st != BULLA_OK)
		return cmd_fail(&k->c, NULL, st, &err);
	if (n > 0 && !*any && !k->c.common.json)
		printf("%5s %-7s %5s %5s %8s %-*s %s\n", "ID", "STATE",
		    "TRIES", "NEXT", "DEADLINE", TO, "TO", "WHAT");
	*any = *any || n > 0;
	for (size_t i = 0; i < n; i++) {
		code = show(k, where, orders[i]);
		worst = worst != CMD_YES ? worst : code;
	}
	free(orders);
	return worst;
}

int
outbox_list(struct outbox_cmd *k)
{
	int code = outbox_open(k), more = CMD_YES;
	bool any = false;

	if (code != CMD_YES)
		return code;
	if (k->done)
		more = part(k, BULLA_OUTBOX_IN_DONE, &any);
	code = part(k, BULLA_OUTBOX_IN_QUEUE, &any);
	if (!any)
		cmd_say(&k->c, "the outbox is empty");
	return code != CMD_YES ? code : more;
}
