#include <inttypes.h>
#include <string.h>

#include "send.h"

#include "bulla/custody.h"
#include "bulla/enc.h"
#include "bulla/io.h"
#include "bulla/text.h"
#include "bulla/when.h"

/* As cmd_fail, and after how many seconds the other side wants us again. */
int
send_fail(struct send *s, enum bulla_status st, const struct bulla_err *err)
{
	struct cmd_json *j;

	if (st != BULLA_E_AGAIN || s->asked == 0 || !s->c.common.json ||
	    s->home.x.alarm[0] != '\0')
		return send_home_fail(&s->home, st, err);
	fprintf(stderr, "%s: %s\n", s->c.tool->name, err->msg);
	j = cmd_json_new();
	cmd_json_bool(j, "ok", false);
	cmd_json_str(j, "status", bulla_status_name(st));
	cmd_json_str(j, "message", err->msg);
	cmd_json_u64(j, "retry-after", s->asked);
	return cmd_json_print(&s->c, j, cmd_exit(st));
}

static void
json_exchange(struct cmd_json *j, const struct send_home *h)
{
	if (!h->exchange)
		return;
	cmd_json_bool(j, "cosigned", h->cosigned);
	if (h->cosigned) {
		cmd_json_u64(j, "cosigned-ours", h->sizes.ours);
		cmd_json_u64(j, "cosigned-theirs", h->sizes.theirs);
	}
	cmd_json_bool(j, "handed-over", h->handed_over);
}

/* Whoever sent it has to know what to do now. */
static void
json_reject(struct cmd_json *j, const char *reason)
{
	const char *advice = bulla_custody_advice(reason);

	cmd_json_str(j, "reason", reason);
	if (advice != NULL)
		cmd_json_str(j, "advice", advice);
}

static void
say_reject(const struct send *s, const struct bulla_receipt *r,
    const char *actor, const char *when)
{
	const char *advice = bulla_custody_advice(r->reason);

	fprintf(stderr, "%s: rejected by %s at %s: %s%s%s\n",
	    s->c.tool->name, actor, when, r->reason,
	    advice != NULL ? ": " : "", advice != NULL ? advice : "");
}

int
send_report(struct send *s, const struct bulla_receipt *r)
{
	char hex[65], when[BULLA_WHEN_LEN + 1], actor[300];
	struct cmd_json *j;
	int code = r == NULL || r->accepted ? CMD_YES : CMD_NO;

	bulla_hex(hex, s->what.sha256, sizeof(s->what.sha256));
	if (s->c.common.json) {
		j = cmd_json_new();
		cmd_json_bool(j, "ok", code == CMD_YES);
		cmd_json_str(j, "sha256", hex);
		cmd_json_u64(j, "bytes", s->what.size);
		cmd_json_bool(j, "receipt", r != NULL);
		if (r != NULL) {
			cmd_json_bool(j, "accepted", r->accepted);
			if (!r->accepted)
				json_reject(j, r->reason);
			cmd_json_str(j, "actor", r->actor);
			cmd_json_when(j, "time", r->time);
		}
		json_exchange(j, &s->home);
		return cmd_json_print(&s->c, j, code);
	}
	if (r == NULL) {
		printf("sent, no receipt: sha256 %s\n", hex);
		return code;
	}
	bulla_when_text(r->time, when);
	bulla_text_show_str(actor, sizeof(actor), r->actor);
	if (r->accepted)
		printf("received by %s at %s: sha256 %s\n", actor, when, hex);
	else
		say_reject(s, r, actor, when);
	return code;
}

/* Without it nothing is proved tomorrow, and by then the inbox may be gone. */
static void
say_kept(const struct send *s)
{
	if (s->receipt_path == NULL && s->home.m.h.ledger == NULL)
		cmd_say(&s->c, "the receipt is kept nowhere: --receipt FILE "
		    "keeps it, also in another run (what is there already is "
		    "not sent again)");
}

/* Only a note that verifies is kept, and only then anything is claimed. */
int
send_conclude(struct send *s, const struct bulla_buf *note,
    struct bulla_outfile *o)
{
	struct bulla_cur text = bulla_buf_view(note);
	struct bulla_receipt r;
	struct bulla_err err = { 0 };
	enum bulla_status st;

	st = bulla_receipt_check(&text, s->home.known, s->what.sha256, &r,
	    &err);
	if (st != BULLA_OK) {
		(void)bulla_wrap(&err, st, "all bytes are there, but what "
		    "came back is not accepted (run it again when that is "
		    "settled: nothing is sent twice)");
		return send_fail(s, st, &err);
	}
	if (s->receipt_path != NULL) {
		st = bulla_write_fd(o->fd, note->p, note->len,
		    s->receipt_path, &err);
		if (st == BULLA_OK)
			st = bulla_outfile_commit(o, &err);
		if (st != BULLA_OK)
			return send_fail(s, st, &err);
	}
	send_events_receipt(s, &r);
	st = send_home_after(&s->home, &text, &err);
	if (st == BULLA_OK) {
		say_kept(s);
		return send_report(s, &r);
	}
	(void)bulla_wrap(&err, st, "the package is there (%s), but",
	    r.accepted ? "received" : "rejected");
	return send_fail(s, st, &err);
}

