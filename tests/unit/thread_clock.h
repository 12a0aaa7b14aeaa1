#ifndef TEST_THREAD_CLOCK_H
#define TEST_THREAD_CLOCK_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "agreement_kit.h"
#include "when_kit.h"

#include "bulla/thread.h"

/*
 * Clocks by hand: events with the times at which they were received. a asks
 * b, which works 8 hours east of UTC. 2026-11-20 is a Friday.
 */
#define A 0
#define B 1
static struct bulla_threads all;
static struct bulla_thread *th;
static char text_of[8][4096];

static inline void
agree(int64_t from, const char *body)
{
	struct bulla_buf b = BULLA_BUF_INIT(1u << 16);
	struct bulla_agreement_kept *k;
	size_t n = all.agreements.n;
	struct bulla_err err = { 0 };
	struct bulla_cur c;

	agreed_text(&b, n + 1, from, n == 0 ? NULL : (uint8_t[32]){ 0 },
	    body);
	snprintf(text_of[n], sizeof(text_of[n]), "%s", bulla_buf_cstr(&b));
	all.agreements.v = reallocarray(all.agreements.v, n + 1, sizeof(*k));
	k = &all.agreements.v[all.agreements.n++];
	*k = (struct bulla_agreement_kept){ .a = calloc(1, sizeof(*k->a)) };
	c = bulla_cur_str(text_of[n]);
	cr_assert_eq(bulla_agreement_parse(&c, k->a, &err), BULLA_OK, "%s",
	    err.msg);
	bulla_buf_free(&b);
}

static inline void
begin(void)
{
	all = (struct bulla_threads){ .side = { "a.example", "b.example" } };
	agree(at("2026-01-01T00:00:00Z"), AGREED);
}

static inline void
end(void)
{
	bulla_threads_free(&all);
}

static inline struct bulla_event *
event(int by, const char *kind, const char *received)
{
	struct bulla_event *e;

	th->event = reallocarray(th->event, th->n_events + 1, sizeof(*e));
	e = &th->event[th->n_events];
	*e = (struct bulla_event){ .by = by, .proof = BULLA_PROOF_RECEIPT };
	snprintf(e->id, sizeof(e->id), "%031zu%zu", all.n, th->n_events++);
	snprintf(e->kind, sizeof(e->kind), "%s", kind);
	if (th->n_events > 1)
		snprintf(e->ref, sizeof(e->ref), "%s", th->event[0].id);
	e->received = strcmp(received, "-") == 0 ? 0 : at(received);
	e->claimed = e->received;
	return e;
}

/* A thread with its request, from a, of a class. */
static inline void
asked(const char *class, const char *received)
{
	all.v = reallocarray(all.v, all.n + 1, sizeof(*all.v));
	th = &all.v[all.n++];
	*th = (struct bulla_thread){ .asker = A };
	snprintf(event(A, "request", received)->urgency, 33, "%s", class);
}

static inline void
judge(const char *now)
{
	struct bulla_err err = { 0 };

	cr_assert_eq(bulla_threads_judge(&all, at(now), &err), BULLA_OK,
	    "%s", err.msg);
}

static inline void
expect_clock(const char *which, const struct bulla_clock *c,
    enum bulla_clock_state state, const char *due)
{
	char got[BULLA_WHEN_LEN + 1] = "-";

	if (c->due != 0)
		bulla_when_text(c->due, got);
	cr_expect_eq(c->state, state, "%s: %s, want %s", which,
	    bulla_clock_state_text(c->state), bulla_clock_state_text(state));
	cr_expect_str_eq(got, due, "%s: due %s, want %s", which, got, due);
}

#endif
