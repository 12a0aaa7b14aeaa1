#include <string.h>

#include "exercise.h"

#include "bulla/file.h"
#include "bulla/io.h"
#include "bulla/when.h"

#define PACKAGE_MAX (16u << 20)		/* bytes: texts and small files */

/* One package on its way. */
struct way {
	struct drill *d;
	int from;
	const char *id;
	struct drill_path package;
	bool receipt;		/* does it come back? */
};

/* Somebody on the way changed it: so that no byte stays what it was. */
static bool
tamper(struct drill *d, const char *path)
{
	struct bulla_buf b = BULLA_BUF_INIT(PACKAGE_MAX);
	struct bulla_err err = { 0 };
	bool ok = bulla_file_get(path, &b, &err) == BULLA_OK;

	for (size_t i = 0; ok && i < 16; i++)
		b.p[b.len / 2 + i] ^= 0x55;
	ok = ok && drill_write(d, path, &b);
	bulla_buf_free(&b);
	return ok;
}

/* What a side wrote about the package, as the other takes it in. */
static void
give(struct way *w, int from, const struct bulla_buf *note)
{
	const struct drill_path p = drill_path(w->d, "work/note");

	if (note->len > 0 && drill_write(w->d, p.s, note))
		(void)drill_run(w->d, !from, "custody-take", DRILL(p.s), NULL);
}

static bool
relinquish(struct way *w)
{
	const struct drill_path seal = drill_path(w->d,
	    "%s/custody/%s/0001-seal.note", w->d->home[w->from], w->id);
	const struct bulla_cur *to = &w->d->x->side[!w->from].name;
	struct bulla_buf note = BULLA_BUF_INIT(DRILL_OUT_MAX);
	char who[300];
	bool ok;

	(void)snprintf(who, sizeof(who), "to=%.*s", (int)to->len,
	    (const char *)to->p);
	ok = drill_run(w->d, w->from, "custody-add", DRILL("--package",
	    w->package.s, "-s", who, "-s", "transport=network",
	    "-s", "recipients=desk", "-s", "place=EXERCISE",
	    "-s", "purpose=EXERCISE", "-s", "authority=-",
	    "-s", "result=done", w->id, "relinquish"), &note) == 0;
	if (ok)
		give(w, w->from, &note);
	if (ok)
		(void)drill_run(w->d, !w->from, "custody-take",
		    DRILL(seal.s), NULL);
	bulla_buf_free(&note);
	return ok;
}

/* True when it was accepted. */
static bool
receive(struct way *w)
{
	const struct drill_path p = drill_path(w->d, "work/receipt");
	struct bulla_buf receipt = BULLA_BUF_INIT(DRILL_OUT_MAX);
	struct bulla_buf counter = BULLA_BUF_INIT(DRILL_OUT_MAX);
	bool ok;

	ok = drill_run(w->d, !w->from, "receive", DRILL("--exercise",
	    w->package.s), &receipt) == 0;
	if (w->receipt) {
		give(w, !w->from, &receipt);
		if (ok && drill_write(w->d, p.s, &receipt) &&
		    drill_run(w->d, w->from, "custody-countersign",
		    DRILL(w->id, p.s), &counter) == 0)
			give(w, w->from, &counter);
	}
	bulla_buf_free(&receipt);
	bulla_buf_free(&counter);
	return ok;
}

static bool
hand_over(struct way *w)
{
	bool ok = relinquish(w) && receive(w);

	drill_tell(w->d, DRILL_IN, "package %s: %s", w->id, !ok ?
	    "not taken in" : w->receipt ? "received, and both sides have "
	    "signed that" : "received; the receipt does not come back");
	for (int i = 0; i < 2 && w->receipt && ok; i++)
		drill_cosign(w->d, i ? !w->from : w->from);
	return ok;
}

void
drill_deliver(struct drill *d, size_t step)
{
	const struct bulla_exercise_step *s = &d->x->step[step];
	struct way w = { .d = d, .from = s->side, .id = d->step[step].id,
	    .package = drill_path(d, "work/%.*s.bulla", (int)s->name.len,
	    (const char *)s->name.p), .receipt = true };

	if (w.id[0] == '\0' || drill_fault(d, step, BULLA_FAULT_LOST_PACKAGE))
		return;
	if (drill_fault(d, step, BULLA_FAULT_LOST_RECEIPT))
		w.receipt = false;
	/* A thief does not stay for the rest. */
	if (drill_fault(d, step, BULLA_FAULT_STOLEN)) {
		d->step[step].arrived = drill_run(d, !s->side, "receive",
		    DRILL("--exercise", w.package.s), NULL) == 0;
		return;
	}
	if (drill_fault(d, step, BULLA_FAULT_TAMPERED) &&
	    !tamper(d, w.package.s))
		return;
	d->step[step].arrived = hand_over(&w);
}

void
drill_deliver_unasked(struct drill *d, size_t step)
{
	const int from = d->x->step[step].side;
	const struct bulla_cur *to = &d->x->side[!from].name;
	struct bulla_buf id = BULLA_BUF_INIT(DRILL_OUT_MAX);
	struct way w = { .d = d, .from = from, .receipt = true,
	    .package = drill_path(d, "work/unasked.bulla") };
	const struct drill_path file = drill_path(d, "work/agreement.note");
	char name[300];

	(void)snprintf(name, sizeof(name), "%.*s/desk", (int)to->len,
	    (const char *)to->p);
	if (drill_run(d, from, "seal", DRILL("--exercise", "-f", "--kind",
	    "full", "--ref", "00000000000000000000000000000000", "-r", name,
	    "-o", w.package.s, file.s), &id) != 0 || id.len < 32) {
		bulla_buf_free(&id);
		return;
	}
	id.len = 32;
	w.id = bulla_buf_cstr(&id);
	drill_tell(d, DRILL_IN, "unasked: package %s, which answers nothing",
	    w.id);
	(void)hand_over(&w);
	bulla_buf_free(&id);
}
