#include <string.h>

#include "core/outbox_int.h"

#include "bulla/field.h"
#include "bulla/text.h"
#include "bulla/when.h"

#define ENTRY_TYPE "bulla outbox entry v1"
#define STATE_TYPE "bulla outbox state v1"
#define TRIES_MAX UINT32_MAX

static const char *const phase_name[] = {
	"waiting", "sending", "failed", "done"
};
static const char *const event_name[BULLA_OUTBOX_EVENTS] = {
	"success", "failure", "receipt", "overdue"
};

static void
put_time(struct bulla_buf *b, const char *label, int64_t t)
{
	if (t == 0)
		bulla_field_put_str(b, label, "-");
	else
		bulla_field_put_when(b, label, t);
}

static enum bulla_status
take_time(struct bulla_fields *f, const char *label, int64_t *out,
    struct bulla_err *err)
{
	struct bulla_fields ahead = *f;
	struct bulla_cur v;
	enum bulla_status st = bulla_field_take(&ahead, label, &v, err);

	if (st != BULLA_OK)
		return st;
	if (bulla_cur_is(&v, "-")) {
		*out = 0;
		*f = ahead;
		return BULLA_OK;
	}
	st = bulla_field_when(f, label, out, err);
	if (st == BULLA_OK && *out == 0)
		st = bulla_fail(err, BULLA_E_FORMAT,
		    "line %u: %s: 1970 is no time of ours", f->line - 1,
		    label);
	return st;
}

void
bulla_outbox_entry_put(struct bulla_buf *b,
    const struct bulla_outbox_entry *e)
{
	bulla_buf_str(b, ENTRY_TYPE "\n");
	bulla_field_put_when(b, "added", e->added);
	put_time(b, "not-before", e->not_before);
	put_time(b, "deadline", e->deadline);
	bulla_field_put(b, "to", &e->to);
	bulla_field_put(b, "what", &e->what);
	bulla_field_put(b, "note", &e->note);
	bulla_field_put(b, "package-id", &e->id);
	bulla_field_put_u64(b, "size", e->size);
	bulla_field_put_u64(b, "mtime-ns", e->mtime_ns);
	for (size_t i = 0; i < e->n_args; i++)
		bulla_field_put(b, "arg", &e->arg[i]);
}

static enum bulla_status
take_args(struct bulla_fields *f, struct bulla_outbox_entry *e,
    struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;

	while (st == BULLA_OK && bulla_field_next_is(f, "arg")) {
		if (e->n_args == BULLA_OUTBOX_ARGS_MAX)
			return bulla_fail(err, BULLA_E_LIMIT,
			    "line %u: more than %u words", f->line,
			    BULLA_OUTBOX_ARGS_MAX);
		st = bulla_field_take(f, "arg", &e->arg[e->n_args], err);
		if (st == BULLA_OK)
			e->n_args++;
	}
	return st == BULLA_OK ? bulla_fields_end(f, err) : st;
}

static enum bulla_status
take_words(struct bulla_fields *f, struct bulla_outbox_entry *e,
    struct bulla_err *err)
{
	const struct {
		const char *label;
		struct bulla_cur *to;
	} texts[] = {
		{ "to", &e->to }, { "what", &e->what }, { "note", &e->note },
		{ "package-id", &e->id },
	};
	enum bulla_status st = BULLA_OK;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (st == BULLA_OK)
			st = bulla_field_take(f, texts[i].label, texts[i].to,
			    err);
	}
	return st;
}

enum bulla_status
bulla_outbox_entry_parse(const struct bulla_cur *text,
    struct bulla_outbox_entry *out, struct bulla_err *err)
{
	struct bulla_outbox_entry e = { 0 };
	struct bulla_fields f;
	enum bulla_status st;

	st = bulla_fields_begin(&f, text, ENTRY_TYPE, err);
	if (st == BULLA_OK)
		st = bulla_field_when(&f, "added", &e.added, err);
	if (st == BULLA_OK)
		st = take_time(&f, "not-before", &e.not_before, err);
	if (st == BULLA_OK)
		st = take_time(&f, "deadline", &e.deadline, err);
	if (st == BULLA_OK)
		st = take_words(&f, &e, err);
	if (st == BULLA_OK)
		st = bulla_field_u64(&f, "size", INT64_MAX, &e.size, err);
	if (st == BULLA_OK)
		st = bulla_field_u64(&f, "mtime-ns", UINT64_MAX, &e.mtime_ns,
		    err);
	if (st == BULLA_OK)
		st = take_args(&f, &e, err);
	if (st == BULLA_OK)
		*out = e;
	return st;
}

static void
put_events(struct bulla_buf *b, unsigned events)
{
	bulla_buf_str(b, "to-tell:");
	for (unsigned i = 0; i < BULLA_OUTBOX_EVENTS; i++) {
		if (events & 1u << i)
			bulla_buf_fmt(b, " %s", event_name[i]);
	}
	bulla_buf_str(b, events == 0 ? " -\n" : "\n");
}

void
bulla_outbox_state_put(struct bulla_buf *b,
    const struct bulla_outbox_state *s)
{
	bulla_buf_str(b, STATE_TYPE "\n");
	bulla_field_put_str(b, "state", phase_name[s->phase]);
	bulla_field_put_u64(b, "tries", s->tries);
	put_time(b, "last", s->last);
	put_time(b, "next", s->next);
	bulla_field_put_str(b, "alarmed", s->alarmed ? "yes" : "no");
	put_events(b, s->events);
	bulla_field_put_str(b, "said", s->said[0] != '\0' ? s->said : "-");
}

/* One of these words; BULLA_E_FORMAT when it is none. */
static enum bulla_status
take_word(struct bulla_fields *f, const char *label,
    const char *const *words, size_t n, size_t *out, struct bulla_err *err)
{
	unsigned line = f->line;
	struct bulla_cur v;
	enum bulla_status st = bulla_field_take(f, label, &v, err);
	char shown[64];

	if (st != BULLA_OK)
		return st;
	for (size_t i = 0; i < n; i++) {
		if (!bulla_cur_is(&v, words[i]))
			continue;
		*out = i;
		return BULLA_OK;
	}
	return bulla_fail(err, BULLA_E_FORMAT, "line %u: %s: \"%s\" is none",
	    line, label, bulla_text_show(shown, sizeof(shown), &v));
}

/* The words in their order, each once. */
static enum bulla_status
take_events(struct bulla_fields *f, unsigned *out, struct bulla_err *err)
{
	unsigned line = f->line, events = 0;
	struct bulla_cur v;
	enum bulla_status st = bulla_field_take(f, "to-tell", &v, err);

	if (st != BULLA_OK)
		return st;
	for (unsigned i = 0; i < BULLA_OUTBOX_EVENTS; i++) {
		if (!bulla_cur_eat_str(&v, event_name[i]))
			continue;
		events |= 1u << i;
		if (!bulla_cur_done(&v) && !bulla_cur_eat_str(&v, " "))
			break;
	}
	if (!bulla_cur_done(&v) &&
	    !(events == 0 && bulla_cur_is(&v, "-")))
		return bulla_fail(err, BULLA_E_FORMAT,
		    "line %u: to-tell: no list of events", line);
	*out = events;
	return BULLA_OK;
}

static enum bulla_status
take_said(struct bulla_fields *f, char out[BULLA_OUTBOX_NOTE_MAX + 1],
    struct bulla_err *err)
{
	struct bulla_cur v;
	enum bulla_status st = bulla_field_take(f, "said", &v, err);
	size_t n = v.len;

	if (st != BULLA_OK)
		return st;
	if (n > BULLA_OUTBOX_NOTE_MAX)
		return bulla_fail(err, BULLA_E_LIMIT,
		    "said: longer than %u bytes", BULLA_OUTBOX_NOTE_MAX);
	if (bulla_cur_is(&v, "-"))
		n = 0;
	memcpy(out, v.p, n);
	out[n] = '\0';
	return BULLA_OK;
}

enum bulla_status
bulla_outbox_state_parse(const struct bulla_cur *text,
    struct bulla_outbox_state *out, struct bulla_err *err)
{
	static const char *const yes_no[] = { "no", "yes" };
	struct bulla_outbox_state s = { 0 };
	struct bulla_fields f;
	size_t phase = 0, alarmed = 0;
	enum bulla_status st;

	st = bulla_fields_begin(&f, text, STATE_TYPE, err);
	if (st == BULLA_OK)
		st = take_word(&f, "state", phase_name, 4, &phase, err);
	if (st == BULLA_OK)
		st = bulla_field_u64(&f, "tries", TRIES_MAX, &s.tries, err);
	if (st == BULLA_OK)
		st = take_time(&f, "last", &s.last, err);
	if (st == BULLA_OK)
		st = take_time(&f, "next", &s.next, err);
	if (st == BULLA_OK)
		st = take_word(&f, "alarmed", yes_no, 2, &alarmed, err);
	if (st == BULLA_OK)
		st = take_events(&f, &s.events, err);
	if (st == BULLA_OK)
		st = take_said(&f, s.said, err);
	if (st == BULLA_OK)
		st = bulla_fields_end(&f, err);
	if (st != BULLA_OK)
		return st;
	s.phase = (enum bulla_outbox_phase)phase;
	s.alarmed = alarmed == 1;
	*out = s;
	return BULLA_OK;
}

void
bulla_outbox_say(struct bulla_outbox_state *s, const struct bulla_cur *text)
{
	struct bulla_cur c = *text;
	size_t n;

	while (c.len > 0 && c.p[0] == ' ')
		(void)!bulla_cur_eat_str(&c, " ");
	(void)bulla_text_show(s->said, sizeof(s->said), &c);
	for (n = strlen(s->said); n > 0 && s->said[n - 1] == ' '; n--)
		s->said[n - 1] = '\0';
}
