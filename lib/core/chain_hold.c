#include <stdlib.h>
#include <string.h>

#include "core/chain_int.h"

#define NOBODY (-1)

/* Who holds it, note by note in the merged order. Sides are 0 and 1. */
struct hold {
	struct chain_check *k;
	const struct bulla_chain_step *step;
	size_t at;			/* of the note that is looked at */
	int holder;
	const struct bulla_link *by;	/* what made the holder the holder */
	const struct bulla_link *out;	/* relinquished, and not answered */
	int out_by;
	const struct bulla_link *given;	/* the relinquish of the last receive */
	int given_by;
	/* The seal or first receive: the package file never changes. */
	const struct bulla_link *sum;
	bool disposed;
};

static int
side_index(enum bulla_side side)
{
	return side == BULLA_THEIRS ? 1 : 0;
}

static int
len_of(const struct hold *h, int s)
{
	return (int)h->k->agency[s].len;
}

static const char *
name_of(const struct hold *h, int s)
{
	return (const char *)h->k->agency[s].p;
}

static bool
moves_nothing(const struct bulla_link *l)
{
	return chain_is(l, "reject") || chain_is(l, "correct") ||
	    chain_is(l, "dispute");
}

/* The first of one of these events. */
static const struct bulla_chain_step *
first_of(const struct bulla_chain_step *v, size_t n, const char *a,
    const char *b)
{
	for (size_t i = 0; i < n; i++) {
		if (chain_is(v[i].l, a) || chain_is(v[i].l, b))
			return &v[i];
	}
	return NULL;
}

/*
 * Before all: who sealed it, or seized or acquired it. Without such a note
 * whoever acts first has it, or had it if that is a receive: a claimed time
 * counts for something only where there is nothing else.
 */
static int
first_holder(const struct bulla_chain_step *v, size_t n,
    const struct bulla_link **by)
{
	const struct bulla_chain_step *first;

	first = first_of(v, n, "seal", "seal");
	if (first == NULL)
		first = first_of(v, n, "seize", "acquire");
	if (first != NULL) {
		*by = first->l;
		return side_index(first->side);
	}
	for (size_t i = 0; i < n; i++) {
		int s = side_index(v[i].side);

		if (moves_nothing(v[i].l) || !v[i].l->c.has_seal)
			continue;
		if (chain_is(v[i].l, "receive"))
			return 1 - s;
		*by = v[i].l;
		return s;
	}
	return NOBODY;
}

static bool
same_sum(const struct bulla_link *a, const struct bulla_link *b)
{
	struct bulla_cur x, y;

	return !bulla_custody_get(&a->c, "package-sha256", &x) ||
	    !bulla_custody_get(&b->c, "package-sha256", &y) ||
	    bulla_cur_same(&x, &y);
}

/*
 * In "verify" and "reject" another digest may be just what is said; a receive
 * is compared with the relinquish that it names. A wrong relinquish may be
 * put right by another one: so no relinquish is the measure.
 */
static void
check_sum(struct hold *h, int s, const struct bulla_link *l)
{
	struct bulla_cur v;

	if (chain_is(l, "verify") || chain_is(l, "reject") ||
	    !bulla_custody_get(&l->c, "package-sha256", &v))
		return;
	if (h->sum == NULL) {
		h->sum = chain_is_out(l) ? NULL : l;
		return;
	}
	if (!bulla_custody_get(&l->c, "relinquish", &v) &&
	    !same_sum(h->sum, l))
		chain_finding(h->k, s, l, "its package-sha256 is not that of "
		    "the %.*s before", (int)h->sum->c.event.len,
		    (const char *)h->sum->c.event.p);
}

static void
relinquish(struct hold *h, int s, const struct bulla_link *l)
{
	if (h->holder != s && h->holder != NOBODY) {
		chain_finding(h->k, s, l, "%.*s does not hold the package: "
		    "%.*s does", len_of(h, s), name_of(h, s),
		    len_of(h, h->holder), name_of(h, h->holder));
		return;
	}
	h->out = l;
	h->out_by = s;
}

static bool
was_received(const struct hold *h, const uint8_t digest[32])
{
	uint8_t named[32];

	for (size_t i = 0; i < h->at; i++) {
		if (chain_is(h->step[i].l, "receive") &&
		    chain_named(&h->step[i].l->c, "relinquish", named) &&
		    memcmp(named, digest, sizeof(named)) == 0)
			return true;
	}
	return false;
}

/* The relinquish that a receive or reject names, and whose it is. */
static const struct bulla_link *
named_out(struct hold *h, int s, const struct bulla_link *l, int *by)
{
	const struct bulla_link *r = NULL;
	uint8_t named[32];

	if (!chain_named(&l->c, "relinquish", named))
		return NULL;
	/* Most often the other side's; within one agency its own */
	for (*by = 1 - s; ; *by = s) {
		r = chain_find(h->k->chain[*by], named);
		if (r != NULL || *by == s)
			break;
	}
	if (r == NULL)
		chain_finding(h->k, s, l, "names a relinquish note that is in "
		    "neither chain");
	else if (!chain_is_out(r))
		chain_finding(h->k, s, l, "what it names as the relinquish "
		    "note is another event");
	else
		return r;
	return NULL;
}

/* A receive against the relinquish that it answers. */
static void
compare(struct hold *h, int s, const struct bulla_link *l,
    const struct bulla_link *r)
{
	struct bulla_cur to, a;

	if (!same_sum(l, r))
		chain_finding(h->k, s, l, "its package-sha256 is not the one "
		    "that was relinquished");
	if (was_received(h, r->digest))
		chain_finding(h->k, s, l, "that relinquish note was received "
		    "before");
	if (!bulla_custody_get(&r->c, "to", &to))
		return;
	a = bulla_keyname_agency(&to);
	if (!bulla_cur_same(&a, &h->k->agency[s]))
		chain_finding(h->k, s, l, "it was relinquished to %.*s, not "
		    "to %.*s", (int)to.len, (const char *)to.p,
		    len_of(h, s), name_of(h, s));
}

static bool
says_no(const struct bulla_link *l, const char *label)
{
	struct bulla_cur v;

	return bulla_custody_get(&l->c, label, &v) && bulla_cur_is(&v, "no");
}

static bool
is_to(const struct hold *h, int s, const struct bulla_link *out)
{
	struct bulla_cur to, a;

	if (!bulla_custody_get(&out->c, "to", &to))
		return false;
	a = bulla_keyname_agency(&to);
	return bulla_cur_same(&a, &h->k->agency[s]);
}

/*
 * Nobody takes custody by saying so while notes of the other side show that
 * it has the package, or disposed of it.
 */
static bool
was_given(const struct hold *h, int s, const struct bulla_link *r)
{
	if (h->by == NULL || h->holder == s)
		return true;
	if (h->out != NULL && h->out_by != s && is_to(h, s, h->out))
		return true;
	return r != NULL && is_to(h, s, r) && !was_received(h, r->digest);
}

/* Custody moves here and nowhere else. */
static void
receive(struct hold *h, int s, const struct bulla_link *l)
{
	const size_t before = h->k->n;
	int by = 1 - s;
	const struct bulla_link *r = named_out(h, s, l, &by);

	if (r != NULL)
		compare(h, s, l, r);
	if (says_no(l, "match") || says_no(l, "seal-intact")) {
		chain_finding(h->k, s, l, "says that the package did not "
		    "arrive as it was: that is a reject");
		return;
	}
	if (!was_given(h, s, r)) {
		if (h->k->n == before)
			chain_finding(h->k, s, l, "nobody relinquished the "
			    "package to %.*s", len_of(h, s), name_of(h, s));
		return;
	}
	h->holder = s;
	h->by = l;
	h->given = r;
	h->given_by = by;
	h->out = NULL;
}

static void
reject(struct hold *h, int s, const struct bulla_link *l)
{
	int by;
	const struct bulla_link *r = named_out(h, s, l, &by);

	if (r != NULL && r == h->out)
		h->out = NULL;
}

static void
look_at(struct hold *h, int s, const struct bulla_link *l)
{
	check_sum(h, s, l);
	if (chain_is_out(l)) {
		relinquish(h, s, l);
	} else if (chain_is(l, "receive")) {
		receive(h, s, l);
	} else if (chain_is(l, "reject")) {
		reject(h, s, l);
	} else if (chain_is(l, "dispose") && h->holder == s) {
		h->holder = NOBODY;
		h->by = l;
		h->out = h->given = NULL;
		h->disposed = true;
	}
}

/*
 * Does the last receive carry the signature of who relinquished? Without
 * rosters the names on the lines have to do.
 */
static bool
is_countersigned(const struct hold *h)
{
	const int s = h->holder, by = h->given_by;
	struct bulla_cur bytes, a;
	struct bulla_note n;
	unsigned theirs = 0, own = 0;

	if (h->given == NULL || h->by == NULL)
		return false;
	bytes = bulla_buf_view(&h->by->bytes);
	if (bulla_note_parse(&bytes, &n, NULL) != BULLA_OK)
		return false;
	if (h->k->trust != NULL) {
		theirs = chain_count_good(h->k, by, h->by,
		    BULLA_ROLE_CUSTODIAN);
		own = chain_count_good(h->k, s, h->by, BULLA_ROLE_CUSTODIAN |
		    BULLA_ROLE_RECEIVER);
	} else {
		for (unsigned i = 0; i < n.n_sigs; i++) {
			a = bulla_keyname_agency(&n.sig[i].name);
			theirs += bulla_cur_same(&a, &h->k->agency[by]);
			own += bulla_cur_same(&a, &h->k->agency[s]);
		}
	}
	return by != s ? theirs > 0 : own > 1;
}

static void
tell(const struct hold *h, struct bulla_chain_holder *out)
{
	*out = (struct bulla_chain_holder){ .by = h->by,
		.disposed = h->disposed && h->holder == NOBODY };
	if (h->holder == NOBODY)
		return;
	out->side = chain_side(h->holder);
	out->handover = h->out != NULL;
	out->countersigned = is_countersigned(h);
	if (len_of(h, h->holder) <= (int)BULLA_KEYNAME_MAX &&
	    h->k->agency[h->holder].len > 0)
		memcpy(out->agency, name_of(h, h->holder),
		    h->k->agency[h->holder].len);
}

enum bulla_status
chain_check_handovers(struct chain_check *k,
    struct bulla_chain_holder *holder, struct bulla_err *err)
{
	struct bulla_chain_step *v = NULL;
	struct hold h = { .k = k };
	enum bulla_status st;
	size_t n = 0;

	st = bulla_chain_merge(k->chain[0], k->chain[1], &v, &n, err);
	if (st != BULLA_OK)
		return st;
	h.step = v;
	h.holder = first_holder(v, n, &h.by);
	for (h.at = 0; h.at < n; h.at++) {
		const struct bulla_link *l = v[h.at].l;

		const int s = side_index(v[h.at].side);

		/* Of two notes in one place, the one in the chain counts */
		if (!l->c.has_seal || !chain_is_apart(k->chain[s], l))
			look_at(&h, s, l);
	}
	tell(&h, holder);
	free(v);
	return BULLA_OK;
}
