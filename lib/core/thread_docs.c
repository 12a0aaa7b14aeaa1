#include <string.h>

#include "bulla/request.h"
#include "core/thread_int.h"

struct docs {
	struct bulla_home *h;
	const struct bulla_identities *ids;
};

static void
field(const struct bulla_reqdoc *d, const char *label,
    char out[BULLA_KIND_LEN + 1])
{
	struct bulla_cur v;

	if (!bulla_reqdoc_get(d, label, &v) || v.len > BULLA_KIND_LEN)
		return;
	memcpy(out, v.p, v.len);
	out[v.len] = '\0';
}

/* Not there, or not what it must be: then it says nothing. */
static enum bulla_status
read_doc(const struct docs *d, const char *id, struct bulla_reqdoc *out,
    bool *is, struct bulla_err *err)
{
	struct bulla_err why = { 0 };
	enum bulla_status st = bulla_request_document(d->h, id, d->ids,
	    out, &why);

	*is = st == BULLA_OK;
	if (st == BULLA_E_IO || st == BULLA_E_NOMEM)
		return bulla_fail(err, st, "%s", why.msg);
	return BULLA_OK;
}

/* Does it say how long data are held? That of who holds them counts. */
static bool
is_promise(const struct bulla_thread *t, const struct bulla_event *e)
{
	return e->by != t->asker && (thread_is(e, "preserved") ||
	    thread_is(e, "extension"));
}

/* His latest word: before his date nobody finds the data gone. */
void
thread_promised(struct bulla_thread *t)
{
	int64_t until = 0;

	t->promised_until = 0;
	for (size_t i = 1; i < t->n_events && t->hold_from != 0; i++) {
		const struct bulla_event *e = &t->event[i];

		if (e->fault == BULLA_EVENT_GOOD && is_promise(t, e) &&
		    e->until != 0)
			until = e->until;
	}
	if (until < t->hold_until)
		t->promised_until = until;
}

int64_t
bulla_thread_held_until(const struct bulla_thread *t)
{
	return t->promised_until != 0 ? t->promised_until : t->hold_until;
}

static enum bulla_status
read_event(const struct docs *from, struct bulla_thread *t, size_t i,
    struct bulla_err *err)
{
	struct bulla_event *e = &t->event[i];
	struct bulla_reqdoc d = { 0 };
	enum bulla_status st;
	bool is = false;

	if (i > 0 && !thread_is(e, "hotline") && !is_promise(t, e))
		return BULLA_OK;
	st = read_doc(from, e->id, &d, &is, err);
	if (st != BULLA_OK || !is)
		return st;
	if (d.kind == BULLA_REQDOC_HOTLINE) {
		field(&d, "level", e->level);
		field(&d, "trigger", e->trigger);
	} else if (is_promise(t, e)) {
		if (!bulla_reqdoc_when(&d, thread_is(e, "preserved") ?
		    "preserved-until" : "extended-until", &e->until))
			e->until = 0;
	} else if (i == 0) {
		field(&d, "type", t->type);
		field(&d, "category", t->category);
	}
	bulla_reqdoc_free(&d);
	return BULLA_OK;
}

enum bulla_status
bulla_threads_documents(struct bulla_threads *t, struct bulla_home *h,
    const struct bulla_identities *ids, struct bulla_err *err)
{
	const struct docs from = { h, ids };
	enum bulla_status st = BULLA_OK;

	for (size_t i = 0; i < t->n; i++) {
		for (size_t k = 0; k < t->v[i].n_events && st == BULLA_OK;
		    k++)
			st = read_event(&from, &t->v[i], k, err);
		thread_promised(&t->v[i]);
	}
	return st;
}
