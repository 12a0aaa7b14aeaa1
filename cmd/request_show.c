#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "request_thread.h"

#include "bulla/enc.h"
#include "bulla/stamp.h"
#include "bulla/text.h"
#include "bulla/when.h"

#define SHORT 12	/* digits of a digest that a person is shown */

static void
when(const char *label, int64_t t, const char *more)
{
	char text[BULLA_WHEN_LEN + 1] = "-";

	if (t != 0)
		bulla_when_text(t, text);
	printf("    %-11s %s%s%s\n", label, text, more[0] != '\0' ? "  " : "",
	    more);
}

static int
stamped(struct request_cmd *k, const char *id, int64_t *out)
{
	struct bulla_err err = { 0 };
	enum bulla_status st;

	*out = 0;
	st = bulla_stamp_time(k->m.h.path, id, NULL, k->now, out, &err);
	return st == BULLA_OK ? CMD_YES : cmd_fail(&k->c, id, st, &err);
}

static void
receipt_words(const struct bulla_event *e, char out[128])
{
	char hex[2 * BULLA_SHA256_LEN + 1];

	out[0] = '\0';
	if (e->proof == BULLA_PROOF_COSIGNED)
		(void)snprintf(out, 128, "no receipt: cosigned after it was "
		    "handed over");
	if (!e->has_receipt)
		return;
	bulla_hex(hex, e->receipt, sizeof(e->receipt));
	(void)snprintf(out, 128, "receipt %.*s%s", SHORT, hex,
	    e->countersigned ? ", countersigned" :
	    ", not countersigned");
}

/* Where to read what it says, or how to open it. */
static void
print_document(const struct request_cmd *k, const struct bulla_event *e)
{
	char path[REQUEST_PATH], shown[REQUEST_COMMAND];

	if (request_opened(k, e, path))
		printf("    text        %s\n", bulla_text_show_str(shown,
		    sizeof(shown), path));
	else if (request_unopened(k, e, shown))
		printf("    not opened: %s\n", shown);
}

static void
document_json(const struct request_cmd *k, const struct bulla_event *e,
    struct cmd_json *j)
{
	char path[REQUEST_PATH], command[REQUEST_COMMAND];
	const bool is = request_opened(k, e, path);

	request_str_json(j, "text", is ? path : "");
	if (!is && request_unopened(k, e, command))
		cmd_json_str(j, "open_with", command);
}

static void
print_event(const struct bulla_threads *t, const struct bulla_event *e,
    int64_t stamp)
{
	char more[128];

	printf("\n%s from %s%s  %s\n", e->kind, t->side[e->by],
	    e->exercise ? "  EXERCISE" : "", e->id);
	if (e->level[0] != '\0')
		printf("    level %s, trigger %s\n", e->level,
		    e->trigger[0] != '\0' ? e->trigger : "-");
	when("claimed", e->claimed, "");
	receipt_words(e, more);
	when("received", e->received, more);
	when("cosigned", e->cosigned, "");
	when("timestamped", stamp, "");
	if (e->fault != BULLA_EVENT_GOOD)
		printf("    ! %s\n", bulla_event_fault_text(e->fault));
}

static void
print_clock(const char *label, const struct bulla_clock *c)
{
	char due[BULLA_WHEN_LEN + 1] = "-", done[BULLA_WHEN_LEN + 1] = "-";

	if (c->due != 0)
		bulla_when_text(c->due, due);
	if (c->done != 0)
		bulla_when_text(c->done, done);
	printf("  %-11s %-10s due %-20s done %s\n", label,
	    bulla_clock_state_text(c->state), due, done);
}

static void
print_calls(const struct bulla_threads *t, const struct bulla_thread *th)
{
	char spent[REQUEST_LONG];

	for (size_t i = 0; i < th->n_calls; i++) {
		const struct bulla_call *c = &th->call[i];

		request_long((c->resolved != 0 ? c->resolved : t->now) -
		    c->raised, spent);
		printf("  hotline     call of %s, %s %s\n",
		    t->side[th->event[c->event].by], c->resolved != 0 ?
		    "resolved after" : "not answered for", spent);
	}
}

static void
print_head(const struct bulla_threads *t, const struct bulla_thread *th)
{
	char start[BULLA_WHEN_LEN + 1] = "-", ran[REQUEST_LONG];
	char stood[REQUEST_LONG], until[BULLA_WHEN_LEN + 1];

	printf("%s %s\n", th->event[0].kind, th->event[0].id);
	printf("  asked by    %s (%s), class %s, type %s, %s\n",
	    t->side[th->asker], request_us(t, th->asker),
	    th->event[0].urgency[0] != '\0' ? th->event[0].urgency : "-",
	    th->type[0] != '\0' ? th->type : "-",
	    th->category[0] != '\0' ? th->category : "-");
	if (th->related[0] != '\0')
		printf("  follows     %s\n", th->related);
	printf("  state       %s, waits for %s\n",
	    bulla_thread_state_text(th->state),
	    th->waiting < 0 ? "nobody" : t->side[th->waiting]);
	if (th->start == 0)
		return;
	bulla_when_text(th->start, start);
	request_long(th->wall, ran);
	request_long(th->stopped, stood);
	printf("  clock       from %s, %s, of which %s stopped\n", start,
	    ran, stood);
	if (th->agreement == 0)
		printf("  agreement   none was in force\n");
	else
		printf("  agreement   version %" PRIu64 "%s\n", th->agreement,
		    th->has_class ? "" : ", which has no such class");
	print_clock("acknowledge", &th->acknowledge);
	print_clock("first", &th->first);
	print_clock("final", &th->final);
	if (th->status_due > 0 || th->status_next != 0)
		printf("  updates     %" PRIu64 " of %" PRIu64 " given\n",
		    th->status_given, th->status_due);
	if (th->hold_until == 0)
		return;
	bulla_when_text(bulla_thread_held_until(th), until);
	printf("  held until  %s%s", until, th->hold_used ? ", used" : "");
	bulla_when_text(th->hold_until, until);
	if (th->promised_until != 0)
		printf(", by the reply; agreed: %s", until);
	printf("\n");
}

static struct cmd_json *
event_json(const struct request_cmd *k, const struct bulla_threads *t,
    const struct bulla_event *e, int64_t stamp)
{
	static const char *const proofs[] = { "none", "receipt", "cosigned" };
	struct cmd_json *j = cmd_json_new();

	cmd_json_str(j, "package", e->id);
	cmd_json_str(j, "kind", e->kind);
	cmd_json_str(j, "from", t->side[e->by]);
	cmd_json_bool(j, "exercise", e->exercise);
	request_str_json(j, "ref", e->ref);
	cmd_json_hex(j, "opening", e->opening, sizeof(e->opening));
	cmd_json_when(j, "claimed", e->claimed);
	request_when_json(j, "received", e->received);
	cmd_json_str(j, "proof", proofs[e->proof]);
	if (e->has_receipt)
		cmd_json_hex(j, "receipt", e->receipt, sizeof(e->receipt));
	else
		cmd_json_null(j, "receipt");
	cmd_json_bool(j, "countersigned", e->countersigned);
	request_when_json(j, "cosigned", e->cosigned);
	request_when_json(j, "timestamped", stamp);
	request_str_json(j, "level", e->level);
	request_str_json(j, "trigger", e->trigger);
	request_str_json(j, "fault", bulla_event_fault_text(e->fault));
	document_json(k, e, j);
	return j;
}

static struct cmd_json *
head_json(const struct bulla_threads *t, const struct bulla_thread *th)
{
	struct cmd_json *j = cmd_json_new();

	cmd_json_bool(j, "ok", true);
	cmd_json_str(j, "request", th->event[0].id);
	cmd_json_str(j, "asker", t->side[th->asker]);
	request_str_json(j, "class", th->event[0].urgency);
	request_str_json(j, "type", th->type);
	request_str_json(j, "category", th->category);
	request_str_json(j, "related", th->related);
	cmd_json_str(j, "state", bulla_thread_state_text(th->state));
	request_str_json(j, "waiting", th->waiting < 0 ? "" :
	    t->side[th->waiting]);
	request_when_json(j, "start", th->start);
	cmd_json_u64(j, "wall", (uint64_t)th->wall);
	cmd_json_u64(j, "stopped", (uint64_t)th->stopped);
	cmd_json_u64(j, "agreement", th->agreement);
	cmd_json_obj(j, "acknowledge", request_clock_json(&th->acknowledge));
	cmd_json_obj(j, "first", request_clock_json(&th->first));
	cmd_json_obj(j, "final", request_clock_json(&th->final));
	cmd_json_u64(j, "updates_due", th->status_due);
	cmd_json_u64(j, "updates_given", th->status_given);
	request_when_json(j, "held_until", bulla_thread_held_until(th));
	request_when_json(j, "hold_agreed", th->hold_until);
	for (size_t i = 0; i < th->n_calls; i++) {
		const struct bulla_call *c = &th->call[i];
		struct cmd_json *o = cmd_json_new();

		cmd_json_str(o, "package", th->event[c->event].id);
		cmd_json_when(o, "raised", c->raised);
		request_when_json(o, "resolved", c->resolved);
		cmd_json_push_obj(j, "calls", o);
	}
	return j;
}

static int
show(struct request_cmd *k, const struct bulla_threads *t,
    const struct bulla_thread *th)
{
	struct cmd_json *j = NULL;
	int code = CMD_YES;
	int64_t stamp;

	if (k->c.common.json) {
		j = head_json(t, th);
	} else {
		print_head(t, th);
		print_calls(t, th);
	}
	for (size_t i = 0; i < th->n_events && code == CMD_YES; i++) {
		code = stamped(k, th->event[i].id, &stamp);
		if (code != CMD_YES)
			break;
		if (j != NULL) {
			cmd_json_push_obj(j, "events",
			    event_json(k, t, &th->event[i], stamp));
			continue;
		}
		print_event(t, &th->event[i], stamp);
		print_document(k, &th->event[i]);
	}
	if (j != NULL && code == CMD_YES)
		return cmd_json_print(&k->c, j, CMD_YES);
	cmd_json_free(j);
	return code;
}

/* First everything is opened that can be: the head tells of it, too. */
static int
show_opened(struct request_cmd *k, struct bulla_threads *t,
    const struct bulla_thread *th)
{
	struct bulla_err err = { 0 };
	enum bulla_status st;
	int code = request_open_all(k, th);

	if (code != CMD_YES)
		return code;
	st = bulla_threads_documents(t, &k->m.h, NULL, &err);
	return st == BULLA_OK ? show(k, t, th) : cmd_fail(&k->c, k->m.h.path,
	    st, &err);
}

int
request_show(struct request_cmd *k)
{
	struct bulla_threads t = { 0 };
	const struct bulla_thread *th;
	const char *id = request_operand(k);
	char why[300];
	size_t i;
	int code;

	if (id == NULL)
		return CMD_USE;
	code = request_threads(k, true, &t);
	if (code != CMD_YES)
		return code;
	th = bulla_threads_find(&t, id, &i);
	(void)snprintf(why, sizeof(why), "no request, and no answer to one, "
	    "in this home");
	for (i = 0; th == NULL && i < t.n_strays; i++) {
		if (strcmp(t.stray[i].event.id, id) == 0)
			(void)snprintf(why, sizeof(why), "%s",
			    t.stray[i].why);
	}
	code = th != NULL ? show_opened(k, &t, th) :
	    request_refuse(k, id, why);
	bulla_threads_free(&t);
	return code;
}
