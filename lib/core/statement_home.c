#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulla/chain.h"
#include "bulla/custody.h"
#include "bulla/enc.h"
#include "bulla/home.h"
#include "core/kept.h"

/* A receipt or reject that this side has signed. */
struct answer {
	char id[BULLA_ID_LEN + 1];
	bool receive;
	uint8_t sha256[32], digest[32];
};
struct collect {
	const char *home, *side;
	struct bulla_statement *s;
	const char *agency;		/* while its numbers are read */
	struct answer *v;		/* by id */
	size_t n, cap;
};

static enum bulla_status
add_answer(struct collect *c, const struct answer *a, struct bulla_err *err)
{
	struct answer *v;
	size_t cap;

	if (c->n == c->cap) {
		cap = c->cap == 0 ? 64 : 2 * c->cap;
		v = reallocarray(c->v, cap, sizeof(*v));
		if (v == NULL)
			return bulla_fail(err, BULLA_E_NOMEM, "out of memory");
		c->v = v;
		c->cap = cap;
	}
	c->v[c->n++] = *a;
	return BULLA_OK;
}

static enum bulla_status
read_answer(struct collect *c, const char *name, struct bulla_buf *b,
    struct bulla_err *err)
{
	struct bulla_cur bytes, sha256;
	struct bulla_custody cu;
	struct answer a = { 0 };
	struct bulla_note n;
	enum bulla_status st;
	char rel[300];

	(void)snprintf(rel, sizeof(rel), "receipts/%s", name);
	bulla_buf_reset(b);
	st = kept_file(c->home, rel, b, err);
	if (st != BULLA_OK)
		return st;
	bytes = bulla_buf_view(b);
	st = bulla_note_parse(&bytes, &n, err);
	if (st == BULLA_OK)
		st = bulla_custody_parse(&n.text, &cu, err);
	if (st != BULLA_OK)
		return bulla_wrap(err, st, "%s", rel);
	if (!bulla_custody_get(&cu, "package-sha256", &sha256) ||
	    !bulla_hex_decode(&sha256, a.sha256, sizeof(a.sha256)))
		return bulla_fail(err, BULLA_E_FORMAT, "%s: no receipt", rel);
	memcpy(a.id, cu.id, sizeof(a.id));
	a.receive = bulla_cur_is(&cu.event, "receive");
	bulla_sha256(n.text.p, n.text.len, a.digest);
	return add_answer(c, &a, err);
}

static int
by_id(const void *x, const void *y)
{
	const struct answer *a = x, *b = y;
	int d = strcmp(a->id, b->id);

	return d != 0 ? d : (int)b->receive - (int)a->receive;
}

static enum bulla_status
add_rejects(struct collect *c, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;

	for (size_t i = 0; i < c->n && st == BULLA_OK; i++) {
		struct bulla_statement_line l = { BULLA_LINE_REJECTED,
		    .has_sha256 = true, .answer = BULLA_ANSWER_REJECT };

		if (c->v[i].receive)
			continue;
		memcpy(l.id, c->v[i].id, sizeof(l.id));
		memcpy(l.sha256, c->v[i].sha256, sizeof(l.sha256));
		memcpy(l.receipt, c->v[i].digest, sizeof(l.receipt));
		st = bulla_statement_add(c->s, &l, err);
	}
	return st;
}

static enum bulla_status
own_answers(struct collect *c, struct bulla_err *err)
{
	struct bulla_buf b = BULLA_BUF_INIT(BULLA_NOTE_MAX);
	struct kept_names l = { 0 };
	enum bulla_status st = kept_names(c->home, "receipts", &l, err);

	for (size_t i = 0; i < l.n && st == BULLA_OK; i++)
		st = read_answer(c, l.v[i], &b, err);
	kept_names_free(&l);
	bulla_buf_free(&b);
	if (st != BULLA_OK)
		return st;
	if (c->n > 0)
		qsort(c->v, c->n, sizeof(*c->v), by_id);
	return add_rejects(c, err);
}

/* The receipt that this side gave for a package it keeps. */
static void
fill_received(const struct collect *c, struct bulla_statement_line *l)
{
	struct answer key = { .receive = true };
	const struct answer *a;

	memcpy(key.id, l->id, sizeof(key.id));
	a = c->n == 0 ? NULL : bsearch(&key, c->v, c->n, sizeof(key), by_id);
	if (a == NULL)
		return;
	l->has_sha256 = true;
	memcpy(l->sha256, a->sha256, sizeof(l->sha256));
	l->answer = BULLA_ANSWER_RECEIVE;
	memcpy(l->receipt, a->digest, sizeof(l->receipt));
}

static enum bulla_status
add_number(void *ctx, uint64_t sequence, const char *id,
    const uint8_t *opening, struct bulla_err *err)
{
	struct bulla_statement_line l = { .sequence = sequence };
	struct collect *c = ctx;

	(void)snprintf(l.agency, sizeof(l.agency), "%s", c->agency);
	l.kind = id == NULL ? BULLA_LINE_VOID : BULLA_LINE_SENT;
	if (id != NULL) {
		memcpy(l.id, id, BULLA_ID_LEN);
		l.has_opening = true;
		memcpy(l.opening, opening, sizeof(l.opening));
	}
	return bulla_statement_add(c->s, &l, err);
}

static enum bulla_status
add_numbers(struct collect *c, struct bulla_err *err)
{
	struct kept_names l = { 0 };
	enum bulla_status st = kept_names(c->home, "sequence", &l, err);

	for (size_t i = 0; i < l.n && st == BULLA_OK; i++) {
		c->agency = l.v[i];
		st = bulla_home_turns(c->home, l.v[i], add_number, c, err);
	}
	kept_names_free(&l);
	return st;
}

static void
set_agency(struct bulla_statement_line *l, const struct bulla_cur *name)
{
	struct bulla_cur a = bulla_keyname_agency(name);

	/* "-" would be read as nobody */
	if (a.len < sizeof(l->agency) && !bulla_cur_is(&a, "-"))
		memcpy(l->agency, a.p, a.len);
}

static enum bulla_status
add_sent(struct collect *c, struct bulla_statement_line *l,
    const struct bulla_opening *o, struct bulla_err *err)
{
	enum bulla_status st = BULLA_OK;

	l->kind = BULLA_LINE_SENT;
	if (o->n_to == 0)
		return bulla_statement_add(c->s, l, err);
	for (size_t i = 0; i < o->n_to && st == BULLA_OK; i++) {
		memset(l->agency, 0, sizeof(l->agency));
		set_agency(l, &o->to[i]);
		st = bulla_statement_add(c->s, l, err);
	}
	return st;
}

static enum bulla_status
add_package(void *ctx, const char *rel, const struct bulla_package *p,
    const struct bulla_err *why, struct bulla_err *err)
{
	struct bulla_statement_line l = { .has_opening = true };
	struct collect *c = ctx;
	struct bulla_cur from;

	if (p == NULL)
		return bulla_fail(err, why->st, "%s: %s", rel, why->msg);
	memcpy(l.id, p->opening.id, sizeof(l.id));
	l.sequence = p->opening.has_sequence ? p->opening.sequence : 0;
	memcpy(l.opening, p->opening_digest, sizeof(l.opening));
	from = bulla_keyname_agency(&p->opening.from);
	if (bulla_cur_is(&from, c->side))
		return add_sent(c, &l, &p->opening, err);
	l.kind = BULLA_LINE_RECEIVED;
	set_agency(&l, &from);
	if (l.agency[0] == '\0')
		return BULLA_OK;
	fill_received(c, &l);
	return bulla_statement_add(c->s, &l, err);
}

static void
take_sha256(const struct bulla_custody *cu, struct bulla_statement_line *l)
{
	struct bulla_cur hex;

	if (!l->has_sha256 && bulla_custody_get(cu, "package-sha256", &hex))
		l->has_sha256 = bulla_hex_decode(&hex, l->sha256, 32);
}

/* Their answer, and from our own chain what the package's file was. */
static void
take_link(struct bulla_statement_line *l, const struct bulla_link *k,
    bool theirs)
{
	bool receive = bulla_cur_is(&k->c.event, "receive");

	if (!theirs) {
		if (bulla_cur_is(&k->c.event, "seal") ||
		    bulla_cur_is(&k->c.event, "relinquish"))
			take_sha256(&k->c, l);
		return;
	}
	if ((!receive && !bulla_cur_is(&k->c.event, "reject")) ||
	    l->answer == BULLA_ANSWER_RECEIVE)
		return;
	l->answer = receive ? BULLA_ANSWER_RECEIVE : BULLA_ANSWER_REJECT;
	memcpy(l->receipt, k->digest, sizeof(l->receipt));
	if (receive)
		take_sha256(&k->c, l);
}

static enum bulla_status
fill_sent(const struct collect *c, struct bulla_statement_line *l,
    enum bulla_side side, struct bulla_err *err)
{
	struct bulla_chain chain = { 0 };
	enum bulla_status st;

	st = bulla_chain_load(c->home, l->id, side, NULL, &chain, err);
	if (st != BULLA_OK)
		return bulla_wrap(err, st, "custody/%s", l->id);
	for (size_t i = 0; i < chain.n; i++)
		take_link(l, &chain.v[i], side == BULLA_THEIRS);
	for (size_t i = 0; i < chain.n_apart; i++)
		take_link(l, &chain.apart[i], side == BULLA_THEIRS);
	bulla_chain_free(&chain);
	return BULLA_OK;
}

enum bulla_status
bulla_statement_of_home(const char *home, const char *side, int64_t now,
    struct bulla_statement *out, struct bulla_err *err)
{
	struct bulla_statement s = { .time = now };
	struct collect c = { .home = home, .side = side, .s = &s };
	enum bulla_status st;

	(void)snprintf(s.side, sizeof(s.side), "%s", side);
	st = own_answers(&c, err);
	if (st == BULLA_OK)
		st = add_numbers(&c, err);
	if (st == BULLA_OK)
		st = kept_packages(home, add_package, &c, err);
	bulla_statement_sort(&s);
	for (size_t i = 0; i < s.n && st == BULLA_OK; i++) {
		if (s.v[i].kind != BULLA_LINE_SENT)
			continue;
		st = fill_sent(&c, &s.v[i], BULLA_OURS, err);
		if (st == BULLA_OK)
			st = fill_sent(&c, &s.v[i], BULLA_THEIRS, err);
	}
	free(c.v);
	if (st == BULLA_OK)
		*out = s;
	else
		bulla_statement_free(&s);
	return st;
}
